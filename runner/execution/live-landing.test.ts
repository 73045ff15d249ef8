import { existsSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Runner } from '../runner.ts';
import { FakeControlPlane, type KnownRun } from '../testing/fake-control-plane.ts';
import { LandingScene } from '../testing/landings.ts';
import { buildProgram, temporaryFolder, until } from '../testing/programs.ts';
import { makeRunSpec } from '../testing/run-specs.ts';
import { endedBy, startForkedRunner } from '../testing/start-forked-runner.ts';
import { startRunner } from '../testing/start-runner.ts';
import { fixedPolicies } from './policies.ts';
import { RunnerPolicy } from './policy.ts';

let keeperFile: string;
let runnerFile: string;
let folder: string;
let scene: LandingScene;
let controlPlane: FakeControlPlane;
let run: KnownRun;
const runners: Runner[] = [];
const isLocked = (): boolean => existsSync(join(scene.repository.root, '.git/index.lock'));
const policy = (): object => ({ roots: [folder], executables: {}, limits: { minFreeBytes: 0 } });
const advice = (): string =>
  `Whether ${scene.repository.root} has followed main is not known. Look at \`git status\` there`;

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
  runnerFile = buildProgram('testing/forked-runner');
});
afterAll(() => {
  for (const file of [keeperFile, runnerFile]) rmSync(file, { force: true });
});
beforeEach(async () => {
  folder = realpathSync(temporaryFolder());
  scene = new LandingScene(folder);
  scene.review({ 'a.txt': 'ONE\n', 'new.txt': 'new\n' });
  controlPlane = new FakeControlPlane();
  run = controlPlane.offer(
    makeRunSpec({
      repoRoot: scene.repository.root,
      kind: 'merge',
      commands: [],
      branch: scene.branch,
      mergeCommit: scene.approved,
      reviewedBaseCommit: scene.reviewedBase,
      baseBranch: 'main',
    }),
  );
  await endedBy(
    startForkedRunner(runnerFile, controlPlane, {
      folder: join(folder, 'runner'),
      policy: policy(),
      keeperFile,
      stopAt: { step: 'committed', signal: 'SIGKILL' },
    }),
  );
  expect([scene.isMerged, isLocked()]).toEqual([true, true]);
});
afterEach(async () => {
  for (const runner of runners.splice(0)) await runner.stop();
  rmSync(folder, { recursive: true });
});

/**
 * The next runner.
 * @param broken what its Git can not be asked, as a pattern of a shell's `case "$*"`
 * @param answerPatienceMs shorter than a user's runner has; Git is asked several times in it
 */
function start(broken = 'nothing', answerPatienceMs = 1_000): Runner {
  const gitFile = join(folder, 'git');
  writeFileSync(
    gitFile,
    `#!/bin/sh\ncase "$*" in ${broken}) touch ${folder}/asked; echo "fatal: cannot fork" >&2; exit 128;; esac\nexec /usr/bin/git "$@"\n`,
    { mode: 0o755 },
  );
  const { runner } = startRunner({
    folder: join(folder, 'runner'),
    policies: fixedPolicies(RunnerPolicy.parse(policy())),
    controlPlane,
    keeperFile,
    gitFile,
    answerPatienceMs,
  });
  runners.push(runner);
  return runner;
}

test.each([
  ['can not be asked where the branch is', '*is-ancestor*'],
  ['can not be asked for its settings', '*config*'],
])(
  'a run whose Git %s after a crash ends with what to do, and lets the index go',
  { timeout: 40_000 },
  async (_name, broken) => {
    start(broken);
    const { status, message } = await controlPlane.ended(run);
    expect(status).toBe('failed');
    expect(message).toContain(advice());
    expect(isLocked()).toBe(false);
  },
);

test('when its lease is lost as well, the log of the run says it', { timeout: 40_000 }, async () => {
  run.isLost = true;
  start('*is-ancestor*');
  await until(() => run.lines.some((line) => line.includes(advice())), 'the advice', 30_000);
  expect(isLocked()).toBe(false);
  expect(run.reported).toBeNull();
});

test('what could not be brought along is told with how the merge went, when the lease is lost', async () => {
  scene.repository.write({ 'new.txt': 'mine\n' });
  run.isLost = true;
  start();
  await until(() => run.reported !== null, 'the report');
  expect(run.reported).toEqual({
    isMerged: true,
    headCommit: scene.repository.git('rev-parse', 'main'),
    note: `In ${scene.repository.root} somebody has changed files meanwhile, which stay as they are: new.txt.`,
  });
});

test(
  'a runner that is stopped while it looks leaves the index locked, and the next one finishes it',
  { timeout: 40_000 },
  async () => {
    const runner = start('*is-ancestor*', 4_000);
    await until(() => existsSync(join(folder, 'asked')), 'Git to be asked');
    await runner.stop();
    expect(isLocked()).toBe(true);
    start();
    expect(await controlPlane.ended(run)).toMatchObject({
      status: 'completed',
      message: 'overmind/task/1 was merged already into main',
    });
    expect([isLocked(), scene.repository.git('status', '--porcelain')]).toEqual([false, '']);
  },
);
