import type { Tx } from '#core/platform/in-transaction.ts';
import type { AgentRun } from '#prisma/generated/client/client.ts';

/** What a reviewer looks at. */
export async function lastCompletedAttempt(tx: Tx, taskId: string): Promise<AgentRun | null> {
  return tx.db.agentRun.findFirst({
    where: { taskId, kind: 'task', status: 'completed' },
    orderBy: { attempt: 'desc' },
  });
}
