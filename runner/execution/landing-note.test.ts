import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { MAX_LANDING_NOTE_CHARS } from '#contract/limits.ts';
import { LeaseLostError, RefusedError } from '../control-plane/control-plane.ts';
import type { Runner } from '../runner.ts';
import { FakeControlPlane, type KnownRun } from '../testing/fake-control-plane.ts';
import { LandingScene } from '../testing/landings.ts';
import { buildProgram, temporaryFolder, until } from '../testing/programs.ts';
import { makeRunSpec } from '../testing/run-specs.ts';
import { endedBy, startForkedRunner } from '../testing/start-forked-runner.ts';
import { startRunner, type TestRunnerOptions } from '../testing/start-runner.ts';
import type { LandingStep } from './landing-order.ts';
import { fixedPolicies } from './policies.ts';
import { RunnerPolicy } from './policy.ts';

let keeperFile: string;
let runnerFile: string;
let folder: string;
let scene: LandingScene;
let controlPlane: FakeControlPlane;
let run: KnownRun;
const runners: Runner[] = [];
const at = (path: string): string => join(scene.repository.root, path);
const policy = (): object => ({ roots: [folder], executables: {}, limits: { minFreeBytes: 0 } });
const CHANGED = 'somebody has changed files meanwhile, which stay as they are: new.txt.';
const BEHIND = 'run `git reset --hard` there; before that, commit nothing there.';
const told = (): Promise<void> => until(() => run.reported !== null, 'the report', 20_000);

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
  runnerFile = buildProgram('testing/forked-runner');
});
afterAll(() => {
  for (const file of [keeperFile, runnerFile]) rmSync(file, { force: true });
});
beforeEach(() => {
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
});
afterEach(async () => {
  for (const runner of runners.splice(0)) await runner.stop();
  rmSync(folder, { recursive: true });
});

function start(
  onLandingStep: (step: LandingStep) => void = () => undefined,
  options: Partial<TestRunnerOptions> = {},
): Runner {
  const { runner } = startRunner({
    folder: join(folder, 'runner'),
    policies: fixedPolicies(RunnerPolicy.parse(policy())),
    controlPlane,
    keeperFile,
    onLandingStep,
    ...options,
  });
  runners.push(runner);
  return runner;
}

/** A Git that breaks off in the middle of writing files, and from then on can not tell what is in them. */
function tornGit(): string {
  const file = join(folder, 'git');
  const torn = `touch ${folder}/torn; printf ne > ${at('new.txt')}; echo "error: unable to write file new.txt: Input/output error" >&2; exit 128`;
  const blind = `if [ -e ${folder}/torn ]; then echo "fatal: Input/output error" >&2; exit 128; fi`;
  writeFileSync(
    file,
    `#!/bin/sh\ncase "$*" in *dry-run*) ;; *"read-tree -m -u"*) ${torn};; *update-index*) ${blind};; esac\nexec /usr/bin/git "$@"\n`,
    { mode: 0o755 },
  );
  return file;
}

/** A runner is killed when the branch has moved; then somebody writes one of the files that are to follow. */
async function killed(): Promise<void> {
  const runner = startForkedRunner(runnerFile, controlPlane, {
    folder: join(folder, 'runner'),
    policy: policy(),
    keeperFile,
    stopAt: { step: 'committed', signal: 'SIGKILL' },
  });
  await endedBy(runner);
  writeFileSync(at('new.txt'), 'mine');
}

/** The files can not follow the branch, and the branch can not be taken back. */
function hold(): void {
  writeFileSync(at('new.txt'), 'mine');
  writeFileSync(at('.git/refs/heads/main.lock'), '');
}
function letGo(): void {
  rmSync(at('new.txt'));
  rmSync(at('.git/refs/heads/main.lock'));
}

/** A runner that ends between the checkouts and the end of its run. */
async function leftBehind(): Promise<void> {
  let hasEnded = false;
  const runner = start((step) => {
    if (step === 'committed') hold();
    if (step !== 'checkout_updated') return;
    void runner.stop().then(() => (hasEnded = true));
    throw new Error('ended');
  });
  await until(() => hasEnded, 'the runner to end', 20_000);
  expect([run.result, run.reported, scene.isMerged]).toEqual([null, null, true]);
  letGo();
}

test('what is to be told of a checkout comes with how the merge went, when the lease is lost', async () => {
  await killed();
  run.isLost = true;
  start();
  await told();
  expect(run.reported).toEqual({
    isMerged: true,
    headCommit: scene.repository.git('rev-parse', 'main'),
    note: `In ${scene.repository.root} ${CHANGED}`,
  });
});

