import { z } from 'zod';
import { taskRef } from '#contract/fields.ts';
import { MAX_MESSAGE_CHARS } from '#contract/limits.ts';
import type { Actor } from '#core/access/actor.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Task } from '#prisma/generated/client/client.ts';
import { appendTaskEvent } from './append-task-event.ts';
import { lockTask } from './lock-task.ts';

const Comment = z.strictObject({
  taskId: taskRef,
  text: z.string().trim().min(1, 'A comment needs some text').max(MAX_MESSAGE_CHARS),
});

/** Adds a comment to the task's audit trail. */
export async function commentOnTask(
  core: Core,
  actor: Actor,
  input: z.input<typeof Comment>,
): Promise<{ task: Task; eventId: string }> {
  const { taskId, text } = parseInput(Comment, input);
  return inTransaction(core, async (tx) => {
    const { task } = await lockTask(tx, actor, taskId);
    return { task, eventId: await appendTaskEvent(tx, actor, task, 'comment', { text }) };
  });
}
