import { z } from 'zod';
import { MAX_REASON_CHARS } from '#contract/limits.ts';
import { taskRef } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { IllegalTransitionError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { requestCycle } from '#core/cycles/request-cycle.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { stopRunsOfTask, withdrawMerge } from '#core/runs/cancel-run.ts';
import { CLAIMED_STATUSES } from '#core/runs/statuses.ts';
import { scheduleTask } from '#core/runs/schedule-task.ts';
import type { Task } from '#prisma/generated/client/client.ts';
import { assertTransition } from './assert-transition.ts';
import { changeTaskStatus } from './change-status.ts';
import { lockTask } from './lock-task.ts';
import { lastCompletedAttempt } from './last-completed-attempt.ts';
import { TASK_STATUSES } from './transitions.ts';
import type { TaskStatus } from './transitions.ts';

const Transition = z.strictObject({
  taskId: taskRef,
  to: z.enum(TASK_STATUSES as [TaskStatus, ...TaskStatus[]]),
  reason: z.string().trim().max(MAX_REASON_CHARS).nullable().default(null),
});

/**
 * Moves a task along an allowed transition, with what belongs to it: blocking and canceling stop its runs,
 * queueing schedules the next attempt.
 * @throws IllegalTransitionError, InvalidInputError (block without reason), NotFoundError, ForbiddenError, ConflictError
 */
export async function transitionTask(core: Core, actor: Actor, input: z.input<typeof Transition>): Promise<Task> {
  const { taskId, to, reason } = parseInput(Transition, input);
  return inTransaction(core, async (tx) => {
    const { task } = await lockTask(tx, actor, taskId);
    if (to === 'needs_review' || to === 'failed') await assertNoWorkingRun(tx, task, to);
    assertTransition(task.status, to);
    if (to === 'done') await assertNothingToMerge(tx, task);
    if (task.status === 'needs_review' && to === 'queued') await withdrawMerge(tx, actor, task);
    const changed = await changeTaskStatus(tx, actor, task, { to, why: reason });
    if (to === 'canceled') await stopRunsOfTask(tx, actor, changed, 'by_task_cancel');
    if (to === 'blocked' || to === 'done') await stopRunsOfTask(tx, actor, changed, 'superseded');
    const scheduled = to === 'queued' && changed.agentId ? await scheduleTask(tx, actor, changed) : changed;
    await requestCycle(tx, task.projectId, 'incremental', 'task_changed');
    return scheduled;
  });
}

/** A task that is done has its work in the base branch: approving merges it, setting the status does not. */
async function assertNothingToMerge(tx: Tx, task: Task): Promise<void> {
  const last = await lastCompletedAttempt(tx, task.id);
  if (last?.headCommit)
    throw new IllegalTransitionError(
      task.status,
      'done',
      'approve_merges',
      'This task has work that is not merged yet. Approve it: that merges its branch and sets it to done.',
    );
}

/** What a working run comes to is for the run to say. */
async function assertNoWorkingRun(tx: Tx, task: Task, to: TaskStatus): Promise<void> {
  const working = await tx.db.agentRun.findFirst({
    where: { taskId: task.id, kind: 'task', status: { in: [...CLAIMED_STATUSES] } },
    select: { id: true },
  });
  if (working)
    throw new IllegalTransitionError(
      task.status,
      to,
      'run_decides',
      'A run of this task is working: it decides how the task goes on. Cancel the run to stop it.',
    );
}