test('nothing is told where everything is as it should be', async () => {
  await killed();
  rmSync(at('new.txt'));
  run.isLost = true;
  start();
  await told();
  expect(run.reported).toEqual({ isMerged: true, headCommit: scene.repository.git('rev-parse', 'main') });
});

test('no secret leaves the machine with it', async () => {
  await killed();
  run.isLost = true;
  start(undefined, { ownSecrets: [scene.repository.root] });
  await told();
  expect(run.reported?.note).toContain(CHANGED);
  expect(run.reported?.note).not.toContain(scene.repository.root);
});

test('one that is too long is cut, and whole in the log of the run', async () => {
  await killed();
  const recordFile = join(folder, 'runner/runs', run.spec.runId, 'merge.json');
  // Let go, and a runner that told nothing of it yet.
  rmSync(at('.git/index.lock'));
  const record = JSON.parse(readFileSync(recordFile, 'utf8')) as object;
  const long = `Told of ${'many checkouts, '.repeat(MAX_LANDING_NOTE_CHARS / 10)}and of the last.`;
  writeFileSync(recordFile, JSON.stringify({ ...record, note: ` ${long}` }));
  run.isLost = true;
  start();
  await told();
  expect(run.reported?.note).toHaveLength(MAX_LANDING_NOTE_CHARS);
  expect(run.reported?.note).toMatch(/^Told of many checkouts, .* …$/);
  await until(() => run.lines.some((line) => line.includes('and of the last.')), 'the rest in the log');
});

test.each([
  ['never was its own', () => new LeaseLostError('')],
  ['is told what it does not take', () => new RefusedError('BAD_USER_INPUT', 'note: too long')],
])('a control plane to which the run %s: the log of the run says it', async (_name, error) => {
  await killed();
  run.isLost = true;
  controlPlane.reportLanding = () => Promise.reject(error());
  start();
  await until(() => run.lines.some((line) => line.includes(CHANGED)), 'the note in the log', 20_000);
  expect(run.lines.filter((line) => line.includes(CHANGED))).toHaveLength(1);
  expect(run.lines.at(-1)).toContain('the lease of this run is lost');
});

test('a runner that ends after a checkout was left behind: the next one says it with the end of the run', async () => {
  await leftBehind();
  start();
  const { status, message } = await controlPlane.ended(run);
  expect(status).toBe('completed');
  expect(message).toContain('was merged already into main.');
  expect(message).toContain(BEHIND);
});

test('and when the lease is lost by then, it says it with how the merge went', async () => {
  await leftBehind();
  run.isLost = true;
  start();
  await told();
  expect(run.reported).toMatchObject({ isMerged: true, note: expect.stringContaining(BEHIND) as string });
});

test('what a runner that was killed before it let the checkout go has written down is no longer told when the files can follow', async () => {
  await killed();
  rmSync(at('new.txt'));
  const recordFile = join(folder, 'runner/runs', run.spec.runId, 'merge.json');
  const record = JSON.parse(readFileSync(recordFile, 'utf8')) as object;
  writeFileSync(recordFile, JSON.stringify({ ...record, note: ` ${BEHIND}` }));
  start();
  expect((await controlPlane.ended(run)).message).toBe('overmind/task/1 was merged already into main');
  expect(scene.repository.git('status', '--porcelain')).toBe('');
});

test('a lease that is lost right after a checkout was left behind', async () => {
  start((step) => {
    if (step === 'committed') hold();
    if (step !== 'checkout_updated') return;
    letGo();
    run.isLost = true;
    throw new LeaseLostError(run.spec.runId);
  });
  await told();
  expect(run.reported).toMatchObject({ isMerged: true, note: expect.stringContaining(BEHIND) as string });
});

test('files that can not be brought back with the branch are told of once', async () => {
  start(undefined, { gitFile: tornGit() });
  const { status, message } = await controlPlane.ended(run);
  expect([status, scene.isMerged]).toEqual(['failed', false]);
  expect(message.split(BEHIND)).toHaveLength(2);
});

test('and when the lease is lost before that is told, they are told of with how the merge went', async () => {
  controlPlane.complete = ({ runId }) => {
    run.isLost = true;
    return Promise.reject(new LeaseLostError(runId));
  };
  start(undefined, { gitFile: tornGit() });
  await told();
  expect(run.reported).toEqual({
    isMerged: false,
    headCommit: null,
    note: expect.stringContaining(BEHIND) as string,
  });
});
