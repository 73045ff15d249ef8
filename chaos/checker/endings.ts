import type { FaultKind } from '../schedule/fault-kinds.ts';
import type { Facts, RunFact, Violation } from './facts.ts';
import { wasDisturbedForLong } from './disturbance.ts';

/** Faults that take from a runner what it needs to bring a run to its end: then any named reason will do. */
const STARVING: readonly FaultKind[] = ['disk-spool', 'descriptors-runner', 'memory-runner'];
const KEEPER_KILLING: readonly FaultKind[] = ['kill-keeper', 'kill-runner-and-keeper'];
const AGENT_KILLING: readonly FaultKind[] = ['kill-agent', 'memory-agent', ...KEEPER_KILLING];
/** A merge that did not come about for a reason that a person can see and act on. */
const MERGE_REASONS: readonly (string | null)[] = ['review_outdated', 'repo_dirty', 'outcome_unknown'];

/** Rule 3: the end is never visible before the last line is stored; exit code and state agree, and the reason is a true one. */
export function checkEndings(facts: Facts): Violation[] {
  return facts.runs.flatMap((run) =>
    [...checkOrder(facts, run), ...checkExit(facts, run), ...checkFiles(facts, run), ...checkReason(facts, run)].map(
      (what) =>
        ({
          rule: 'endings',
          what: `run ${run.id} (${run.kind} ${run.attempt}, ${run.status}/${run.reason}): ${what}`,
        }) as const,
    ),
  );
}

function checkOrder({ events, lines }: Facts, run: RunFact): string[] {
  const [end, second] = events.filter(({ type, entityId }) => type === 'agent.run.completed' && entityId === run.id);
  if (second) return ['it ended twice'];
  // A lost run's tail is evidence and may come later; nothing else may.
  if (!end || run.reason === 'runner_lost' || run.reason === 'outcome_unknown') return [];
  const late = (lines.get(run.id) ?? []).filter(({ atUs }) => atUs > end.atUs);
  return late.length > 0 ? [`its end was visible before its last ${late.length} lines were stored`] : [];
}

function checkExit({ journals, faults }: Facts, run: RunFact): string[] {
  if (run.kind !== 'task') return [];
  const entries = journals.filter(({ runId }) => runId === run.id).flatMap((journal) => journal.entries);
  const exit = entries.find((entry) => entry.type === 'exits');
  const hasChanged = entries.some(({ type }) => type === 'file');
  if (run.status === 'completed') {
    if (exit?.code !== 0)
      return [`it is completed, and its program ${exit ? `ended with ${exit.code}` : 'never came to its end'}`];
    if (run.reason === 'ok' && !run.headCommit) return ['it is said to have changed something, and there is no commit'];
    return run.reason === 'empty_diff' && hasChanged ? ['it is said to have changed nothing, and its program did'] : [];
  }
  if (run.status !== 'failed' || run.reason !== 'exit_code') return [];
  if (exit && run.exitCode !== null && exit.code !== run.exitCode)
    return [`its exit code is said to be ${run.exitCode}, its program ended with ${exit.code}`];
  if (exit?.code === 0) return ['it is said to have failed, and its program ended well'];
  const wasKilled = faults.some(({ kind, runIds }) => AGENT_KILLING.includes(kind) && runIds.includes(run.id));
  return exit || wasKilled
    ? []
    : [`its program is said to have failed by itself (${run.message}), and never said that it would`];
}

/** What a run has made and hands over is kept, unless what that takes was used up. */
function checkFiles({ faults }: Facts, { message }: RunFact): string[] {
  const wasStarved = faults.some(({ kind, hit }) => /^(disk|descriptors|memory)-/.test(kind) && hit !== null);
  return !wasStarved && message?.includes('could not be stored') ? [`not all of it was kept: ${message}`] : [];
}

function checkReason({ faults, requests, tasks, isStarved, isArchived }: Facts, run: RunFact): string[] {
  const hit = (kinds: readonly FaultKind[]): boolean =>
    faults.some(
      ({ kind, runIds, hit: what }) =>
        kinds.includes(kind) && what !== null && (runIds.length === 0 || runIds.includes(run.id)),
    );
  const title = tasks.find(({ id }) => id === run.taskId)?.title;
  if (['pending', 'started', 'streaming', 'completed'].includes(run.status) || run.reason === 'exit_code') return [];
  if (run.status === 'canceled')
    return isArchived || requests.some((request) => request.title === title && request.kind !== 'createTask')
      ? []
      : ['nobody asked for that'];
  if (run.reason === 'runner_lost')
    return isStarved || wasDisturbedForLong(faults)
      ? []
      : ['it was healthy: nothing was in its way for as long as a lease'];
  if (run.kind === 'merge' && MERGE_REASONS.includes(run.reason)) return [];
  if (hit(STARVING) || (run.reason === 'internal' && hit(KEEPER_KILLING))) return [];
  return [`nothing that was done to it explains this end: ${run.message}`];
}
