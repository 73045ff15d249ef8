import { cutText } from '#contract/cut-text.ts';
import { MAX_MESSAGE_CHARS } from '#contract/limits.ts';
import { Request } from '#contract/request.ts';
import { parseContract } from '#contract/parse.ts';
import { taskUpdated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { newId } from '#core/platform/ids.ts';
import { isAgentBlockReason } from '#core/runs/agent-block-reason.ts';
import { appendTaskEvent } from '#core/tasks/append-task-event.ts';
import { changeTaskStatus } from '#core/tasks/change-status.ts';
import { lockTask } from '#core/tasks/lock-task.ts';
import type { Agent, CycleMode, Task } from '#prisma/generated/client/client.ts';
import { ORCHESTRATOR } from './orchestrator-actor.ts';
import type { Planner } from './planner.ts';

const MAX_TASKS_A_CYCLE = 500;

/**
 * Finds the agent of tasks that have none: those made without one, and in a full cycle those that are blocked
 * because their agent was missing or disabled.
 * @returns how many tasks were given an agent
 */
export async function planTasks(core: Core, planner: Planner, projectId: string, mode: CycleMode): Promise<number> {
  const tasks = await core.db.task.findMany({
    where: {
      projectId,
      agentId: null,
      status: { in: mode === 'full' ? ['queued', 'blocked'] : ['queued'] },
      ...(mode === 'full' ? {} : { agentName: null }),
    },
    orderBy: [{ priority: 'asc' }, { id: 'asc' }],
    take: MAX_TASKS_A_CYCLE,
  });
  const disabled =
    mode === 'full'
      ? await core.db.task.findMany({
          where: { projectId, status: 'blocked', agent: { isEnabled: true } },
          orderBy: { id: 'asc' },
          take: MAX_TASKS_A_CYCLE,
        })
      : [];
  if (tasks.length + disabled.length === 0) return 0;
  const agents = await core.db.agent.findMany({ where: { projectId } });
  let assigned = 0;
  await eachAlone(core, 'to find the agent of a task', [...tasks, ...disabled], async (task) => {
    if (task.status === 'blocked' && !isAgentBlockReason(task.blockedReason)) return;
    const [definition] = task.agentId ? [] : await planner.plan([requestOf(task)], { agents });
    const name = task.agentName ?? definition?.agent.name ?? null;
    const agent = agents.find((candidate) => candidate.name === name);
    assigned += (await assign(core, task, name, definition?.agent.why ?? task.agentReason, agent)) ? 1 : 0;
  });
  return assigned;
}

async function assign(
  core: Core,
  seen: Task,
  agentName: string | null,
  agentReason: string | null,
  agent: Agent | undefined,
): Promise<boolean> {
  return inTransaction(core, async (tx) => {
    const { task } = await lockTask(tx, ORCHESTRATOR, seen.id);
    // Somebody was faster; the next cycle looks at what there is then.
    if (task.status !== seen.status || task.agentId !== seen.agentId) return false;
    const agentId = agent?.isEnabled ? agent.id : null;
    const isNews = agentId !== task.agentId || agentName !== task.agentName;
    const updated = isNews
      ? await tx.db.task.update({ where: { id: task.id }, data: { agentId, agentName, agentReason } })
      : task;
    if (isNews) {
      await appendTaskEvent(tx, ORCHESTRATOR, task, 'log', { agent: agentName, why: agentReason });
      tx.emit(taskUpdated, { projectId: task.projectId, entityId: task.id, patch: { agentId, agentName } });
    }
    if (task.status === 'blocked' && agentId)
      await changeTaskStatus(tx, ORCHESTRATOR, updated, { to: 'queued', why: `The agent ${agentName} is there.` });
    return agentId !== null;
  });
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
