import type { ChildProcess } from 'node:child_process';
import { realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { MAX_GRANT_AGE_MS } from './execution/grant-age.ts';
import { LANDING_STEPS, type LandingStep } from './execution/landing-order.ts';
import { FakeControlPlane, type KnownRun } from './testing/fake-control-plane.ts';
import { buildProgram, temporaryFolder, until } from './testing/programs.ts';
import { makeRepository, type TestRepository } from './testing/repositories.ts';
import { makeRunSpec } from './testing/run-specs.ts';
import { snapshot } from './testing/snapshot.ts';
import { endedBy, isStopped, startForkedRunner } from './testing/start-forked-runner.ts';

let keeperFile: string;
let runnerFile: string;
let folder: string;
let repository: TestRepository;
let controlPlane: FakeControlPlane;
let run: KnownRun;
let before: Record<string, string>;
const runners: ChildProcess[] = [];

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
  runnerFile = buildProgram('testing/forked-runner');
});
afterAll(() => {
  for (const file of [keeperFile, runnerFile]) rmSync(file, { force: true });
});
beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  repository = makeRepository(join(folder, 'repos', 'repo'), {
    'a.txt': 'one\n',
    'gone/b.txt': 'b\n',
    '.gitignore': '*.local\n',
  });
  const reviewedBaseCommit = repository.git('rev-parse', 'main');
  const branch = 'overmind/task/1';
  repository.git('checkout', '--quiet', '-b', branch);
  repository.git('rm', '--quiet', 'gone/b.txt');
  const mergeCommit = repository.commit({ 'a.txt': 'ONE\n', 'new/c.txt': 'c\n' });
  repository.git('checkout', '--quiet', 'main');
  repository.commit({ 'd.txt': 'd\n' }, 'main goes on');
  repository.write({ 'my.local': 'ignored\n', 'untracked.txt': 'untracked\n' });
  repository.git('status');
  before = snapshot(repository.root);
  controlPlane = new FakeControlPlane();
  run = controlPlane.offer(
    makeRunSpec({
      repoRoot: repository.root,
      kind: 'merge',
      commands: [],
      branch,
      mergeCommit,
      reviewedBaseCommit,
      baseBranch: 'main',
    }),
  );
});
afterEach(() => {
  for (const runner of runners.splice(0)) runner.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

function start(stopAt?: { step: LandingStep; signal: 'SIGKILL' | 'SIGSTOP' }): ChildProcess {
  const policy = { roots: [join(folder, 'repos')], executables: {}, limits: { minFreeBytes: 0 } };
  const runner = startForkedRunner(runnerFile, controlPlane, {
    folder: join(folder, 'runner'),
    policy,
    keeperFile,
    ...(stopAt ? { stopAt } : {}),
  });
  runners.push(runner);
  return runner;
}

const isBeforeTheWord = (step: LandingStep): boolean => LANDING_STEPS.indexOf(step) < LANDING_STEPS.indexOf('granted');
const isBeforeTheMove = (step: LandingStep): boolean =>
  LANDING_STEPS.indexOf(step) < LANDING_STEPS.indexOf('committed');

/** Nothing of the user's differs, and no lock is left. A Git that was told to end takes a moment. */
async function expectUntouched(): Promise<void> {
  await until(
    () =>
      repository.git('for-each-ref') !== '' &&
      Object.keys(snapshot(repository.root)).every((path) => !path.endsWith('.lock')),
    'the locks to be gone',
  );
  expect(snapshot(repository.root)).toEqual(before);
}

function expectMergedOnce(): void {
  expect(repository.git('log', '--merges', '--format=%s', 'main')).toBe('Merge SHOP-12 "A task"');
  expect(repository.git('status', '--porcelain')).toBe('?? untracked.txt');
  expect(
    Object.keys(snapshot(repository.root)).filter(
      (path) => /\.lock$|overmind/.test(path) && !path.startsWith('.git/logs'),
    ),
  ).toEqual([]);
  expect(repository.git('ls-files')).toBe('.gitignore\na.txt\nd.txt\nnew/c.txt');
  expect(snapshot(repository.root)).toMatchObject({
    'my.local': before['my.local'],
    'untracked.txt': before['untracked.txt'],
  });
}

test.each(LANDING_STEPS)(
  'a runner that is killed when it has %s goes on after its restart: one merge, a clean checkout',
  async (step) => {
    await endedBy(start({ step, signal: 'SIGKILL' }));
    if (isBeforeTheWord(step)) await expectUntouched();
    start();
    expect(await controlPlane.ended(run)).toMatchObject({
      status: 'completed',
      reason: 'ok',
      git: { headCommit: repository.git('rev-parse', 'main') },
    });
    expect(run.landing?.mergeCommit).toBe(repository.git('rev-parse', 'main'));
    expectMergedOnce();
  },
);

test.each(LANDING_STEPS)(
  'a runner that is killed when it has %s and comes back without its lease moves nothing more, and says how it went',
  async (step) => {
    await endedBy(start({ step, signal: 'SIGKILL' }));
    run.isLost = true;
    start();
    await until(() => run.reported !== null, 'the report');
    if (isBeforeTheMove(step)) await expectUntouched();
    else expectMergedOnce();
    expect(run.reported).toEqual(
      isBeforeTheMove(step)
        ? { isMerged: false, headCommit: null }
        : { isMerged: true, headCommit: repository.git('rev-parse', 'main') },
    );
    expect(run.result).toBeNull();
  },
);

test.each(LANDING_STEPS)(
  'a runner that stands still when it has %s until its lease is lost moves nothing more, and says how it went',
  async (step) => {
    const runner = start({ step, signal: 'SIGSTOP' });
    await until(() => isStopped(runner), 'the runner to stand still');
    run.isLost = true;
    // A lease begins anew with the last word, so it can not be lost before the word is too old.
    if (step === 'granted' || step === 'recorded') await sleep(MAX_GRANT_AGE_MS + 100);
    runner.kill('SIGCONT');
    await until(() => run.reported !== null, 'the report');
    if (isBeforeTheMove(step)) await expectUntouched();
    else expectMergedOnce();
    expect(run.reported?.isMerged).toBe(!isBeforeTheMove(step));
    expect(run.result).toBeNull();
  },
);
