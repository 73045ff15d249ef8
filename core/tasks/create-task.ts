import { z } from 'zod';
import { REQUEST_SOURCES, TASK_TYPES } from '#contract/enums.ts';
import { acceptanceCriteria, description, id, priority, title } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { userIdOf } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { IllegalTransitionError, NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { taskCreated } from '#core/events/catalogue.ts';
import { requestCycle } from '#core/cycles/request-cycle.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { newId } from '#core/platform/ids.ts';
import { scheduleTask } from '#core/runs/schedule-task.ts';
import type { Task } from '#prisma/generated/client/client.ts';
import { appendTaskEvents } from './append-task-event.ts';
import { taskCard } from './task-patch.ts';

const NewTask = z.strictObject({
  projectId: id,
  title,
  description: description.default(''),
  acceptanceCriteria: acceptanceCriteria.default([]),
  type: z.enum(TASK_TYPES).default('code_change'),
  priority: priority.default(3),
  agentId: id.nullable().default(null),
  requestedBy: z.enum(REQUEST_SOURCES).default('api'),
  parentTaskId: id.nullable().default(null),
});
export type NewTask = z.input<typeof NewTask>;

/**
 * Adds a queued task. With an agent its run is scheduled at once; without one the orchestrator finds the agent
 * in its next cycle.
 * @throws InvalidInputError, NotFoundError (project, agent, parent), ForbiddenError, IllegalTransitionError (disabled agent)
 */
export async function createTask(core: Core, actor: Actor, input: NewTask): Promise<Task> {
  const fields = parseInput(NewTask, input);
  return inTransaction(core, async (tx) => {
    await requireProject(tx.db, actor, fields.projectId, 'task:write');
    const agent = fields.agentId ? await requireEnabledAgent(tx, fields.projectId, fields.agentId) : null;
    if (fields.parentTaskId) await requireTaskOfProject(tx, fields.projectId, fields.parentTaskId);
    const task = await insertTask(tx, actor, {
      ...fields,
      agentName: agent?.name ?? null,
      agentReason: agent ? 'chosen by hand' : null,
      requestId: null,
    });
    if (agent) return scheduleTask(tx, actor, task);
    await requestCycle(tx, fields.projectId, 'incremental', 'task_created');
    return task;
  });
}

type TaskFields = z.output<typeof NewTask> & {
  agentName: string | null;
  agentReason: string | null;
  requestId: string | null;
};

/** Writes the row, its first audit line and its event. For callers that have checked access already. */
export async function insertTask(tx: Tx, actor: Actor, fields: TaskFields): Promise<Task> {
  const [task] = await insertTasks(tx, actor, [fields]);
  if (!task) throw new Error('Expected the task that was added, found none');
  return task;
}

/** The same for several, in as many statements as for one. @returns them in the given order */
export async function insertTasks(tx: Tx, actor: Actor, all: readonly TaskFields[]): Promise<Task[]> {
  if (all.length === 0) return [];
  const createdByUserId = userIdOf(actor);
  // The ids grow in this order, so it is theirs.
  const rows = await tx.db.task.createManyAndReturn({
    data: all.map((fields) => ({ id: newId(), ...fields, status: 'queued' as const, createdByUserId })),
  });
  const tasks = rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const task of tasks) {
    tx.emit(taskCreated, { projectId: task.projectId, entityId: task.id, patch: taskCard(task) });
  }
  await appendTaskEvents(
    tx,
    actor,
    'created',
    tasks.map((task) => ({
      task,
      details: {
        title: task.title,
        type: task.type,
        priority: task.priority,
        requestedBy: task.requestedBy,
        ...(task.agentName ? { agent: task.agentName, why: task.agentReason } : {}),
      },
    })),
  );
  return tasks;
}

async function requireTaskOfProject(tx: Tx, projectId: string, taskId: string): Promise<void> {
  const found = await tx.db.task.findFirst({ where: { id: taskId, projectId }, select: { id: true } });
  if (!found) throw new NotFoundError('task', taskId);
}

/** Hard rule 3: a disabled agent is never assigned. Its row is held, so that it is not disabled before the commit. */
export async function requireEnabledAgent(tx: Tx, projectId: string, agentId: string) {
  await tx.db.$queryRaw`select 1 from agents where id = ${agentId}::uuid and project_id = ${projectId}::uuid for share`;
  const agent = await tx.db.agent.findFirst({ where: { id: agentId, projectId } });
  if (!agent) throw new NotFoundError('agent', agentId);
  if (!agent.isEnabled)
    throw new IllegalTransitionError(
      'queued',
      'queued',
      'disabled_agent',
      `The agent ${agent.name} is disabled: enable it or choose another.`,
    );
  return agent;
}
