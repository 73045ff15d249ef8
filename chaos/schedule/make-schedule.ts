import { FAULT_KINDS, FAULT_KIND_NAMES, kindOf, type FaultKind } from './fault-kinds.ts';
import { seededRandom, type Random } from './random.ts';
import type { AgentPlan, Moment, PlannedFault, Schedule, TaskPlan } from './schedule.ts';

/** Faults begin within this time; runs take about as long. */
const HORIZON_MS = 3_500;

/** The plan of one seed: depends on nothing else. @param kinds the faults to choose from */
export function makeSchedule(seed: number, kinds: readonly FaultKind[] = FAULT_KIND_NAMES): Schedule {
  const random = seededRandom(seed);
  const faults = makeFaults(random, kinds);
  const needsMerge = faults.some(({ when }) => 'on' in when && when.on === 'merge_started');
  const tasks = Array.from({ length: random.between(2, 4) }, () => makeTask(random));
  const [first] = tasks;
  // A fault that waits for a merge needs one.
  if (needsMerge && first)
    Object.assign(first, {
      review: 'approve',
      cancelAtMs: null,
      agent: { ...first.agent, files: Math.max(1, first.agent.files), failures: 0 },
    } satisfies Partial<TaskPlan>);
  const size = { apis: random.between(1, 3), runners: random.between(1, 3), viewers: random.between(1, 3) };
  for (const task of tasks.slice(needsMerge ? 1 : 0))
    task.stopAtMs = random.chance(0.12) ? random.between(100, 3_000) : null;
  return {
    seed,
    ...size,
    archiveAtMs: !needsMerge && random.chance(0.06) ? random.between(500, 4_000) : null,
    tasks,
    faults,
  };
}

function makeFaults(random: Random, kinds: readonly FaultKind[]): PlannedFault[] {
  const weights = Object.fromEntries(kinds.map((kind) => [kind, FAULT_KINDS[kind].weight])) as Record<
    FaultKind,
    number
  >;
  const faults: PlannedFault[] = [];
  for (
    let left = random.weighted({ one: 4, two: 4, three: 2 }) === 'one' ? 1 : random.between(2, 3);
    left > 0;
    left -= 1
  ) {
    const kind = random.weighted(weights);
    const [min, max] = kindOf(kind).durationMs;
    faults.push({
      kind,
      when: momentOf(random, kind),
      durationMs: random.between(min, max),
      target: random.between(0, 999),
      detail: random.between(0, 2 ** 31 - 1),
    });
  }
  // One fault that costs a lease is enough: the lease, and not their sum, is what is to be seen.
  const [firstLong] = faults.filter(({ kind }) => kindOf(kind).isLong);
  return faults.filter((fault) => !kindOf(fault.kind).isLong || fault === firstLong);
}

function momentOf(random: Random, kind: FaultKind): Moment {
  if (kind.startsWith('merge-')) return { on: 'merge_started', nth: 1, afterMs: random.between(0, 120) };
  if (kind.startsWith('claim-'))
    return { on: 'run_started', nth: random.between(1, 2), afterMs: random.between(0, 150) };
  if (/agent|keeper/.test(kind))
    return { on: 'run_streaming', nth: random.between(1, 2), afterMs: random.between(0, 1_200) };
  return { atMs: random.between(0, HORIZON_MS) };
}

function makeTask(random: Random): TaskPlan {
  return {
    atMs: random.between(0, 600),
    agent: makeAgent(random),
    review: random.weighted({ approve: 6, send_back_first: 1, leave: 2 }),
    reviewAfterMs: random.between(0, 400),
    cancelAtMs: random.chance(0.15) ? random.between(100, 4_000) : null,
    cancelAfterApprovalMs: random.chance(0.12) ? random.between(0, 250) : null,
    stopAtMs: null,
  };
}

function makeAgent(random: Random): AgentPlan {
  const shape = random.weighted({ talker: 5, flood: 2, quiet: 1 });
  const pace = {
    talker: { lines: random.between(20, 150), linesAWrite: random.between(1, 4), everyMs: random.between(5, 40) },
    flood: { lines: random.between(800, 3_000), linesAWrite: 100, everyMs: 20 },
    quiet: { lines: random.between(0, 5), linesAWrite: 1, everyMs: random.between(100, 400) },
  }[shape];
  return {
    ...pace,
    stderrEvery: random.pick([0, 0, 3, 7]),
    longEvery: random.pick([0, 0, 0, 17]),
    files: random.chance(0.85) ? random.between(1, 3) : 0,
    commits: random.chance(0.3),
    failures: random.chance(0.15) ? 1 : 0,
    onTerm: random.weighted({ obey: 5, clean_up: 4, ignore: 2 }),
    leavesDaemon: random.chance(0.1),
  };
}
