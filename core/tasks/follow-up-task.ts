import { z } from 'zod';
import { description, taskRef, title } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { IllegalTransitionError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { requestCycle } from '#core/cycles/request-cycle.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { scheduleTask } from '#core/runs/schedule-task.ts';
import type { Task } from '#prisma/generated/client/client.ts';
import { appendTaskEvent } from './append-task-event.ts';
import { insertTask } from './create-task.ts';
import { lockTask } from './lock-task.ts';

const FollowUp = z.strictObject({ taskId: taskRef, title: title.optional(), description: description.default('') });

/**
 * Reopens a finished task as a new one that is linked to it; type, priority and agent are taken over.
 * @throws IllegalTransitionError unless the task is done or canceled
 */
export async function followUpTask(core: Core, actor: Actor, input: z.input<typeof FollowUp>): Promise<Task> {
  const fields = parseInput(FollowUp, input);
  return inTransaction(core, async (tx) => {
    const { task: parent } = await lockTask(tx, actor, fields.taskId);
    if (parent.status !== 'done' && parent.status !== 'canceled') {
      throw new IllegalTransitionError(
        parent.status,
        'queued',
        'follow_up_finished_only',
        `This task is ${parent.status}: change it instead of following it up.`,
      );
    }
    const task = await insertTask(tx, actor, {
      projectId: parent.projectId,
      title: fields.title ?? parent.title,
      description: fields.description || parent.description,
      acceptanceCriteria: parent.acceptanceCriteria,
      type: parent.type,
      priority: parent.priority,
      agentId: parent.agentId,
      agentName: parent.agentName,
      agentReason: 'taken over from the task this follows',
      requestedBy: 'api',
      parentTaskId: parent.id,
      requestId: null,
    });
    await appendTaskEvent(tx, actor, parent, 'log', { followedUpBy: task.id });
    if (task.agentId) return scheduleTask(tx, actor, task);
    await requestCycle(tx, task.projectId, 'incremental', 'task_created');
    return task;
  });
}
