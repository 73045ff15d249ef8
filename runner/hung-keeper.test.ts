import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { KeeperConnection } from './execution/keeper-connection.ts';
import { fixedPolicies } from './execution/policies.ts';
import { findRunProcesses, readProcess, signal } from './execution/processes.ts';
import { RunnerPolicy } from './execution/policy.ts';
import type { KnownRun } from './testing/fake-control-plane.ts';
import { buildProgram, PROGRAMS_FOLDER, until } from './testing/programs.ts';
import { endedBy, startForkedRunner } from './testing/start-forked-runner.ts';
import { TestBed } from './testing/test-bed.ts';

/** For what nobody can see from outside: that a runner has heard, or said, what comes next. */
const A_MOMENT_MS = 150;

let keeperFile: string;
let runnerFile: string;
let bed: TestBed;
let stopped: number[];

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
  runnerFile = buildProgram('testing/forked-runner');
});
beforeEach(() => {
  bed = new TestBed(keeperFile);
  stopped = [];
});
afterEach(async () => {
  await bed.close();
  for (const keeper of stopped) signal(keeper, 'SIGKILL');
});
afterAll(() => {
  for (const file of [keeperFile, runnerFile]) rmSync(file, { force: true });
});

type Mode = 'auto' | 'off';
type Part = Parameters<TestBed['offer']>[0];

const policyOf = (mode: Mode): object => ({ ...bed.policy, sandbox: { mode, readablePaths: [PROGRAMS_FOLDER] } });
const cancel = (run: KnownRun): void =>
  bed.controlPlane.tell({ type: 'cancel', runId: run.spec.runId, reason: 'by_user', message: 'Canceled by Ada' });
const gone = (run: KnownRun): Promise<void> =>
  until(() => findRunProcesses(run.spec.runId, null).length === 0, 'its processes to be gone');

/** The programs of a run are at work, its keeper is stopped, and its runner was killed after that. */
async function leaveToHungKeeper(mode: Mode, part: Part, line = '1:ready'): Promise<{ run: KnownRun; keeper: number }> {
  const run = bed.offer(part);
  const first = startForkedRunner(runnerFile, bed.controlPlane, {
    folder: bed.runnerFolder,
    policy: policyOf(mode),
    keeperFile,
  });
  try {
    await until(() => run.lines.includes(line), 'the program to be ready');
    const [child = 0] = findRunProcesses(run.spec.runId, null);
    const keeper = readProcess(child)?.parent ?? 0;
    signal(keeper, 'SIGSTOP');
    stopped.push(keeper);
    return { run, keeper };
  } finally {
    first.kill('SIGKILL');
    await endedBy(first);
  }
}

/** A standby was stopped, was given a run after that, and its runner was killed. */
async function leaveUnread(part: Part): Promise<{ run: KnownRun; keeper: number }> {
  const run = bed.offer(part);
  const { claim } = bed.controlPlane;
  let keeper = 0;
  bed.controlPlane.claim = async (claimId) => {
    if (keeper === 0) keeper = await stopStandby();
    return claim(claimId);
  };
  const first = startForkedRunner(runnerFile, bed.controlPlane, {
    folder: bed.runnerFolder,
    policy: policyOf('off'),
    keeperFile,
  });
  try {
    await until(
      () => existsSync(join(bed.runsFolder, run.spec.runId, 'keeper.json')),
      'the keeper to be given the run',
    );
    await sleep(A_MOMENT_MS);
    return { run, keeper };
  } finally {
    bed.controlPlane.claim = claim;
    first.kill('SIGKILL');
    await endedBy(first);
  }
}

async function stopStandby(): Promise<number> {
  const folder = join(bed.runnerFolder, 'sockets');
  await until(() => readdirSync(folder).length === 1, 'a standby');
  const standby = await KeeperConnection.connect(join(folder, readdirSync(folder)[0] ?? ''));
  await sleep(A_MOMENT_MS);
  const pid = standby?.pid;
  if (!pid) throw new Error('The process of the standby is not known');
  signal(pid, 'SIGSTOP');
  stopped.push(pid);
  standby?.disconnect();
  return pid;
}

/** As an earlier version wrote it down. @returns the keeper's socket */
function forgetPid(run: KnownRun): string {
  const file = join(bed.runsFolder, run.spec.runId, 'keeper.json');
  const { socketPath } = JSON.parse(readFileSync(file, 'utf8')) as { socketPath: string };
  writeFileSync(file, JSON.stringify({ socketPath }));
  return socketPath;
}

