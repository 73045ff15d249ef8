import { cutText } from '#contract/cut-text.ts';
import { MAX_MESSAGE_CHARS } from '#contract/limits.ts';
import { parseContract } from '#contract/parse.ts';
import { Request } from '#contract/request.ts';
import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import { newId } from '#core/platform/ids.ts';
import { isAgentBlockReason } from '#core/runs/agent-block-reason.ts';
import type { Agent, CycleMode, Task } from '#prisma/generated/client/client.ts';
import type { Planner } from '#core/planner/planner.ts';
import { LIVE_SQL } from '#core/runs/statuses.ts';

const MAX_TASKS_A_CYCLE = 500;

/** A task that waits to be started, and the agent that it is for. */
export interface WaitingTask {
  id: string;
  task: Task;
  agentName: string | null;
  agentReason: string | null;
}

// Statuses as literals: a parameter could not be proven to fit a partial index.
const waitingSql = (status: string): string => `
  select t.id from tasks t
   where t.project_id = $1 and t.status ${status} and t.held_by is null
     and not exists (select 1 from agent_runs r where r.task_id = t.id and r.kind = 'task' and r.status ${LIVE_SQL})
   order by t.priority, t.id limit ${MAX_TASKS_A_CYCLE}`;
const WAITING = { incremental: waitingSql(`= 'queued'`), full: waitingSql(`in ('queued', 'blocked')`) };

/**
 * The queued tasks without a live run, by priority, then age; not those that are held. A full cycle takes up those
 * again that are blocked because their agent was missing or disabled.
 */
export async function findWaitingTasks(core: Core, projectId: string, mode: CycleMode): Promise<Task[]> {
  const found = await core.pool.query<{ id: string }>(WAITING[mode], [projectId]);
  const tasks = await core.db.task.findMany({
    where: { id: { in: found.rows.map(({ id }) => id) } },
    orderBy: [{ priority: 'asc' }, { id: 'asc' }],
  });
  return tasks.filter((task) => task.status === 'queued' || isAgentBlockReason(task.blockedReason));
}

/** Finds the agent of those that name none. One that can not be planned keeps none, and the others are planned. */
export async function planTasks(
  core: Core,
  planner: Planner,
  agents: readonly Agent[],
  tasks: readonly Task[],
): Promise<WaitingTask[]> {
  const planned = new Map<string, { name: string; why: string }>();
  const without = tasks.filter((task) => task.agentId === null && task.agentName === null);
  await eachAlone(core, 'to find the agent of a task', without, async (task) => {
    const [definition] = await planner.plan([requestOf(task)], { agents });
    if (definition) planned.set(task.id, definition.agent);
  });
  return tasks.map((task) => ({
    id: task.id,
    task,
    agentName: task.agentName ?? planned.get(task.id)?.name ?? null,
    agentReason: planned.get(task.id)?.why ?? task.agentReason,
  }));
}

/** A task that was made by hand, as the request it would have been. */
function requestOf(task: Task): Request {
  return parseContract('Request', Request, {
    id: newId(),
    projectId: task.projectId,
    source: task.requestedBy,
    text: cutText(`${task.title}\n${task.description}`.trim(), MAX_MESSAGE_CHARS),
    intent: task.type,
    priority: task.priority,
    pathHints: [],
    acceptanceCriteria: task.acceptanceCriteria,
    messageId: null,
    recordingId: null,
  });
}
