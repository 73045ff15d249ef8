import { AgentConfig } from '#contract/agent-config.ts';
import type { Queryable } from '#core/platform/db.ts';

/** Shown until the retry policy's delay is over; the run itself says when that is. */
export const WAITS_FOR_RETRY = 'Waits for its next try.';

/**
 * Why a pending run has not started, as a sentence for people; null when it is about to.
 * @source runs.md: capacity, no runner online, no runner with the label, project paused
 */
export async function findWaitingReason(db: Queryable, projectId: string, agentId: string): Promise<string | null> {
  const project = await db.project.findUniqueOrThrow({ where: { id: projectId } });
  if (project.status === 'paused') return 'The project is paused.';
  const agent = await db.agent.findUniqueOrThrow({ where: { id: agentId } });
  if (!agent.isEnabled) return `The agent ${agent.name} is disabled.`;
  const parsed = AgentConfig.safeParse(agent.configJson);
  if (!parsed.success) return `The configuration of the agent ${agent.name} is not valid.`;
  const config = parsed.data;
  const labels = agent.type === 'cloud' ? [...new Set([...config.labels, 'cloud'])] : config.labels;
  const runners = await db.runner.findMany({
    where: { isEnabled: true, isDraining: false, connection: 'online', OR: [{ allProjects: true }, { projects: { some: { projectId } } }] },
    select: { labels: true, capacity: true, _count: { select: { runs: { where: { status: { in: ['started', 'streaming'] } } } } } },
  });
  if (runners.length === 0) return 'No runner is online.';
  const missing = labels.find((label) => !runners.some((runner) => runner.labels.includes(label)));
  if (missing !== undefined) return `No runner with the label ${missing} is online.`;
  const suitable = runners.filter((runner) => labels.every((label) => runner.labels.includes(label)));
  if (suitable.length === 0) return `No online runner has all of the labels ${labels.join(', ')}.`;
  if (suitable.every((runner) => runner._count.runs >= runner.capacity)) return 'All runners are busy.';
  const live = await db.agentRun.count({ where: { agentId, status: { in: ['started', 'streaming'] } } });
  if (live >= config.concurrency) return `The agent ${agent.name} already has ${live} run${live === 1 ? '' : 's'}.`;
  return null;
}
