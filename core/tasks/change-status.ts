import type { Actor } from '#core/access/actor.ts';
import { ConflictError, IllegalTransitionError, InvalidInputError } from '#core/errors/errors.ts';
import { taskUpdated } from '#core/events/catalogue.ts';
import { rebuildState } from '#core/jobs/jobs.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { Task } from '#prisma/generated/client/client.ts';
import { appendTaskEvent } from './append-task-event.ts';
import { assertTransition } from './transitions.ts';
import type { TaskStatus } from './transitions.ts';

interface StatusChange {
  to: TaskStatus;
  /** For people, on the audit trail. Needed for blocked. */
  why: string | null;
  feedback?: string | null;
  waitingReason?: string | null;
}

/**
 * The one place where a task's status changes: the table, the hard rules, a compare-and-set, and the audit
 * trail, in the caller's transaction.
 * @throws IllegalTransitionError naming both states, InvalidInputError for a block without a reason,
 *   ConflictError when somebody was faster
 */
export async function changeTaskStatus(tx: Tx, actor: Actor, task: Task, change: StatusChange): Promise<Task> {
  const { to, why } = change;
  assertTransition(task.status, to);
  if (to === 'blocked' && !why?.trim()) throw new InvalidInputError([{ path: ['reason'], message: 'Blocking a task needs a reason' }]);
  if (to === 'done') await assertCompletedRun(tx, task);
  if (to === 'in_progress') await assertStartedRun(tx, task);
  const data = {
    status: to,
    updatedAt: new Date(),
    blockedReason: to === 'blocked' ? (why ?? '').trim() : null,
    waitingReason: change.waitingReason ?? null,
    ...(change.feedback === undefined ? {} : { feedback: change.feedback }),
  };
  const { count } = await tx.db.task.updateMany({ where: { id: task.id, status: task.status }, data });
  if (count === 0) throw new ConflictError('Somebody changed this task a moment ago. Look at it again.', task.status);
  await appendTaskEvent(tx, actor, task, 'status_changed', { from: task.status, to, why });
  tx.enqueue(rebuildState, { projectId: task.projectId });
  const changed = { ...task, ...data };
  tx.emit(taskUpdated, {
    projectId: task.projectId,
    entityId: task.id,
    patch: {
      status: to, blockedReason: data.blockedReason, waitingReason: data.waitingReason, updatedAt: data.updatedAt.toISOString(),
      ...(change.feedback === undefined ? {} : { feedback: change.feedback }),
    },
  });
  return changed;
}

async function assertCompletedRun(tx: Tx, task: Task): Promise<void> {
  const completed = await tx.db.agentRun.findFirst({ where: { taskId: task.id, status: 'completed' }, select: { id: true } });
  if (!completed) throw new IllegalTransitionError(task.status, 'done', 'done_needs_completed_run', 'A task is not done before a run of it has completed.');
}

/** In progress means that a run has been claimed; nobody but the claim, in its own transaction, can say so. */
async function assertStartedRun(tx: Tx, task: Task): Promise<void> {
  const started = await tx.db.agentRun.findFirst({ where: { taskId: task.id, kind: 'task', status: { in: ['started', 'streaming'] } }, select: { id: true } });
  if (!started) throw new IllegalTransitionError(task.status, 'in_progress', 'run_starts_task', 'A task is in progress when a runner starts a run of it; it can not be set by hand.');
}
