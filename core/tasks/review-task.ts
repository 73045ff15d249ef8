import { z } from 'zod';
import { taskRef } from '#contract/fields.ts';
import { MAX_MESSAGE_CHARS } from '#contract/limits.ts';
import type { Actor } from '#core/access/actor.ts';
import { IllegalTransitionError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { withdrawMerge } from '#core/runs/cancel-run.ts';
import { requestMerge } from '#core/runs/finish-run.ts';
import { scheduleTask } from '#core/runs/schedule-task.ts';
import type { AgentRun, Task } from '#prisma/generated/client/client.ts';
import { appendTaskEvent } from './append-task-event.ts';
import { changeTaskStatus } from './change-status.ts';
import { lockTask } from './lock-task.ts';
import { releaseTask } from './start-task.ts';

/**
 * Approves what the last attempt made: a run of kind merge puts its branch into the base, and the task is done
 * when that has succeeded. A task whose run made no commit is done at once.
 * @throws IllegalTransitionError unless it needs review, ConflictError while a merge is on its way
 */
export async function approveTask(
  core: Core,
  actor: Actor,
  input: { taskId: string },
): Promise<{ task: Task; mergeRun: AgentRun | null }> {
  const { taskId } = parseInput(z.strictObject({ taskId: taskRef }), input);
  return inTransaction(core, async (tx) => {
    const { task } = await lockTask(tx, actor, taskId);
    if (task.status !== 'needs_review')
      throw new IllegalTransitionError(
        task.status,
        'done',
        'approve_needs_review',
        `Only a task that needs review can be approved; this one is ${task.status}.`,
      );
    const run = await lastCompletedAttempt(tx, task.id);
    if (!run)
      throw new IllegalTransitionError(
        task.status,
        'done',
        'done_needs_completed_run',
        'A task is not done before a run of it has completed.',
      );
    await appendTaskEvent(tx, actor, task, 'log', { approved: true, runId: run.id, commit: run.headCommit });
    if (!run.headCommit || !run.branch)
      return {
        task: await changeTaskStatus(tx, actor, task, { to: 'done', why: 'Approved; there was nothing to merge.' }),
        mergeRun: null,
      };
    return { task, mergeRun: await requestMerge(tx, task, run) };
  });
}

const Feedback = z.strictObject({
  taskId: taskRef,
  feedback: z.string().trim().min(1, 'Say what should be different').max(MAX_MESSAGE_CHARS),
});

/**
 * Sends a task back: it is queued again, the feedback is in the next attempt's prompt, and that attempt
 * continues on the branch of the last one.
 * @throws IllegalTransitionError unless it needs review, ConflictError while a merge is on its way
 */
export async function sendBackTask(core: Core, actor: Actor, input: z.input<typeof Feedback>): Promise<Task> {
  const { taskId, feedback } = parseInput(Feedback, input);
  return inTransaction(core, async (tx) => {
    const { task } = await lockTask(tx, actor, taskId);
    if (task.status !== 'needs_review')
      throw new IllegalTransitionError(
        task.status,
        'queued',
        'send_back_needs_review',
        `Only a task that needs review can be sent back; this one is ${task.status}.`,
      );
    await withdrawMerge(tx, actor, task);
    const queued = await changeTaskStatus(tx, actor, task, { to: 'queued', why: `Sent back: ${feedback}`, feedback });
    return scheduleTask(tx, actor, queued);
  });
}

/** Queues a failed task again, or starts one that is held. */
export async function retryTask(core: Core, actor: Actor, input: { taskId: string }): Promise<Task> {
  const { taskId } = parseInput(z.strictObject({ taskId: taskRef }), input);
  return inTransaction(core, async (tx) => {
    const { task } = await lockTask(tx, actor, taskId);
    if (task.heldBy) return releaseTask(tx, actor, task);
    if (task.status !== 'failed')
      throw new IllegalTransitionError(
        task.status,
        'queued',
        'retry_failed_only',
        `Only a failed task can be retried; this one is ${task.status}.`,
      );
    const queued = await changeTaskStatus(tx, actor, task, { to: 'queued', why: 'Retried by hand.' });
    return scheduleTask(tx, actor, queued);
  });
}

/** What a reviewer looks at. */
export async function lastCompletedAttempt(tx: Tx, taskId: string): Promise<AgentRun | null> {
  return tx.db.agentRun.findFirst({
    where: { taskId, kind: 'task', status: 'completed' },
    orderBy: { attempt: 'desc' },
  });
}
