import type { Tx } from '#core/platform/in-transaction.ts';

/** Where the last attempt started: one that was sent back goes on from there, however often it fails. */
export async function branchToContinue(tx: Tx, taskId: string): Promise<string | null> {
  const last = await tx.db.agentRun.findFirst({ where: { taskId, kind: 'task' }, orderBy: { attempt: 'desc' }, select: { startFromBranch: true } });
  return last?.startFromBranch ?? null;
}
