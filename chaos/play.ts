import { setTimeout as sleep } from 'node:timers/promises';
import { check } from './checker/check.ts';
import type { Facts, Violation } from './checker/facts.ts';
import { countMissingLines } from './checker/lines.ts';
import { countUnseen } from './checker/viewers.ts';
import { findSurvivors, readRepository, readRows } from './collect.ts';
import { monotonicMs, type AppliedFault, type Scene } from './faults/hit.ts';
import { inject } from './faults/inject.ts';
import { kindOf } from './schedule/fault-kinds.ts';
import type { PlannedFault, Schedule } from './schedule/schedule.ts';
import { isMachineStarved, patience } from './system/busyness.ts';
import { sendSignal } from './system/processes.ts';
import type { System } from './system/system.ts';
import { isLive, Observer } from './workload/observer.ts';
import { archiveWhenDue, makeProject } from './workload/project.ts';
import { TaskScript } from './workload/task-script.ts';
import { Viewer } from './workload/viewer.ts';

/** After the last fault: a lease, its margin, the sweep, the next attempt, and a request that hangs until it is given up. */
const SETTLE_MS = 75_000;
/** For what still follows the end: a lost run's tail, what viewers are shown, processes that are just ending. */
const AFTER_MS = 15_000;
const MOMENT_MS = 20_000;

export interface Verdict {
  schedule: Schedule;
  violations: Violation[];
  facts: Facts;
  durationMs: number;
}

/** Plays one schedule on a system that is whole before and after, and judges what came of it. */
export async function play(system: System, schedule: Schedule): Promise<Verdict> {
  const startMs = performance.now();
  const wasStarved = isMachineStarved();
  await system.shape({
    apis: schedule.apis,
    runners: schedule.runners,
    isClockFaked: schedule.faults.some(({ kind }) => kindOf(kind).needs === 'faketime'),
  });
  system.takeFalls();
  const project = await makeProject(system, schedule.seed);
  const observer = new Observer(system.services, project.id);
  const over = new AbortController();
  const viewers = system.viewerLinks
    .slice(0, schedule.viewers)
    .map(({ name, port }) => new Viewer(name, port, system.person.token, project.id));
  const scripts = schedule.tasks.map(
    (plan, index) =>
      new TaskScript(
        system.person,
        observer,
        project,
        system.journal.port,
        `seed-${schedule.seed}-task-${index}`,
        plan,
      ),
  );
  try {
    const beginMs = performance.now();
    const archiveAtMs = schedule.archiveAtMs === null ? null : beginMs + schedule.archiveAtMs;
    const lives = Promise.all([
      ...scripts.map((script) => script.run(beginMs, over.signal)),
      archiveWhenDue(system, project, archiveAtMs, over.signal),
    ]);
    const faults = await Promise.all(
      schedule.faults.map((fault) =>
        letLoose(sceneOf(system, observer), observer, fault, beginMs, () => scripts.every(({ isOver }) => isOver)),
      ),
    );
    const isSettled = await observer.until(
      () => scripts.every(({ isOver }) => isOver) && performance.now() > (archiveAtMs ?? 0),
      SETTLE_MS * patience(),
    );
    const unsettled = isSettled
      ? []
      : scripts
          .filter(({ isOver }) => !isOver)
          .map(({ title }) => `the task ${title} came to no end: ${describeTask(observer, title)}`);
    over.abort();
    await lives;
    const facts = await collectFacts({
      system,
      project,
      observer,
      viewers,
      scripts,
      faults,
      unsettled,
      seed: schedule.seed,
      isArchived: observer.isArchived,
      isStarved: wasStarved || isMachineStarved(),
    });
    // What was left behind has been told; the next schedule is not to suffer from it.
    for (const { pid } of facts.survivors) sendSignal(pid, 'SIGKILL');
    return { schedule, facts, violations: check(facts), durationMs: performance.now() - startMs };
  } finally {
    over.abort();
    await observer.stop();
    await Promise.all(viewers.map((viewer) => viewer.close()));
  }
}

function sceneOf(system: System, observer: Observer): Scene {
  return {
    system,
    runIds: () => new Set(observer.runs.map(({ id }) => id)),
    runnerOf: (runId) => observer.runs.find(({ id }) => id === runId)?.runner ?? null,
  };
}

/** Waits for the moment of a fault. One whose moment never comes is left out, and the facts say so. */
async function letLoose(
  scene: Scene,
  observer: Observer,
  fault: PlannedFault,
  beginMs: number,
  isOver: () => boolean,
): Promise<AppliedFault> {
  const { when } = fault;
  if ('atMs' in when) await sleep(Math.max(0, beginMs + when.atMs - performance.now()));
  else {
    const hasCome = await observer.until(
      () => observer.has(when) || (performance.now() - beginMs > 2_000 && isOver()),
      MOMENT_MS,
    );
    if (!hasCome || !observer.has(when))
      return { kind: fault.kind, hit: null, runIds: [], fromMs: monotonicMs(), toMs: monotonicMs() };
    await sleep(when.afterMs);
  }
  return inject(scene, fault);
}

async function collectFacts({
  system,
  project,
  observer,
  viewers,
  scripts,
  ...known
}: {
  system: System;
  project: Awaited<ReturnType<typeof makeProject>>;
  observer: Observer;
  viewers: Viewer[];
  scripts: TaskScript[];
  faults: AppliedFault[];
  unsettled: string[];
  seed: number;
  isStarved: boolean;
  isArchived: boolean;
}): Promise<Facts> {
  const taskIds = new Set(observer.tasks.map(({ id }) => id));
  const journals = system.journal.take(taskIds);
  const endMs = performance.now() + AFTER_MS * patience();
  for (;;) {
    // Before the rows: whatever was shown by then is in them, and what comes meanwhile is looked at the next time.
    const records = viewers.map((viewer) => viewer.snapshot());
    const rows = await readRows(system.services, project.id);
    const ended = new Set(rows.runs.filter((run) => !isLive(run)).map(({ id }) => id));
    const survivors = findSurvivors(ended, system.journal.port);
    const isQuiet =
      survivors.length === 0 &&
      countMissingLines({ journals, lines: rows.lines }) === 0 &&
      countUnseen({ viewers: records, ...rows }) === 0;
    if (isQuiet || performance.now() > endMs) {
      return {
        ...known,
        ...rows,
        journals,
        viewers: records,
        requests: scripts.flatMap(({ requests }) => requests),
        survivors,
        git: readRepository(project, rows.runs),
        falls: system.takeFalls(),
      };
    }
    await sleep(150);
  }
}

function describeTask(observer: Observer, title: string): string {
  const task = observer.tasks.find((each) => each.title === title);
  if (!task) return 'it was never made';
  return `${task.status}, ${
    observer.runs
      .filter((run) => run.task_id === task.id)
      .map(({ kind, status }) => `${kind} ${status}`)
      .join(', ') || 'no run'
  }`;
}
