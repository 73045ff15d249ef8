import { z } from 'zod';
import { taskRef } from '#contract/fields.ts';
import { userIdOf } from '#core/access/actor.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { tellChanged } from '#core/conversations/change-messages.ts';
import { countTaskContents } from '#core/deletions/count-contents.ts';
import { findDeletion, recordDeletion } from '#core/deletions/deletion-record.ts';
import { removeTasks } from '#core/deletions/remove-tasks.ts';
import { ConflictError, NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { taskDeleted, taskUpdated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import type { Queryable } from '#core/platform/db.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { CLAIMED_STATUSES } from '#core/runs/statuses.ts';
import type { Deletion, Task } from '#prisma/generated/client/client.ts';
import { findTaskId } from './find-task.ts';
import { lockTask } from './lock-task.ts';

const Input = z.strictObject({ taskId: taskRef });

/**
 * Deletes a task with its runs, logs, artifacts and audit trail; what was merged stays merged. For owners, and for who
 * asked for it as long as nobody has begun: then nothing goes but his own words. A run that only waits goes with it.
 * Saying it twice by its id is no error; a short id finds nothing once its task is gone.
 * @returns what is left on record
 * @throws NotFoundError, ForbiddenError, ConflictError while a run works
 */
export async function deleteTask(core: Core, actor: Actor, input: z.input<typeof Input>): Promise<Deletion> {
  const { taskId: said } = parseInput(Input, input);
  return inTransaction(core, async (tx) => {
    // An id stays one, also when its task is gone: by it the record is found.
    const taskId = await findTaskId(tx.db, said);
    if (taskId === null) throw new NotFoundError('task', said);
    // Two at once: the second waits here, and finds what the first has left.
    await tx.db.$queryRaw`select 1 from tasks where id = ${taskId}::uuid for update`;
    const earlier = await findDeletion(tx.db, actor, taskId);
    if (earlier) return earlier;
    const { task, project } = await lockTask(tx, actor, said);
    if (!(await isOwnAndUntouched(tx.db, actor, task))) await requireProject(tx.db, actor, project.id, 'task:delete');
    await assertNobodyWorks(tx, { taskId }, 'A run of this task is working. Stop it first, then delete the task.');
    const counts = await countTaskContents(tx.db, taskId);
    const deletion = await recordDeletion(tx, actor, {
      kind: 'task',
      entityId: taskId,
      name: task.title,
      project,
      counts,
    });
    await loosenFollowUps(tx, task);
    const messageIds = await removeTasks(tx, deletion.id, [taskId]);
    tx.emit(taskDeleted, { projectId: project.id, entityId: taskId, patch: {}, told: { actor, what: ['deleted'] } });
    await tellChanged(tx, messageIds);
    return deletion;
  });
}

/** @throws ConflictError while a runner has a run of it */
export async function assertNobodyWorks(
  tx: Tx,
  where: { taskId: string } | { projectId: string },
  message: string,
): Promise<void> {
  const run = await tx.db.agentRun.findFirst({
    where: { ...where, status: { in: [...CLAIMED_STATUSES] } },
    select: { id: true },
  });
  if (run) throw new ConflictError(message, run.id);
}

/** What who asked for a task may take back himself: nobody has begun it. */
export async function isOwnAndUntouched(
  db: Queryable,
  actor: Actor,
  task: Pick<Task, 'id' | 'createdByUserId'>,
): Promise<boolean> {
  if (task.createdByUserId === null || task.createdByUserId !== userIdOf(actor)) return false;
  return (
    (await db.agentRun.findFirst({
      where: { taskId: task.id, startedAt: { not: null } },
      select: { id: true },
    })) === null
  );
}

/** Tasks that followed this one up stand by themselves from now on. */
async function loosenFollowUps(tx: Tx, task: Task): Promise<void> {
  const updatedAt = await databaseNow(tx.db);
  const followUps = await tx.db.task.updateManyAndReturn({
    where: { parentTaskId: task.id },
    data: { parentTaskId: null, updatedAt },
    select: { id: true },
  });
  for (const { id: entityId } of followUps)
    tx.emit(taskUpdated, {
      projectId: task.projectId,
      entityId,
      patch: { parentTaskId: null, updatedAt: updatedAt.toISOString() },
    });
}
