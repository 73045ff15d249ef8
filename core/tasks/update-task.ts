import { z } from 'zod';
import { TASK_TYPES } from '#contract/enums.ts';
import { acceptanceCriteria, description, id, priority, taskRef, title } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { OrNull } from '#core/errors/parse-input.ts';
import { runUpdated, taskUpdated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { announceWork } from '#core/runners/commands.ts';
import { scheduleTask } from '#core/runs/schedule-task.ts';
import type { Task } from '#prisma/generated/client/client.ts';
import { appendTaskEvent } from './append-task-event.ts';
import { requireEnabledAgent } from './create-task.ts';
import { lockTask } from './lock-task.ts';
import { changeTaskStatus } from './change-status.ts';

const Changes = z.strictObject({
  taskId: taskRef,
  title: title.optional(),
  description: description.optional(),
  acceptanceCriteria: acceptanceCriteria.optional(),
  type: z.enum(TASK_TYPES).optional(),
  priority: priority.optional(),
  /** Who does it: another agent, never nobody. */
  agentId: id.optional(),
});

/**
 * Changes what a task says. Another agent can be given while no run of it is started; a waiting run is replaced.
 * @throws NotFoundError, InvalidInputError, ConflictError while a run is working
 */
export async function updateTask(core: Core, actor: Actor, input: OrNull<z.input<typeof Changes>>): Promise<Task> {
  const { taskId, agentId, ...changes } = parseInput(Changes, input);
  return inTransaction(core, async (tx) => {
    const { task } = await lockTask(tx, actor, taskId);
    const agent = agentId && agentId !== task.agentId ? await requireEnabledAgent(tx, task.projectId, agentId) : null;
    if (agent && task.status === 'in_progress')
      throw new ConflictError(
        'A run of this task is working. Cancel it before you give the task to another agent.',
        task.status,
      );
    const data = {
      ...defined(changes),
      ...(agent ? { agentId: agent.id, agentName: agent.name, agentReason: 'chosen by hand' } : {}),
      updatedAt: await databaseNow(tx.db),
    };
    const updated = await tx.db.task.update({ where: { id: task.id }, data });
    const { updatedAt, agentReason: _reason, ...patch } = data as typeof data & { agentReason?: string };
    tx.emit(taskUpdated, {
      projectId: task.projectId,
      entityId: task.id,
      patch: { ...patch, updatedAt: updatedAt.toISOString() },
    });
    await appendTaskEvent(tx, actor, task, 'log', {
      changed: Object.keys(patch),
      ...(agent ? { agent: agent.name } : {}),
    });
    if (!agent) return updated;
    return reassign(tx, actor, updated);
  });
}

/** Lets the new agent have the task's next attempt. */
async function reassign(tx: Tx, actor: Actor, task: Task): Promise<Task> {
  if (task.status === 'blocked') {
    const queued = await changeTaskStatus(tx, actor, task, { to: 'queued', why: `Given to ${task.agentName}.` });
    return scheduleTask(tx, actor, queued);
  }
  if (task.status !== 'queued') return task;
  const waiting = await tx.db.agentRun.findFirst({ where: { taskId: task.id, kind: 'task', status: 'pending' } });
  if (!waiting) return scheduleTask(tx, actor, task);
  // The waiting attempt keeps its place; only who does it changes.
  const agentId = task.agentId ?? waiting.agentId;
  await tx.db.agentRun.update({ where: { id: waiting.id }, data: { agentId } });
  tx.emit(runUpdated, { projectId: task.projectId, entityId: waiting.id, patch: { agentId } });
  announceWork(tx, task.projectId);
  return task;
}

function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
