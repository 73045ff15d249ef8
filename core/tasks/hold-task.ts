import type { Actor } from '#core/access/actor.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { taskUpdated } from '#core/events/catalogue.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { Task } from '#prisma/generated/client/client.ts';
import { appendTaskEvent } from './append-task-event.ts';
import { changeTaskStatus } from './change-status.ts';

/**
 * Puts back a task whose run was stopped: over failed to queued, as the table has it, and held. That it passed
 * through failed is on the audit trail; to everybody else it is queued.
 */
export async function putBackTask(tx: Tx, actor: Actor, task: Task, by: string): Promise<Task> {
  const stopped = await changeTaskStatus(tx, actor, task, {
    to: 'failed',
    why: `Stopped by ${by}.`,
    details: { isStopped: true, by },
    isPassing: true,
  });
  const why = `Stopped by ${by}: put back, and held until somebody starts it.`;
  return changeTaskStatus(tx, actor, stopped, {
    to: 'queued',
    why,
    details: { isStopped: true, by },
    heldBy: by,
  });
}

/** Holds a queued task whose run was stopped before it started. */
export async function holdTask(tx: Tx, actor: Actor, task: Task, by: string): Promise<Task> {
  const held = await setHold(tx, task, by);
  await appendTaskEvent(tx, actor, task, 'log', {
    isHeld: true,
    by,
    why: `Stopped by ${by} before it started: held until somebody starts it.`,
  });
  return held;
}

/** Writes or ends the hold of a queued task whose row is locked. */
export async function setHold(tx: Tx, task: Task, by: string | null): Promise<Task> {
  const [written] = await tx.db.$queryRaw<{ updatedAt: Date }[]>`
    update tasks
       set held_by = ${by}, held_at = case when ${by}::text is null then null else clock_timestamp() end,
           updated_at = date_trunc('milliseconds', clock_timestamp())
     where id = ${task.id}::uuid and status = 'queued'
    returning updated_at as "updatedAt"`;
  if (!written) throw new ConflictError('Somebody changed this task a moment ago. Look at it again.', task.status);
  const { updatedAt } = written;
  tx.emit(taskUpdated, {
    projectId: task.projectId,
    entityId: task.id,
    patch: { heldBy: by, updatedAt: updatedAt.toISOString() },
  });
  return { ...task, heldBy: by, heldAt: by === null ? null : updatedAt, updatedAt };
}
