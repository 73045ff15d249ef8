import type { PermissionDecision } from '#contract/run-input.ts';
import { runPermissionAnswered } from '#core/events/catalogue.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { AgentRun, RunPermission } from '#prisma/generated/client/client.ts';

/** What an agent is told of a question that is no longer open; null: nothing, it waits for it no more. */
export function decisionOf({
  status,
  whenUnanswered,
}: Pick<RunPermission, 'status' | 'whenUnanswered'>): PermissionDecision | null {
  switch (status) {
    case 'allowed':
      return 'allow_once';
    case 'denied':
      return 'deny';
    case 'expired':
      return whenUnanswered;
    case 'pending':
    case 'canceled':
      return null;
  }
}

/** Ends an open question of a locked run, and tells everybody. @param answeredBy null: no person did */
export async function endPermission(
  tx: Tx,
  run: Pick<AgentRun, 'id' | 'projectId'>,
  permissionId: string,
  { status, answeredBy }: { status: Exclude<RunPermission['status'], 'pending'>; answeredBy: string | null },
): Promise<RunPermission> {
  const permission = await tx.db.runPermission.update({
    where: { id: permissionId, status: 'pending' },
    data: { status, answeredBy, answeredAt: await databaseNow(tx.db) },
  });
  await touchRun(tx, run.id);
  tx.emit(runPermissionAnswered, {
    projectId: run.projectId,
    entityId: run.id,
    patch: { permissionId, status, answeredBy },
  });
  return permission;
}

/** What a run links to has changed: of two states that pages are told of, the later one has the greater revision (by a trigger). */
export async function touchRun(tx: Tx, runId: string): Promise<void> {
  await tx.db.$executeRaw`update agent_runs set revision = revision where id = ${runId}::uuid`;
}

/** A run that has ended asks nothing any more; its own end is what everybody is told. */
export async function closePermissions(tx: Tx, runId: string, at: Date): Promise<void> {
  await tx.db.runPermission.updateMany({
    where: { runId, status: 'pending' },
    data: { status: 'canceled', answeredAt: at },
  });
}
