import type { EventFact, Facts, RunFact, Violation } from './facts.ts';

/** What may still be said of a run that has ended: that its log goes on is a notice, without a cursor. */
const SAID_OF_RUNS = ['agent.run.started', 'agent.run.updated', 'agent.run.completed'];

/** Rule 4: at most one live run a task and kind; a run that was taken away changes nothing but the tail of its own log. */
export function checkAttempts(facts: Facts): Violation[] {
  return [...checkOverlap(facts), ...checkFenced(facts), ...checkPrograms(facts)].map((what) => ({
    rule: 'attempts',
    what,
  }));
}

/** The order of the events is the order of the commits. */
function checkOverlap({ events }: Facts): string[] {
  const live = new Map<string, string>();
  return events.flatMap(({ type, entityId, patch }) => {
    if (type === 'agent.run.completed') for (const [place, runId] of live) if (runId === entityId) live.delete(place);
    if (type !== 'agent.run.created') return [];
    const place = `${String(patch['kind'])} of task ${String(patch['taskId'])}`;
    const other = live.get(place);
    live.set(place, entityId);
    return other ? [`the run ${entityId} was made while the run ${other} was live: ${place}`] : [];
  });
}

function checkFenced({ events, runs }: Facts): string[] {
  const unknown = new Set(runs.filter(({ reason }) => reason === 'outcome_unknown').map(({ id }) => id));
  const ended = new Map<string, number>();
  return events.flatMap((event) => {
    const { type, entityId, cursor } = event;
    const runId = subjectOf(event);
    const endedAt = runId === null ? undefined : ended.get(runId);
    if (type === 'agent.run.completed') ended.set(entityId, cursor);
    // What became of a merge whose outcome was unknown is found out afterwards, and said.
    const isFoundOut = runId !== null && 'landingIsMerged' in event.patch && unknown.has(runId);
    return endedAt === undefined || isFoundOut
      ? []
      : [`event ${cursor} (${type}) changes the run ${runId}, which had ended with event ${endedAt}`];
  });
}

function subjectOf({ type, entityId, patch }: EventFact): string | null {
  if (SAID_OF_RUNS.includes(type)) return entityId;
  return type === 'artifact.created' && typeof patch['runId'] === 'string' ? patch['runId'] : null;
}

/** All processes of a machine wake at once: a program may write before the one that ends it has run at all. */
const WAKING_MS = 1_000;

/** The programs themselves: the first attempt writes nothing any more when the second has begun. */
function checkPrograms({ journals, runs, faults }: Facts): string[] {
  const times = journals.map(({ runId, taskId, attempt, entries }) => {
    const wakes = faults.filter(({ kind, runIds }) => kind === 'stop-machine-long' && runIds.includes(runId));
    // `toMs` is noted a moment after the signal.
    const isWaking = (atMs: number): boolean => wakes.some(({ toMs }) => atMs > toMs - 50 && atMs < toMs + WAKING_MS);
    const toMs = entries.findLast(({ atMs }) => !isWaking(atMs))?.atMs ?? 0;
    return { runId, taskId, attempt, fromMs: entries[0]?.atMs ?? 0, toMs };
  });
  const overlaps = times.flatMap((first) =>
    times
      .filter(
        (second) => second.taskId === first.taskId && second.attempt > first.attempt && second.fromMs < first.toMs,
      )
      .map(
        (second) =>
          `attempt ${first.attempt} of task ${first.taskId} still wrote ${Math.round(first.toMs - second.fromMs)} ms after attempt ${second.attempt} had begun`,
      ),
  );
  const twice = runs
    .filter((run) => times.filter(({ runId }) => runId === run.id).length > 1)
    .map((run: RunFact) => `the program of the run ${run.id} was started more than once`);
  return [...overlaps, ...twice];
}
