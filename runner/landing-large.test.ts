import { execFileSync, spawnSync, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { FakeControlPlane, type KnownRun } from './testing/fake-control-plane.ts';
import { buildProgram, temporaryFolder, until } from './testing/programs.ts';
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
const mounts: string[] = [];
const at = (path: string): string => join(repository.root, path);

/** Mounting is root's, and not everywhere even root's. */
const canMount =
  process.getuid?.() === 0 &&
  spawnSync('sh', [
    '-c',
    'd=$(mktemp -d) && mount -t tmpfs -o size=64k none "$d" && umount "$d"; e=$?; rmdir "$d"; exit $e',
  ]).status === 0;

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
  for (const mount of mounts.splice(0)) execFileSync('umount', ['--lazy', mount]);
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
}

function start(isKilled = false): ChildProcess {
  const policy = { roots: [join(folder, 'repos')], executables: {}, limits: { minFreeBytes: 0 } };
  const runner = startForkedRunner(runnerFile, controlPlane, {
    folder: join(folder, 'runner'),
    policy,
    keeperFile,
    ...(isKilled ? { stopAt: { step: 'committed', signal: 'SIGKILL' } } : {}),
  });
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
  'one of which somebody has changed at its end': {
    meanwhile: () => writeLarge('changed.bin', 'c'),
    status: 'M changed.bin',
  },
  'one of which somebody has made longer': {
    meanwhile: () => writeFileSync(at('removed.bin'), 'more', { flag: 'a' }),
    status: '?? removed.bin',
  },
};

test.each(Object.keys(stories))(
  'a merge of large files, %s, is finished after a crash within little memory',
  { timeout: 60_000 },
  async (name) => {
    review(changeLarge);
    await endedBy(start(true));
    stories[name]?.meanwhile();
    const runner = start();
    expect(await controlPlane.ended(run)).toMatchObject({ status: 'completed', reason: 'ok' });
    expect(repository.git('status', '--porcelain')).toBe(stories[name]?.status);
    expect(existsSync(at('.git/index.lock'))).toBe(false);
    // Node itself has some 100 MB; two versions of a large file in memory would be 140 MB more.
    expect(peakBytes(runner)).toBeLessThan(200 * 1024 ** 2);
  },
);

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

for (const isLost of [false, true]) {
  test.runIf(canMount)(
    `a disk that is full when a merge is to be finished${isLost ? ' by a runner that lost the run' : ': what to do is said'}, and the index is let go`,
    { timeout: 60_000 },
    async () => {
      mkdirSync(join(folder, 'repos'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=260m', 'none', join(folder, 'repos')]);
      mounts.push(join(folder, 'repos'));
      review(() => writeLarge('added.bin', 'n'));
      await endedBy(start(true));
      spawnSync('sh', ['-c', `cat /dev/zero > ${folder}/repos/filler`]);
      // Where the run is not lost there is room for the index, though not for the file.
      if (!isLost) truncateSync(join(folder, 'repos/filler'), statSync(join(folder, 'repos/filler')).size - 1024 ** 2);
      run.isLost = isLost;
      start();
      if (isLost) {
        await until(() => run.reported !== null, 'the report');
        expect(run.reported).toEqual({
          isMerged: true,
          headCommit: repository.git('rev-parse', 'main'),
          note: expect.stringContaining('run `git reset --hard` there') as string,
        });
      } else {
        const { status, message } = await controlPlane.ended(run);
        expect(status).toBe('completed');
        expect(message).toContain('was merged already into main. ');
        expect(message).toContain(
          `unable to write file added.bin. Its files could not be brought to where main is. Mend that, put aside what you have changed in ${repository.root} yourself, and run \`git reset --hard\` there; before that, commit nothing there.`,
        );
      }
      expect(existsSync(at('.git/index.lock'))).toBe(false);
      rmSync(join(folder, 'repos/filler'));
      // The index has followed all the same: a commit would not take the merge back.
      if (!isLost) expect(repository.git('diff', '--cached', '--name-only')).toBe('');
      repository.git('reset', '--hard');
      expect(repository.git('status', '--porcelain')).toBe('');
    },
  );
}
