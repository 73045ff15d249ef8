import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findRunProcesses } from './execution/processes.ts';
import { FakeControlPlane } from './testing/fake-control-plane.ts';
import { buildProgram, program, PROGRAMS_FOLDER, temporaryFolder, until } from './testing/programs.ts';
import { makeRepository } from './testing/repositories.ts';
import { makeRunSpec } from './testing/run-specs.ts';
import { startForkedRunner } from './testing/start-forked-runner.ts';

let keeperFile: string;
let runnerFile: string;

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
  runnerFile = buildProgram('testing/forked-runner');
});
afterAll(() => {
  for (const file of [keeperFile, runnerFile]) rmSync(file, { force: true });
});

const startRunner = (
  ...args: Parameters<typeof startForkedRunner> extends [string, ...infer Rest] ? Rest : never
): ChildProcess => startForkedRunner(runnerFile, ...args);

test('a runner that is killed again and again while the program prints loses, doubles and reorders no line', async () => {
  const folder = realpathSync(temporaryFolder());
  const repository = makeRepository(join(folder, 'repos', 'repo'));
  const controlPlane = new FakeControlPlane();
  const spec = makeRunSpec({
    repoRoot: repository.root,
    commands: [
      ['node', ...program('print-lines', '700', '2')],
      ['node', ...program('write-files', '{"a.txt":"a"}')],
    ],
  });
  const run = controlPlane.offer(spec);
  const options = {
    folder: join(folder, 'runner'),
    policy: {
      roots: [join(folder, 'repos')],
      executables: { node: { path: process.execPath } },
      sandbox: { readablePaths: [PROGRAMS_FOLDER] },
      limits: { minFreeBytes: 0 },
    },
    keeperFile,
  };
  let last: ChildProcess | null = null;
  try {
    // Fixed and spread out: from during the start to during the end.
    for (const lifeMs of [150, 210, 260, 170, 330, 190, 240, 450]) {
      const runner = startRunner(controlPlane, options);
      await sleep(lifeMs);
      const gone = new Promise((resolve) => runner.once('exit', resolve));
      runner.kill('SIGKILL');
      await gone;
    }
    last = startRunner(controlPlane, options);
    const result = await controlPlane.ended(run);
    expect(result).toMatchObject({ status: 'completed', reason: 'ok', git: { filesChanged: 1 } });
    expect(run.lines.filter((line) => line.startsWith('1:line'))).toEqual(
      Array.from({ length: 700 }, (_, n) => `1:line ${n}`),
    );
    expect(run.lines.filter((line) => line.startsWith('2:'))).toEqual(
      Array.from({ length: 70 }, (_, n) => `2:tenth ${n * 10}`),
    );
    expect(run.lines.filter((line) => line.startsWith('3:$ '))).toHaveLength(2);
    expect(findRunProcesses(spec.runId, null)).toEqual([]);
  } finally {
    last?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a runner that is killed before the answer to its claim is on disk is given the same run again, and starts it once', async () => {
  const folder = realpathSync(temporaryFolder());
  const repository = makeRepository(join(folder, 'repos', 'repo'));
  const controlPlane = new FakeControlPlane();
  const [run, other] = ['one', 'two'].map((name) =>
    controlPlane.offer(
      makeRunSpec({
        repoRoot: repository.root,
        commands: [['node', ...program('write-files', `{"${name}.txt":"x"}`)]],
      }),
    ),
  );
  if (!run || !other) throw new Error('no runs');
  const options = {
    folder: join(folder, 'runner'),
    policy: {
      roots: [join(folder, 'repos')],
      executables: { node: { path: process.execPath } },
      sandbox: { readablePaths: [PROGRAMS_FOLDER] },
      capacity: 1,
      limits: { minFreeBytes: 0 },
    },
    keeperFile,
  };
  const firstToken = run.spec.lease.token;
  let last: ChildProcess | null = null;
  try {
    for (let kill = 0; kill < 2; kill += 1) {
      await new Promise((resolve) => {
        startRunner(controlPlane, options, (method, value, runner) => {
          if (method !== 'claim' || value === null) return true;
          runner.once('exit', resolve);
          return !runner.kill('SIGKILL');
        });
      });
      expect(readdirSync(join(options.folder, 'runs'))).toEqual([]);
    }
    last = startRunner(controlPlane, options);
    expect(await controlPlane.ended(run)).toMatchObject({ status: 'completed', git: { filesChanged: 1 } });
    expect(await controlPlane.ended(other)).toMatchObject({ status: 'completed', git: { filesChanged: 1 } });
    expect(run.spec.lease.token).toBe(firstToken);
    expect(run.lines.filter((line) => line.startsWith('3:$ '))).toHaveLength(1);
  } finally {
    last?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a runner that stood still for longer than its lease asks before it takes results in: of a run that is lost nothing is', async () => {
  const folder = realpathSync(temporaryFolder());
  const repository = makeRepository(join(folder, 'repos', 'repo'));
  const controlPlane = new FakeControlPlane();
  const lease = { token: 't'.repeat(30), durationMs: 2_000 };
  const spec = makeRunSpec({
    repoRoot: repository.root,
    lease,
    commands: [
      ['node', ...program('write-files', '{"a.txt":"a"}')],
      ['node', ...program('hang')],
    ],
  });
  const run = controlPlane.offer(spec);
  const options = {
    folder: join(folder, 'runner'),
    policy: {
      roots: [join(folder, 'repos')],
      executables: { node: { path: process.execPath } },
      limits: { minFreeBytes: 0 },
      sandbox: { readablePaths: [PROGRAMS_FOLDER] },
    },
    keeperFile,
  };
  // The answers to its renewals are on the way for long, as after a night: what it does meanwhile is what counts.
  let isSlow = false;
  const renew = controlPlane.renew;
  controlPlane.renew = async (leases) => {
    if (isSlow) await sleep(1_000);
    return renew(leases);
  };
  const runner = startRunner(controlPlane, options);
  try {
    await until(() => run.lines.includes('1:hanging'), 'the program');
    runner.kill('SIGSTOP');
    // Its keeper, which was not stopped, ends the programs when the lease runs out.
    await until(() => findRunProcesses(spec.runId, null).length === 0, 'the programs to end');
    await sleep(lease.durationMs);
    run.isLost = true;
    isSlow = true;
    runner.kill('SIGCONT');
    await until(() => readdirSync(join(options.folder, 'runs')).length === 0, 'the run to be given up');
    expect([run.result, run.artifacts, repository.git('for-each-ref', `refs/heads/${spec.branch}`)]).toEqual([
      null,
      [],
      '',
    ]);
    // What it made is still there, and can be looked at.
    const [name = ''] = readdirSync(join(options.folder, 'work'));
    expect(readFileSync(join(options.folder, 'work', name, 'a.txt'), 'utf8')).toBe('a');
  } finally {
    runner.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a runner that stands still while a run ends hears afterwards how it ended', async () => {
  const folder = realpathSync(temporaryFolder());
  const repository = makeRepository(join(folder, 'repos', 'repo'));
  const controlPlane = new FakeControlPlane();
  const options = {
    folder: join(folder, 'runner'),
    policy: {
      roots: [join(folder, 'repos')],
      executables: { node: { path: process.execPath } },
      limits: { minFreeBytes: 0 },
      sandbox: { readablePaths: [PROGRAMS_FOLDER] },
    },
    keeperFile,
  };
  const runner = startRunner(controlPlane, options);
  try {
    const run = controlPlane.offer(
      makeRunSpec({ repoRoot: repository.root, commands: [['node', ...program('print-lines', '40', '10')]] }),
    );
    await until(() => run.lines.length > 3, 'the program');
    runner.kill('SIGSTOP');
    await until(() => findRunProcesses(run.spec.runId, null).length === 0, 'the program to end');
    // Its keeper waits no longer than that for somebody who does not listen.
    await sleep(1_500);
    runner.kill('SIGCONT');
    expect(await controlPlane.ended(run)).toMatchObject({ status: 'completed', exitCode: 0 });
    expect(run.lines.filter((line) => line.startsWith('1:'))).toHaveLength(40);
  } finally {
    runner.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
});
