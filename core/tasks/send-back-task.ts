import { z } from 'zod';
import { taskRef } from '#contract/fields.ts';
import { MAX_MESSAGE_CHARS } from '#contract/limits.ts';
import type { Actor } from '#core/access/actor.ts';
import { IllegalTransitionError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { withdrawMerge } from '#core/runs/cancel-run.ts';
import { scheduleTask } from '#core/runs/schedule-task.ts';
import type { Task } from '#prisma/generated/client/client.ts';
import { changeTaskStatus } from './change-status.ts';
import { lockTask } from './lock-task.ts';

const Feedback = z.strictObject({
  taskId: taskRef,
  feedback: z.string().trim().min(1, 'Say what should be different').max(MAX_MESSAGE_CHARS),
});

/**
 * Sends a task back: it is queued again, the feedback is in the next attempt's prompt, and that attempt
 * continues on the branch of the last one.
 * @throws IllegalTransitionError unless it needs review or has failed, ConflictError while a merge is on its way
 */
export async function sendBackTask(core: Core, actor: Actor, input: z.input<typeof Feedback>): Promise<Task> {
  const { taskId, feedback } = parseInput(Feedback, input);
  return inTransaction(core, async (tx) => {
    const { task } = await lockTask(tx, actor, taskId);
    if (task.status !== 'needs_review' && task.status !== 'failed')
      throw new IllegalTransitionError(
        task.status,
        'queued',
        'send_back_needs_review',
        `Only a task that needs review, or has failed, can be sent back; this one is ${task.status}.`,
      );
    await withdrawMerge(tx, actor, task);
    const queued = await changeTaskStatus(tx, actor, task, { to: 'queued', why: `Sent back: ${feedback}`, feedback });
    return scheduleTask(tx, actor, queued);
  });
}