/** @returns how long the next runner took until it heard commands */
async function startNext(mode: Mode): Promise<number> {
  const fromMs = performance.now();
  await Promise.race([
    bed.start(fixedPolicies(RunnerPolicy.parse(policyOf(mode)))),
    until(() => bed.runner === null, 'the next runner to start', 6_000),
  ]);
  return performance.now() - fromMs;
}

test.each([
  ['auto', 'clean-up-on-sigterm'],
  ['auto', 'ignore-sigterm'],
  ['off', 'clean-up-on-sigterm'],
  ['off', 'ignore-sigterm'],
] as const)(
  'a keeper that hangs keeps no runner from starting, and its run can be canceled: sandbox %s, a program that does %s',
  async (mode, name) => {
    const { run } = await leaveToHungKeeper(mode, { commands: [bed.node(name)], limits: { graceMs: 1_000 } });
    expect(await startNext(mode)).toBeLessThan(4_000);
    expect(findRunProcesses(run.spec.runId, null).length).toBeGreaterThan(0);
    cancel(run);
    await gone(run);
    expect(await bed.controlPlane.ended(run)).toMatchObject({
      status: 'canceled',
      reason: 'by_user',
      message: 'Canceled by Ada',
    });
    if (name === 'clean-up-on-sigterm') expect(run.lines).toContain('1:clean');
    await bed.runsAnother();
  },
);

test('the lease of an adopted run whose keeper hangs is not renewed, and its programs are gone when it ends', async () => {
  const { run } = await leaveToHungKeeper('off', {
    commands: [bed.node('ignore-sigterm')],
    lease: { token: 'x'.repeat(30), durationMs: 4_000 },
  });
  await startNext('off');
  await gone(run);
  expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'timed_out', reason: 'runner_lost' });
});

test('a run that was lost meanwhile is ended although its keeper hangs', async () => {
  const { run } = await leaveToHungKeeper('auto', { commands: [bed.node('ignore-sigterm')] });
  run.isLost = true;
  await startNext('auto');
  await gone(run);
  await until(() => readdirSync(bed.runsFolder).length === 0, 'the run to be given up');
  expect(run.result).toBeNull();
});

test('a keeper that goes on in time is followed to the end of its run, for longer than the lease it knew of', async () => {
  const part = {
    commands: [bed.node('print-lines', '400', '20')],
    lease: { token: 'x'.repeat(30), durationMs: 6_000 },
  };
  const { run, keeper } = await leaveToHungKeeper('off', part, '1:line 3');
  await startNext('off');
  // It is known to hang by now: the next runner registers no sooner.
  signal(keeper, 'SIGCONT');
  expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'completed', exitCode: 0 });
  expect(run.lines.filter((line) => line.startsWith('1:'))).toHaveLength(400);
  expect(run.lines.filter((line) => line.startsWith('3:$ '))).toHaveLength(1);
});

test.each(['stays stopped', 'goes on while the next runner looks for it'])(
  'a keeper that stopped before it read of its run, and %s, begins no second one',
  async (what) => {
    const { run, keeper } = await leaveUnread({ commands: [bed.node('hang')] });
    await startNext('off');
    if (what !== 'stays stopped') signal(keeper, 'SIGCONT');
    await until(() => run.lines.includes('1:hanging'), 'the program to start');
    signal(keeper, 'SIGCONT');
    if (what === 'stays stopped')
      await until(() => ['Z', undefined].includes(readProcess(keeper)?.state), 'the stopped keeper to be gone');
    expect(findRunProcesses(run.spec.runId, null)).toHaveLength(1);
    cancel(run);
    expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'canceled' });
    expect(run.lines.filter((line) => line === '1:hanging')).toHaveLength(1);
  },
);

test('a keeper of an earlier version that stopped before it read of its run begins no second one', async () => {
  const { run, keeper } = await leaveUnread({ commands: [bed.node('hang')] });
  forgetPid(run);
  await startNext('off');
  await until(() => run.lines.includes('1:hanging'), 'the program to start');
  signal(keeper, 'SIGCONT');
  await until(() => ['Z', undefined].includes(readProcess(keeper)?.state), 'the stopped keeper to be gone');
  await sleep(A_MOMENT_MS);
  expect(findRunProcesses(run.spec.runId, null)).toHaveLength(1);
  cancel(run);
  expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'canceled' });
  expect(run.lines.filter((line) => line === '1:hanging')).toHaveLength(1);
});

