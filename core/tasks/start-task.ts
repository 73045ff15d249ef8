import { z } from 'zod';
import { taskRef } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { IllegalTransitionError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { requestCycle } from '#core/cycles/request-cycle.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { scheduleTask } from '#core/runs/schedule-task.ts';
import type { Task } from '#prisma/generated/client/client.ts';
import { appendTaskEvent } from './append-task-event.ts';
import { setHold } from './hold-task.ts';
import { lockTask } from './lock-task.ts';

/**
 * Starts a held task again: its next attempt waits for a runner.
 * @throws IllegalTransitionError unless it is held, NotFoundError, ForbiddenError
 */
export async function startTask(core: Core, actor: Actor, input: { taskId: string }): Promise<Task> {
  const { taskId } = parseInput(z.strictObject({ taskId: taskRef }), input);
  return inTransaction(core, async (tx) => {
    const { task } = await lockTask(tx, actor, taskId);
    if (!task.heldBy)
      throw new IllegalTransitionError(
        task.status,
        'queued',
        'start_held_only',
        `Only a task that is held can be started; this one is ${task.status}.`,
      );
    return releaseTask(tx, actor, task);
  });
}

/** Ends the hold of a locked task, and lets it have its next attempt. */
export async function releaseTask(tx: Tx, actor: Actor, task: Task): Promise<Task> {
  const released = await setHold(tx, task, null);
  await appendTaskEvent(tx, actor, task, 'log', { isHeld: false });
  await requestCycle(tx, task.projectId, 'incremental', 'task_changed');
  if (!task.agentId) return released;
  return scheduleTask(tx, actor, released);
}
