import { z } from 'zod';
import { taskRef } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { IllegalTransitionError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { scheduleTask } from '#core/runs/schedule-task.ts';
import type { Task } from '#prisma/generated/client/client.ts';
import { changeTaskStatus } from './change-status.ts';
import { lockTask } from './lock-task.ts';
import { releaseTask } from './start-task.ts';

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
