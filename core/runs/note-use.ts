import type { ActivityEntry } from '#contract/activity.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { useOfRun } from '#core/spend/run-cost.ts';
import { knownEntry } from './activity-entries.ts';
import { CLAIMED_STATUSES } from './statuses.ts';

/**
 * Writes into a run at work what it has used so far, as the last of these entries says: caps hold it while it works, and
 * it is not lost with its runner. What it reports at its end replaces it.
 */
export async function noteUse(core: Core, runId: string, entries: readonly unknown[]): Promise<void> {
  const usage = entries
    .map(knownEntry)
    .findLast((entry): entry is Extract<ActivityEntry, { kind: 'usage' }> => entry.kind === 'usage');
  if (!usage) return;
  await inTransaction(core, async (tx) => {
    const run = await tx.db.agentRun.findUnique({ where: { id: runId } });
    if (!run) return;
    await tx.db.agentRun.updateMany({
      where: { id: runId, status: { in: [...CLAIMED_STATUSES] } },
      data: await useOfRun(tx, run, usage),
    });
  });
}
