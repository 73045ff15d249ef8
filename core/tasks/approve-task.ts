import { z } from 'zod';
import { taskRef } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { IllegalTransitionError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { requestMerge } from '#core/runs/finish-run.ts';
import type { AgentRun, Task } from '#prisma/generated/client/client.ts';
import { appendTaskEvent } from './append-task-event.ts';
import { changeTaskStatus } from './change-status.ts';
import { lastCompletedAttempt } from './last-completed-attempt.ts';
import { lockTask } from './lock-task.ts';

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
