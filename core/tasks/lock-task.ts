import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import type { Permission } from '#core/access/permissions.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { Project, Task } from '#prisma/generated/client/client.ts';
import { findTaskId } from './find-task.ts';

/**
 * Takes a task for a change. Its row stays locked to the end of the transaction, so whatever is decided from
 * it still holds when it is written. Everything that touches a task and its runs locks the task first.
 * @param said its id, or its short id
 * @throws NotFoundError when it is missing or not the actor's, ForbiddenError
 */
export async function lockTask(
  tx: Tx,
  actor: Actor,
  said: string,
  permission: Permission = 'task:write',
): Promise<{ task: Task; project: Project }> {
  const taskId = await findTaskId(tx.db, said);
  if (taskId === null) throw new NotFoundError('task', said);
  await tx.db.$queryRaw`select 1 from tasks where id = ${taskId}::uuid for no key update`;
  const task = await tx.db.task.findUnique({ where: { id: taskId } });
  if (!task) throw new NotFoundError('task', said);
  const project = await requireProject(tx.db, actor, task.projectId, permission).catch((error: unknown) => {
    // Whoever may not see the project must not learn that the task exists.
    throw error instanceof NotFoundError ? new NotFoundError('task', said) : error;
  });
  return { task, project };
}
