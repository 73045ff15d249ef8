import type { Actor } from '#core/access/actor.ts';
import { ConflictError, IllegalTransitionError, InvalidInputError } from '#core/errors/errors.ts';
import { taskUpdated } from '#core/events/catalogue.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { Prisma, Task } from '#prisma/generated/client/client.ts';
import { assertTransition } from './assert-transition.ts';
import { appendTaskEvent } from './append-task-event.ts';
import type { TaskStatus } from './transitions.ts';
import { CLAIMED_STATUSES } from '#core/runs/statuses.ts';

interface StatusChange {
  to: TaskStatus;
  /** For people, on the audit trail. Needed for blocked. */
  why: string | null;
  feedback?: string | null;
  /** Queued, but held: the name of who stopped it. Every other change of status ends a hold. */
  heldBy?: string | null;
  /** More for the audit trail. */
  details?: Prisma.InputJsonObject;
  /** A status that is left again in this transaction: it is on the audit trail, and nobody else is told. */
  isPassing?: boolean;
}

/**
 * The one place where a task's status changes: the table, the hard rules, a compare-and-set, and the audit
 * trail, in the caller's transaction.
 * @throws IllegalTransitionError naming both states, InvalidInputError for a block without a reason,
 *   ConflictError when somebody was faster
 */
export async function changeTaskStatus(tx: Tx, actor: Actor, task: Task, change: StatusChange): Promise<Task> {
  const { to, why, heldBy = null, feedback = task.feedback } = change;
  assertTransition(task.status, to);
  if (to === 'blocked' && !why?.trim())
    throw new InvalidInputError([{ path: ['reason'], message: 'Blocking a task needs a reason' }]);
  if (to === 'done') await assertCompletedRun(tx, task);
  if (to === 'in_progress') await assertStartedRun(tx, task);
  const blockedReason = to === 'blocked' ? (why ?? '').trim() : null;
  const [written] = await tx.db.$queryRaw<{ updatedAt: Date }[]>`
    update tasks
       set status = ${to}::task_status, blocked_reason = ${blockedReason}, feedback = ${feedback},
           held_by = ${heldBy}, held_at = case when ${heldBy}::text is null then null else clock_timestamp() end,
           updated_at = date_trunc('milliseconds', clock_timestamp())
     where id = ${task.id}::uuid and status = ${task.status}::task_status
    returning updated_at as "updatedAt"`;
  if (!written) throw new ConflictError('Somebody changed this task a moment ago. Look at it again.', task.status);
  const { updatedAt } = written;
  await appendTaskEvent(tx, actor, task, 'status_changed', { from: task.status, to, why, ...change.details });
  if (!change.isPassing) {
    tx.emit(taskUpdated, {
      projectId: task.projectId,
      entityId: task.id,
      patch: {
        status: to,
        blockedReason,
        heldBy,
        updatedAt: updatedAt.toISOString(),
        ...(change.feedback === undefined ? {} : { feedback }),
      },
    });
  }
  return {
    ...task,
    status: to,
    blockedReason,
    feedback,
    heldBy,
    heldAt: heldBy === null ? null : updatedAt,
    updatedAt,
  };
}

async function assertCompletedRun(tx: Tx, task: Task): Promise<void> {
  const completed = await tx.db.agentRun.findFirst({
    where: { taskId: task.id, status: 'completed' },
    select: { id: true },
  });
  if (!completed)
    throw new IllegalTransitionError(
      task.status,
      'done',
      'done_needs_completed_run',
      'A task is not done before a run of it has completed.',
    );
}

/** In progress means that a run has been claimed; nobody but the claim, in its own transaction, can say so. */
async function assertStartedRun(tx: Tx, task: Task): Promise<void> {
  const started = await tx.db.agentRun.findFirst({
    where: { taskId: task.id, kind: 'task', status: { in: [...CLAIMED_STATUSES] } },
    select: { id: true },
  });
  if (!started)
    throw new IllegalTransitionError(
      task.status,
      'in_progress',
      'run_starts_task',
      'A task is in progress when a runner starts a run of it; it can not be set by hand.',
    );
}
