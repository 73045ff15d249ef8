import type { Tx } from '#core/platform/in-transaction.ts';
import { newId } from '#core/platform/ids.ts';
import { RUNNERS_CHANNEL } from '#core/runners/commands.ts';
import type { RunnerMessage } from '#core/runners/commands.ts';
import type { AgentRun, RunInput } from '#prisma/generated/client/client.ts';

type Said = { kind: 'message'; text: string } | { kind: 'permission_answer'; permissionId: string };

/**
 * Puts what somebody says to a run into its line and wakes its runner. The run is locked by whoever calls this, so the
 * numbers have no gaps and are in the order of the commits.
 */
export async function addRunInput(
  tx: Tx,
  { id: runId, runnerId }: Pick<AgentRun, 'id' | 'runnerId'>,
  createdBy: string,
  said: Said,
): Promise<RunInput> {
  const { inputCount } = await tx.db.agentRun.update({
    where: { id: runId },
    data: { inputCount: { increment: 1 } },
    select: { inputCount: true },
  });
  const input = await tx.db.runInput.create({
    data: { id: newId(), runId, number: inputCount - 1, createdBy, ...said },
  });
  if (runnerId) tx.publish(RUNNERS_CHANNEL, { type: 'input', runnerId, runId } satisfies RunnerMessage);
  return input;
}
