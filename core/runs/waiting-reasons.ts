import { AgentConfig } from '#contract/agent-config.ts';
import { NO_REPOSITORY } from '#contract/waiting.ts';
import type { Core } from '#core/platform/core.ts';
import { capReason, projectCapsOf } from '#core/spend/caps.ts';
import type { AgentRun, Task } from '#prisma/generated/client/client.ts';
import { findWaiting, readWaitingFacts } from './waiting-facts.ts';
import type { Waiting, WaitingFacts } from './waiting-facts.ts';

/** Whose reason is asked for: a run's own, or a task's. */
export type Waits =
  ({ type: 'run' } & Pick<AgentRun, 'id' | 'status'>) | ({ type: 'task' } & Pick<Task, 'id' | 'status' | 'heldBy'>);

/**
 * Why each of these has not started, as a sentence for people; null when it is about to, or does not wait. Worked out
 * from what is so now, and stored nowhere: two statements, however many are asked for and however many wait.
 * @returns in the order of what was asked for
 * @source runs.md: capacity, no runner online, no runner with the label, project paused, no repository granted
 */
export async function findWaitingReasons(core: Core, asked: readonly Waits[]): Promise<(string | null)[]> {
  const runIds = asked.flatMap((one) => (one.type === 'run' && one.status === 'pending' ? [one.id] : []));
  const taskIds = asked.flatMap((one) => (isScheduled(one) ? [one.id] : []));
  const waiting = runIds.length + taskIds.length > 0 ? await findWaiting(core, runIds, taskIds) : [];
  const pairs = new Map(waiting.map((one) => [pairOf(one), one]));
  const facts = new Map(
    (pairs.size > 0 ? await readWaitingFacts(core, [...pairs.values()]) : []).map((each) => [pairOf(each), each]),
  );
  const ofRun = new Map(waiting.flatMap((one) => (one.runId === null ? [] : [[one.runId, one]])));
  const ofTask = new Map(
    waiting.flatMap((one) => (one.taskId === null || one.kind === 'merge' ? [] : [[one.taskId, one]])),
  );
  return asked.map((one) => {
    if (one.type === 'task' && one.heldBy !== null) return heldReason(one.heldBy);
    const found = (one.type === 'run' ? ofRun : ofTask).get(one.id);
    const known = found && facts.get(pairOf(found));
    return found && known ? reasonOf(found, known) : null;
  });
}

function isScheduled(one: Waits): boolean {
  return one.type === 'task' && one.status === 'queued' && one.heldBy === null;
}

const pairOf = ({ projectId, agentId }: Pick<Waiting, 'projectId' | 'agentId'>): string =>
  `${projectId} ${agentId ?? ''}`;
const heldReason = (by: string): string => `Held: stopped by ${by}. Start it when you are ready.`;

function reasonOf(waiting: Waiting, facts: WaitingFacts): string | null {
  if (facts.projectStatus !== 'active') return `The project is ${facts.projectStatus}.`;
  if (waiting.runId === null || facts.agentName === null) return 'The orchestrator has not looked at it yet.';
  // The run itself says when that is.
  if (waiting.isDelayed) return 'Waits for its next try.';
  // A merge is no agent's work: it counts against no agent, and a disabled one does not hold it up.
  if (waiting.kind === 'task' && !facts.isAgentEnabled) return `The agent ${facts.agentName} is disabled.`;
  const pause = waiting.kind === 'task' ? pauseOf(facts) : null;
  if (pause !== null) return pause;
  const parsed = AgentConfig.safeParse(facts.agentConfig);
  if (!parsed.success) return `The configuration of the agent ${facts.agentName} is not valid.`;
  const cap = waiting.kind === 'task' ? capFor(parsed.data, waiting, facts) : null;
  if (cap !== null) return cap;
  const freePlaces = placesFor(parsed.data, facts);
  if (typeof freePlaces === 'string') return freePlaces;
  if (waiting.kind !== 'task') return null;
  return turnOf(waiting.runId, parsed.data.concurrency, freePlaces, facts);
}

/** What keeps the agent itself from working. */
function pauseOf({ agentName, isSignInNeeded, parkedUntil }: WaitingFacts): string | null {
  if (isSignInNeeded) return `The agent ${agentName} is not signed in.`;
  return parkedUntil === null
    ? null
    : `The limit of use of the agent ${agentName} is reached until ${parkedUntil} UTC.`;
}

/** Which cap is reached. What a person has to do something about comes before what is over by itself. */
function capFor(config: AgentConfig, waiting: Waiting, facts: WaitingFacts): string | null {
  const { agentName, agentUsed, projectUsed, projectRuns } = facts;
  const project = projectCapsOf({ caps: facts.projectCaps });
  return (
    capReason(project.perTask, waiting.taskUsed, { subject: 'The task', isPerDay: false }) ??
    capReason(project.perTaskDay, waiting.taskUsedToday, { subject: 'The task', isPerDay: true }) ??
    capReason(config.caps.perDay, agentUsed, { subject: `The agent ${agentName}`, isPerDay: true }) ??
    capReason(project.perDay, projectUsed, { subject: 'The project', isPerDay: true }) ??
    (project.runsAtOnce !== null && projectRuns >= project.runsAtOnce
      ? `The project already has ${projectRuns} run${projectRuns === 1 ? '' : 's'} at work.`
      : null)
  );
}

/** How many runs the runners could take now, or why they can not. */
function placesFor(config: AgentConfig, { agentType, runners, repository }: WaitingFacts): number | string {
  const labels = agentType === 'cloud' ? [...new Set([...config.labels, 'cloud'])] : config.labels;
  if (runners.length === 0) return 'No runner is online.';
  const missing = labels.find((label) => !runners.some((runner) => runner.labels.includes(label)));
  if (missing !== undefined) return `No runner with the label ${missing} is online.`;
  const suitable = runners.filter((runner) => labels.every((label) => runner.labels.includes(label)));
  if (suitable.length === 0) return `No online runner has all of the labels ${labels.join(', ')}.`;
  if (repository === null) return NO_REPOSITORY;
  const granted = suitable.filter((runner) => runner.isGranted);
  if (granted.length === 0) return `No runner has the repository ${repository} granted.`;
  const free = granted.reduce((sum, { freePlaces }) => sum + Math.max(0, freePlaces), 0);
  return free === 0 ? 'All runners are busy.' : free;
}

/** The agent's own limit, and those of its runs that start before this one. */
function turnOf(runId: string, concurrency: number, freePlaces: number, facts: WaitingFacts): string | null {
  const { agentName, liveRuns, nextRunIds } = facts;
  const room = concurrency - liveRuns;
  if (room <= 0) return `The agent ${agentName} already has ${liveRuns} run${liveRuns === 1 ? '' : 's'}.`;
  const place = nextRunIds.indexOf(runId);
  return place >= 0 && place < Math.min(room, freePlaces) ? null : `Other tasks of the agent ${agentName} come first.`;
}
