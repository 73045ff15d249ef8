import { existsSync, readFileSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../testing/programs.ts';
import { makeRepository, type TestRepository } from '../testing/repositories.ts';
import { Git } from './git.ts';
import { landBranch } from './landing.ts';
import type { LandingOrder } from './landing-order.ts';
import { RunFailure } from './outcome.ts';

const git = new Git('/usr/bin/git', '/usr/bin:/bin');
let folder: string;
let repository: TestRepository;
let approved: string;
let reviewedBase: string;

beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  repository = makeRepository(join(folder, 'repo'), { 'a.txt': 'one\ntwo\nthree\n', 'b.txt': 'b\n' });
  repository.git('checkout', '--quiet', '-b', 'overmind/task/1');
  reviewedBase = repository.git('rev-parse', 'main');
  approved = repository.commit({ 'a.txt': 'ONE\ntwo\nthree\n', 'new.txt': 'new\n' });
  repository.git('checkout', '--quiet', 'main');
});
afterEach(() => rmSync(folder, { recursive: true }));

function order(part: Partial<LandingOrder> = {}): LandingOrder {
  return {
    runId: 'run-1',
    root: repository.root,
    baseBranch: 'main',
    branch: 'overmind/task/1',
    commit: approved,
    reviewedBaseCommit: reviewedBase,
    message: 'Merge task "Shout"\n\nTask: 1\n',
    author: { name: 'OvermindOps', email: 'x@example.org' },
    path: join(folder, 'aside'),
    recordFile: join(folder, 'merge.json'),
    allowed: {
      roots: [folder],
      runnerFolder: join(folder, 'runner'),
      allowOtherOwners: false,
      runnerName: 'here',
      filters: new Set(),
      otherFilters: [],
    },
    lastWord: async () => undefined,
    signal: new AbortController().signal,
    ...part,
  };
}
const read = (path: string): string => readFileSync(join(repository.root, path), 'utf8');
const failure = async (promise: Promise<unknown>): Promise<RunFailure> => {
  const error: unknown = await promise.then(
    () => null,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(RunFailure);
  return error as RunFailure;
};

test('a clean checkout of the base is taken along; the merge names its task and leaves no worktree', async () => {
  repository.write({ 'untracked.txt': 'mine\n' });
  const merged = await landBranch(git, order());
  expect(repository.git('log', '-1', '--format=%s|%P', 'main').split('|')).toEqual([
    'Merge task "Shout"',
    `${merged.git.baseCommit} ${approved}`,
  ]);
  expect(merged.git).toMatchObject({
    baseBranch: 'main',
    filesChanged: 2,
    additions: 2,
    deletions: 1,
    headCommit: repository.git('rev-parse', 'main'),
  });
  expect(repository.git('status', '--porcelain')).toBe('?? untracked.txt');
  expect(read('new.txt')).toBe('new\n');
  expect(repository.git('worktree', 'list').split('\n')).toHaveLength(1);
});

test('a checkout whose files were touched and not changed is clean', async () => {
  const longAgo = new Date(2001, 1, 1);
  utimesSync(join(repository.root, 'a.txt'), longAgo, longAgo);
  await landBranch(git, order());
  expect(read('a.txt')).toBe('ONE\ntwo\nthree\n');
  expect(repository.git('status', '--porcelain')).toBe('');
});

test('a merge made twice is made once', async () => {
  const first = await landBranch(git, order());
  const second = await landBranch(git, order());
  expect(second.git.headCommit).toBe(first.git.headCommit);
  expect(second.message).toContain('already');
});

test('a base that is not checked out moves alone', async () => {
  repository.git('checkout', '--quiet', '-b', 'elsewhere');
  repository.write({ 'a.txt': 'dirty, but not the base\n' });
  await landBranch(git, order());
  expect(repository.git('show', 'main:new.txt')).toBe('new');
  expect(read('a.txt')).toBe('dirty, but not the base\n');
});

test('a dirty checkout of the base refuses, and everything stays as it was', async () => {
  repository.write({ 'b.txt': 'mine\n' });
  const before = repository.git('rev-parse', 'main');
  const refused = await failure(landBranch(git, order()));
  expect(refused).toMatchObject({ reason: 'repo_dirty', paths: ['b.txt'] });
  expect(repository.git('rev-parse', 'main')).toBe(before);
  expect(read('b.txt')).toBe('mine\n');
});

test('an untracked file in the way refuses, and everything stays as it was', async () => {
  repository.write({ 'new.txt': 'mine\n' });
  const before = repository.git('rev-parse', 'main');
  expect((await failure(landBranch(git, order()))).reason).toBe('repo_dirty');
  expect(repository.git('rev-parse', 'main')).toBe(before);
  expect(read('new.txt')).toBe('mine\n');
  expect(repository.git('status', '--porcelain')).toBe('?? new.txt');
});

test('a conflict names its files and changes nothing', async () => {
  const before = repository.commit({ 'a.txt': 'uno\ntwo\nthree\n' });
  const conflict = await failure(landBranch(git, order()));
  expect(conflict).toMatchObject({ reason: 'merge_conflict', paths: ['a.txt'] });
  expect(repository.git('rev-parse', 'main')).toBe(before);
  expect(repository.git('status', '--porcelain')).toBe('');
  expect(existsSync(order().path)).toBe(false);
});

test('a base that moves while the merge is made is merged again', async () => {
  // Somebody commits in the instant before the base is moved: once, by a git that stands in front of the real one.
  const wrapper = join(folder, 'git');
  const commit = `cd "${repository.root}" && echo moved > b.txt && env -i PATH=/usr/bin:/bin git -c user.name=Ada -c user.email=ada@example.org commit -qam moved`;
  writeFileSync(
    wrapper,
    `#!/bin/sh\ncase "$*" in *update-ref*) if mkdir "${folder}/has-moved" 2>/dev/null; then (${commit}); fi;; esac\nexec /usr/bin/git "$@"\n`,
    { mode: 0o755 },
  );
  await landBranch(new Git(wrapper, '/usr/bin:/bin'), order());
  expect(existsSync(join(folder, 'has-moved'))).toBe(true);
  expect(read('b.txt')).toBe('moved\n');
  expect(read('new.txt')).toBe('new\n');
  expect(repository.git('status', '--porcelain')).toBe('');
});

test('two merges at once both arrive', async () => {
  repository.git('checkout', '--quiet', '-b', 'overmind/task/2');
  repository.commit({ 'second.txt': '2\n' });
  repository.git('checkout', '--quiet', 'main');
  const second = order({
    branch: 'overmind/task/2',
    commit: repository.git('rev-parse', 'overmind/task/2'),
    path: join(folder, 'aside-2'),
    reviewedBaseCommit: null,
    recordFile: join(folder, 'merge-2.json'),
  });
  await Promise.all([landBranch(git, order()), landBranch(git, second)]);
  expect([read('new.txt'), read('second.txt')]).toEqual(['new\n', '2\n']);
  expect(repository.git('status', '--porcelain')).toBe('');
});

test('a branch that is gone, and a folder that is no repository, have their own reasons', async () => {
  expect((await failure(landBranch(git, order({ commit: null, branch: 'gone' })))).reason).toBe('repo_missing');
  expect((await failure(landBranch(git, order({ root: folder })))).reason).toBe('repo_missing');
});
