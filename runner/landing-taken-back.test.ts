import type { ChildProcess } from 'node:child_process';
import { realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { FakeControlPlane, type KnownRun } from './testing/fake-control-plane.ts';
import { buildProgram, temporaryFolder, until } from './testing/programs.ts';
import { makeRepository, type TestRepository } from './testing/repositories.ts';
import { makeRunSpec } from './testing/run-specs.ts';
import { snapshot } from './testing/snapshot.ts';
import { endedBy, startForkedRunner } from './testing/start-forked-runner.ts';

let keeperFile: string;
let runnerFile: string;
let folder: string;
let repository: TestRepository;
let roots: string[];
let base: string;
let controlPlane: FakeControlPlane;
let run: KnownRun;
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
  repository = makeRepository(join(folder, 'repos/one'), { 'a.txt': 'one\n', 'gone/b.txt': 'b\n' });
  const reviewedBaseCommit = repository.git('rev-parse', 'main');
  const branch = 'overmind/task/1';
  repository.git('checkout', '--quiet', '-b', branch);
  repository.git('rm', '--quiet', 'gone/b.txt');
  const mergeCommit = repository.commit({ 'a.txt': 'ONE\n', 'new/c.txt': 'c\n' });
  repository.git('checkout', '--quiet', 'main');
  base = repository.commit({ 'd.txt': 'd\n' }, 'main goes on');
  repository.git('worktree', 'add', '--quiet', '--force', join(folder, 'repos/two'), 'main');
  roots = [repository.root, join(folder, 'repos/two')];
  for (const root of roots) writeFileSync(join(root, 'untracked.txt'), 'untracked\n');
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

function start(gitFile?: string): ChildProcess {
  const runner = startForkedRunner(runnerFile, controlPlane, {
    folder: join(folder, 'runner'),
    policy: { roots: [join(folder, 'repos')], executables: {}, limits: { minFreeBytes: 0 } },
    keeperFile,
    ...(gitFile === undefined ? {} : { gitFile }),
  });
  runners.push(runner);
  return runner;
}

/**
 * A Git that breaks off while it writes the files of the second checkout, so that the merge is taken back, and that
 * kills the runner at one of its calls in that.
 * @param kills a case of the shell's, with the words of the call in `$*`
 */
function gitThatKills(kills: string): string {
  const file = join(folder, 'git');
  const isTorn = `[ -e ${folder}/torn ]`;
  writeFileSync(
    file,
    `#!/bin/sh
case "$PWD $*" in
*dry-run*) ;;
*/two*"read-tree -m -u"*)
  touch ${folder}/torn; rm gone/b.txt; printf ON > a.txt
  echo "error: unable to write file a.txt: Input/output error" >&2; exit 128;;
esac
if ${isTorn}; then case "$PWD $*" in
${kills}
esac; fi
exec /usr/bin/git "$@"
`,
    { mode: 0o755 },
  );
  return file;
}

const KILLS: Record<string, string> = {
  'has taken the branch back': '*"take back"*) /usr/bin/git "$@"; kill -9 $PPID; exit 1;;',
  'is about to bring the index of the first back': '*/one*"read-tree -i -m"*) kill -9 $PPID; exit 1;;',
  'has brought that index back, and none of its files': '*/one*checkout-index*) kill -9 $PPID; exit 1;;',
};

async function killed(kills: string): Promise<void> {
  await endedBy(start(gitThatKills(kills)));
  expect(repository.git('rev-parse', 'main')).toBe(base);
}

/** In each checkout: what differs from the branch, but for what was there. */
const differing = (): string[] => roots.map((root) => repository.git('-C', root, 'status', '--porcelain'));
const locks = (): string[] =>
  Object.keys(snapshot(repository.root)).filter(
    (path) => /\.lock$|overmind/.test(path) && !path.startsWith('.git/logs') && !path.startsWith('.git/refs'),
  );

test.each(Object.keys(KILLS))('a runner that is killed when it %s merges once after its restart', async (name) => {
  await killed(KILLS[name] ?? '');
  start();
  expect(await controlPlane.ended(run)).toMatchObject({ status: 'completed', reason: 'ok' });
  expect(repository.git('log', '--merges', '--format=%s', 'main')).toBe('Merge SHOP-12 "A task"');
  expect(differing()).toEqual(['?? untracked.txt', '?? untracked.txt']);
  expect(locks()).toEqual([]);
});

test.each(Object.keys(KILLS))(
  'and when it %s and comes back without its lease, all checkouts are as they were',
  async (name) => {
    await killed(KILLS[name] ?? '');
    run.isLost = true;
    start();
    await until(() => run.reported !== null, 'the report', 20_000);
    expect(run.reported).toEqual({ isMerged: false, headCommit: null });
    expect(differing()).toEqual(['?? untracked.txt', '?? untracked.txt']);
    expect(locks()).toEqual([]);
  },
);

test('what somebody has written meanwhile stays, and is told of', async () => {
  await killed(KILLS['has taken the branch back'] ?? '');
  writeFileSync(join(roots[0] ?? '', 'a.txt'), 'mine');
  run.isLost = true;
  start();
  await until(() => run.reported !== null, 'the report', 20_000);
  expect(run.reported).toEqual({
    isMerged: false,
    headCommit: null,
    note: `In ${roots[0]} somebody has changed files meanwhile, which stay as they are: a.txt.`,
  });
  expect(differing()).toEqual([' M a.txt\n?? untracked.txt'.trim(), '?? untracked.txt']);
  expect(locks()).toEqual([]);
});

test('a branch that somebody has moved back after a crash finds the checkouts that had followed it where it is', async () => {
  await endedBy(start(gitThatKills('*"take back"*) kill -9 $PPID; exit 1;;')));
  expect(repository.git('rev-parse', 'main')).not.toBe(base);
  repository.git('update-ref', 'refs/heads/main', base);
  run.isLost = true;
  start();
  await until(() => run.reported !== null, 'the report', 20_000);
  expect(run.reported).toEqual({ isMerged: false, headCommit: null });
  expect(differing()).toEqual(['?? untracked.txt', '?? untracked.txt']);
  expect(locks()).toEqual([]);
});
