import { execFileSync, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, realpathSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { FakeControlPlane, type KnownRun } from './testing/fake-control-plane.ts';
import { buildProgram, temporaryFolder } from './testing/programs.ts';
import { makeRepository, type TestRepository } from './testing/repositories.ts';
import { makeRunSpec } from './testing/run-specs.ts';
import { endedBy, startForkedRunner } from './testing/start-forked-runner.ts';

/** More than what is read of Git's answers into memory. */
const LARGE_BYTES = 70 * 1024 ** 2;

let keeperFile: string;
let runnerFile: string;
let folder: string;
let repository: TestRepository;
let controlPlane: FakeControlPlane;
let run: KnownRun;
const runners: ChildProcess[] = [];
const at = (path: string): string => join(repository.root, path);

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
  runnerFile = buildProgram('testing/forked-runner');
});
afterAll(() => {
  for (const file of [keeperFile, runnerFile]) rmSync(file, { force: true });
});
beforeEach(() => {
  folder = realpathSync(temporaryFolder());
});
afterEach(() => {
  for (const runner of runners.splice(0)) runner.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Two versions differ only at their very end. No zeros: Git would write holes, which a full disk can not even read. */
function writeLarge(path: string, last: string): void {
  const content = Buffer.alloc(LARGE_BYTES, 'x');
  content.write(last, LARGE_BYTES - 1);
  writeFileSync(at(path), content);
}

/** A merge of a change to these files waits for its runner. */
function review(change: () => void): void {
  repository = makeRepository(join(folder, 'repos/repo'), { 'a.txt': 'one\n' });
  for (const path of ['changed.bin', 'removed.bin']) writeLarge(path, 'a');
  const reviewedBaseCommit = repository.commit({});
  const branch = 'overmind/task/1';
  repository.git('checkout', '--quiet', '-b', branch);
  change();
  const mergeCommit = repository.commit({ 'a.txt': 'ONE\n' });
  repository.git('checkout', '--quiet', 'main');
  controlPlane = new FakeControlPlane();
  run = controlPlane.offer(makeRunSpec({ repoRoot: repository.root, kind: 'merge', commands: [], branch, mergeCommit, reviewedBaseCommit, baseBranch: 'main' }));
}

function start(isKilled = false): ChildProcess {
  const policy = { roots: [join(folder, 'repos')], executables: {}, limits: { minFreeBytes: 0 } };
  const runner = startForkedRunner(runnerFile, controlPlane, { folder: join(folder, 'runner'), policy, keeperFile, ...(isKilled ? { stopAt: { step: 'committed', signal: 'SIGKILL' } } : {}) });
  runners.push(runner);
  return runner;
}

/** The most memory that it ever had. */
function peakBytes(runner: ChildProcess): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${runner.pid}/status`, 'utf8'))?.[1]) * 1024;
}

function changeLarge(): void {
  writeLarge('changed.bin', 'b');
  repository.git('rm', '--quiet', 'removed.bin');
}

/** What the checkout is like when the next runner comes, and what is to become of it. */
const stories: Record<string, { meanwhile: () => void; status: string }> = {
  'none of which was written': { meanwhile: () => undefined, status: '' },
  'one of which was written in part': { meanwhile: () => truncateSync(at('changed.bin'), LARGE_BYTES - 1), status: '' },
  'one of which somebody has changed at its end': { meanwhile: () => writeLarge('changed.bin', 'c'), status: 'M changed.bin' },
  'one of which somebody has made longer': { meanwhile: () => writeFileSync(at('removed.bin'), 'more', { flag: 'a' }), status: '?? removed.bin' },
};

test.each(Object.keys(stories))('a merge of large files, %s, is finished after a crash within little memory', { timeout: 60_000 }, async (name) => {
  review(changeLarge);
  await endedBy(start(true));
  stories[name]?.meanwhile();
  const runner = start();
  expect(await controlPlane.ended(run)).toMatchObject({ status: 'completed', reason: 'ok' });
  expect(repository.git('status', '--porcelain')).toBe(stories[name]?.status);
  expect(existsSync(at('.git/index.lock'))).toBe(false);
  // Node itself has some 100 MB; two versions of a large file in memory would be 140 MB more.
  expect(peakBytes(runner)).toBeLessThan(200 * 1024 ** 2);
});

test('a pipe that somebody put where a file was is left alone, and holds nothing up', { timeout: 60_000 }, async () => {
  review(changeLarge);
  await endedBy(start(true));
  rmSync(at('a.txt'));
  execFileSync('mkfifo', [at('a.txt')]);
  start();
  expect(await controlPlane.ended(run)).toMatchObject({ status: 'completed', reason: 'ok' });
  expect(statSync(at('a.txt')).isFIFO()).toBe(true);
  expect(existsSync(at('.git/index.lock'))).toBe(false);
});