test('a run is not begun beside a keeper that may have it, and whose process is not found for certain', async () => {
  const { run, keeper } = await leaveUnread({ commands: [bed.node('hang')] });
  const other = spawn('/bin/sh', ['-c', 'sleep 60; true', 'sh', forgetPid(run)], { stdio: 'ignore', detached: true });
  try {
    await startNext('off');
    expect(await bed.controlPlane.ended(run)).toMatchObject({
      status: 'timed_out',
      reason: 'runner_lost',
      message: expect.stringContaining('could not be found'),
    });
    expect(run.lines.filter((line) => line.startsWith('1:'))).toEqual([]);
    expect([readProcess(keeper)?.state, other.exitCode]).toEqual(['T', null]);
  } finally {
    signal(-(other.pid ?? 0), 'SIGKILL');
  }
  await bed.runsAnother();
});

test('a run that was lost before its keeper read of it is never begun', async () => {
  const { run, keeper } = await leaveUnread({ commands: [bed.node('hang')] });
  run.isLost = true;
  await startNext('off');
  await until(() => readdirSync(bed.runsFolder).length === 0, 'the run to be given up');
  expect(['Z', undefined]).toContain(readProcess(keeper)?.state);
  expect(run.lines.filter((line) => line.startsWith('1:'))).toEqual([]);
});

/** The standby is stopped before a run is given to it, under a runner that goes on. */
async function giveToStopped(part: Part): Promise<{ run: KnownRun; keeper: number; fromMs: number }> {
  await bed.start();
  const { claim } = bed.controlPlane;
  let keeper = 0;
  bed.controlPlane.claim = async (claimId) => {
    if (keeper === 0) keeper = await stopStandby();
    return claim(claimId);
  };
  const run = bed.offer(part);
  await until(() => existsSync(join(bed.runsFolder, run.spec.runId, 'keeper.json')), 'the keeper to be given the run');
  return { run, keeper, fromMs: performance.now() };
}

test('a run that was given to a stopped keeper is soon given to another, and only to that', async () => {
  const { run, keeper, fromMs } = await giveToStopped({ commands: [bed.node('hang')] });
  await until(() => run.lines.includes('1:hanging'), 'the program to start');
  expect(performance.now() - fromMs).toBeLessThan(4_000);
  expect(['Z', undefined]).toContain(readProcess(keeper)?.state);
  expect(findRunProcesses(run.spec.runId, null)).toHaveLength(1);
  cancel(run);
  expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'canceled', reason: 'by_user' });
  expect(run.lines.filter((line) => line === '1:hanging')).toHaveLength(1);
});

test('a keeper that goes on within a moment keeps the run that it was given meanwhile', async () => {
  const { run, keeper } = await giveToStopped({ commands: [bed.node('hang')] });
  await sleep(400);
  signal(keeper, 'SIGCONT');
  await until(() => run.lines.includes('1:hanging'), 'the program to start');
  expect(readProcess(findRunProcesses(run.spec.runId, null)[0] ?? 0)?.parent).toBe(keeper);
  cancel(run);
  expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'canceled' });
});

test('a run that is canceled while a stopped keeper has it is never begun', async () => {
  const { run, keeper, fromMs } = await giveToStopped({ commands: [bed.node('hang')] });
  cancel(run);
  expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'canceled', reason: 'by_user' });
  expect(performance.now() - fromMs).toBeLessThan(4_000);
  expect(['Z', undefined]).toContain(readProcess(keeper)?.state);
  expect(run.lines.filter((line) => line.startsWith('1:'))).toEqual([]);
});

test('a run of an earlier version, whose keeper is known by its socket only, is ended without it', async () => {
  const { run, keeper } = await leaveToHungKeeper('auto', {
    commands: [bed.node('ignore-sigterm')],
    limits: { graceMs: 300 },
  });
  forgetPid(run);
  await startNext('auto');
  cancel(run);
  await gone(run);
  expect(await bed.controlPlane.ended(run)).toMatchObject({ status: 'canceled' });
  expect(['Z', undefined]).toContain(readProcess(keeper)?.state);
});
