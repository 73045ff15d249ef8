import { ConflictError } from '#core/errors/errors.ts';
import { taskUpdated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { agentBlockReason } from '#core/runs/agent-block-reason.ts';
import { scheduleTasks } from '#core/runs/schedule-task.ts';
import { appendTaskEvents } from '#core/tasks/append-task-event.ts';
import { changeTaskStatus } from '#core/tasks/change-status.ts';
import type { Agent, Task } from '#prisma/generated/client/client.ts';
import { ORCHESTRATOR } from './orchestrator-actor.ts';
import type { WaitingTask } from './plan-tasks.ts';

export interface ScheduleCounts {
  assigned: number;
  scheduled: number;
  blocked: number;
}
export const NOTHING_SCHEDULED: ScheduleCounts = { assigned: 0, scheduled: 0, blocked: 0 };

/**
 * Gives waiting tasks their agents and their next attempts, all in one transaction; where that fails, each in one of
 * its own, so that one task does not keep the others from starting. An agent that is missing or disabled blocks its task.
 */
export async function scheduleRuns(
  core: Core,
  agents: readonly Agent[],
  waiting: readonly WaitingTask[],
): Promise<ScheduleCounts> {
  if (waiting.length === 0) return NOTHING_SCHEDULED;
  const schedule = (some: readonly WaitingTask[]): Promise<ScheduleCounts> =>
    inTransaction(core, (tx) => scheduleAll(tx, agents, some), { rebuildsState: true });
  if (waiting.length > 1) {
    try {
      return await schedule(waiting);
    } catch (error) {
      core.logger.warn({ err: error, tasks: waiting.length }, 'Tasks can not be scheduled together; each is by itself');
    }
  }
  const counts = { ...NOTHING_SCHEDULED };
  await eachAlone(core, 'to schedule a task', waiting, async (one) => {
    const { assigned, scheduled, blocked } = await schedule([one]).catch((error: unknown) => {
      // Another change scheduled it in the meantime: that is what was wanted.
      if (error instanceof ConflictError) return NOTHING_SCHEDULED;
      throw error;
    });
    counts.assigned += assigned;
    counts.scheduled += scheduled;
    counts.blocked += blocked;
  });
  return counts;
}

async function scheduleAll(tx: Tx, agents: readonly Agent[], waiting: readonly WaitingTask[]): Promise<ScheduleCounts> {
  const seen = await lockUnchanged(tx, waiting);
  const { tasks, assigned } = await assignAgents(tx, agents, seen);
  let blocked = 0;
  const ready: Task[] = [];
  for (const task of tasks) {
    if (task.agentId !== null && agents.some((agent) => agent.id === task.agentId && agent.isEnabled)) {
      const why = `The agent ${task.agentName} is there.`;
      ready.push(
        task.status === 'blocked' ? await changeTaskStatus(tx, ORCHESTRATOR, task, { to: 'queued', why }) : task,
      );
    } else if (task.status === 'queued') {
      const known = agents.find((agent) => agent.id === task.agentId || agent.name === task.agentName);
      const why = agentBlockReason(known?.name ?? task.agentName, known !== undefined);
      await changeTaskStatus(tx, ORCHESTRATOR, task, { to: 'blocked', why });
      blocked += 1;
    }
  }
  await scheduleTasks(tx, ready);
  return { assigned, scheduled: ready.length, blocked };
}

/** Those that are still as they were seen: somebody may have been faster, and the next cycle looks at what there is then. */
async function lockUnchanged(tx: Tx, waiting: readonly WaitingTask[]): Promise<WaitingTask[]> {
  // In the order of their ids: two that do this at once never wait for each other in a circle.
  const seen = JSON.stringify(waiting.map(({ task: { id, status, agentId } }) => ({ id, status, agentId })));
  const rows = await tx.db.$queryRaw<{ id: string }[]>`
    select t.id from tasks t join jsonb_to_recordset(${seen}::jsonb) as seen(id uuid, status task_status, "agentId" uuid) on seen.id = t.id
     where t.status = seen.status and t.agent_id is not distinct from seen."agentId" and t.held_by is null
     order by t.id for no key update of t`;
  const unchanged = new Set(rows.map(({ id }) => id));
  return waiting.filter(({ id }) => unchanged.has(id));
}

async function assignAgents(
  tx: Tx,
  agents: readonly Agent[],
  waiting: readonly WaitingTask[],
): Promise<{ tasks: Task[]; assigned: number }> {
  const tasks = waiting.map(({ task, agentName, agentReason }) => {
    const agent = agents.find((candidate) => candidate.isEnabled && candidate.name === agentName);
    // Hard rule 3: a disabled agent is never assigned; its name stays.
    return { ...task, agentId: task.agentId ?? agent?.id ?? null, agentName, agentReason };
  });
  const news = tasks.filter((task, i) => {
    const before = waiting[i]?.task;
    return task.agentId !== before?.agentId || task.agentName !== before.agentName;
  });
  if (news.length > 0) {
    const rows = news.map(({ id, agentId, agentName, agentReason }) => ({ id, agentId, agentName, agentReason }));
    await tx.db.$executeRaw`
      update tasks t set agent_id = n."agentId", agent_name = n."agentName", agent_reason = n."agentReason"
        from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n(id uuid, "agentId" uuid, "agentName" text, "agentReason" text)
       where t.id = n.id`;
    await appendTaskEvents(
      tx,
      ORCHESTRATOR,
      'log',
      news.map((task) => ({ task, details: { agent: task.agentName, why: task.agentReason } })),
    );
    for (const { projectId, id, agentId, agentName } of news)
      tx.emit(taskUpdated, { projectId, entityId: id, patch: { agentId, agentName } });
  }
  return { tasks, assigned: news.filter(({ agentId }) => agentId !== null).length };
}
