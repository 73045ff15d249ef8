import type { Tx } from '#core/platform/in-transaction.ts';
import type { AgentRun } from '#prisma/generated/client/client.ts';

/**
 * Where a task's next attempt starts: on the branch of the last one if that ended well, else where that one started, so
 * that work which was sent back is gone on with however often an attempt fails.
 * @param last attempt of the task, if there was one
 * @returns null: from the base, which holds what was merged; an attempt that changed nothing left no branch
 */
export async function branchToContinue(
  tx: Tx,
  taskId: string,
  last: Pick<AgentRun, 'status' | 'branch' | 'headCommit' | 'startFromBranch'> | undefined,
): Promise<string | null> {
  if (!last) return null;
  const left = last.headCommit === null ? null : last.branch;
  const branch = last.status === 'completed' ? left : last.startFromBranch;
  if (branch === null) return null;
  const merge = await tx.db.agentRun.findFirst({
    where: { taskId, kind: 'merge', branch, OR: [{ status: 'completed' }, { landingIsMerged: true }] },
    select: { id: true },
  });
  return merge ? null : branch;
}
