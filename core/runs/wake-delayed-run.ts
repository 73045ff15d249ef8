import { runUpdated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { announceWork } from '#core/runners/commands.ts';

/** The delay of a retry is over: runners may take it, and if none does, it waits for another reason now. */
export async function wakeDelayedRun(core: Core, runId: string): Promise<void> {
  await inTransaction(core, async (tx) => {
    const run = await tx.db.agentRun.findUnique({ where: { id: runId } });
    if (run?.status !== 'pending' || run.notBefore === null) return;
    tx.emit(runUpdated, {
      projectId: run.projectId,
      entityId: run.id,
      patch: { notBefore: run.notBefore.toISOString() },
    });
    announceWork(tx, run.projectId);
  });
}
