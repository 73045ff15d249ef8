import { realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LeaseLostError, RefusedError, TransientError } from '../control-plane/control-plane.ts';
import { LandingScene } from '../testing/landings.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { snapshot } from '../testing/snapshot.ts';
import { Git } from './git.ts';
import type { LandingCommits } from './landing-order.ts';

let folder: string;
let scene: LandingScene;
const git = (...args: string[]): string => scene.repository.git(...args);
beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  scene = new LandingScene(folder, { 'a.txt': 'a\n' });
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the merge commit is exactly the base as it is and the commit that was reviewed', async () => {
  scene.review({ 'new.txt': 'new\n' });
  const moved = scene.repository.commit({ 'b.txt': 'b\n' });
  const words: LandingCommits[] = [];
  const landed = await scene.land({ lastWord: async (commits) => void words.push(commits) });
  expect(git('log', '-1', '--format=%P', 'main')).toBe(`${moved} ${scene.approved}`);
  expect(words).toEqual([{ baseCommit: moved, mergeCommit: git('rev-parse', 'main') }]);
  expect(landed.git).toMatchObject({ baseCommit: moved, headCommit: git('rev-parse', 'main'), branch: scene.branch });
});

test('a commit that was dropped from the base since the review does not come back: it is said, and what to do', async () => {
  scene.repository.commit({ 'two.txt': 'two\n' }, 'two');
  scene.review({ 'new.txt': 'new\n' });
  git('reset', '--quiet', '--hard', 'HEAD~1');
  const refused = await scene.refused();
  expect(refused.reason).toBe('review_outdated');
  expect(refused.message).toMatch(
    /What was reviewed is not what would be merged.*dropped from main.*Send the task back/,
  );
});

test('a base whose history was replaced: the same', async () => {
  scene.review({ 'new.txt': 'new\n' });
  git('checkout', '--quiet', '--orphan', 'fresh');
  scene.repository.commit({ 'a.txt': 'fresh\n' });
  git('branch', '--force', 'main', 'fresh');
  git('checkout', '--quiet', 'main');
  expect(await scene.refused()).toMatchObject({
    reason: 'review_outdated',
    message: expect.stringContaining('no history in common') as string,
  });
});

test('a branch that was merged by hand in part is another diff than the one that was reviewed', async () => {
  scene.review(() => {
    scene.repository.commit({ 'first.txt': '1\n' });
    scene.repository.write({ 'second.txt': '2\n' });
  });
  git('merge', '--quiet', '--no-ff', '-m', 'by hand', `${scene.branch}~1`);
  expect((await scene.refused()).reason).toBe('review_outdated');
});

test('a commit that somebody put on the branch after the review is not merged, and the branch stays with it', async () => {
  scene.review({ 'new.txt': 'new\n' });
  git('checkout', '--quiet', scene.branch);
  const later = scene.repository.commit({ 'later.txt': 'later\n' });
  git('checkout', '--quiet', 'main');
  const landed = await scene.land();
  expect(landed.message).toContain(
    `has moved since the review, to ${later.slice(0, 10)}: only ${scene.approved.slice(0, 10)}, which was approved, was merged`,
  );
  expect(git('ls-tree', '--name-only', 'main')).toBe('a.txt\nnew.txt');
  expect(git('rev-parse', scene.branch)).toBe(later);
});

test('merged result branches of the task are removed; one with other work, one in use and those of others stay', async () => {
  scene.review({ 'one.txt': '1\n' });
  git('branch', 'overmind/other/1', scene.branch);
  git('branch', 'overmind-of-mine', scene.branch);
  git('checkout', '--quiet', '-b', 'overmind/task/2', scene.branch);
  scene.approved = scene.repository.commit({ 'two.txt': '2\n' });
  git('checkout', '--quiet', '-b', 'overmind/task/3', 'main');
  scene.repository.commit({ 'failed.txt': '3\n' });
  git('branch', 'overmind/task/4', 'overmind/task/2');
  git('worktree', 'add', '--quiet', join(folder, 'looking'), 'overmind/task/4');
  git('checkout', '--quiet', 'main');
  await scene.land({ branch: 'overmind/task/2' });
  expect(git('for-each-ref', '--format=%(refname:short)', 'refs/heads').split('\n')).toEqual([
    'main',
    'overmind-of-mine',
    'overmind/other/1',
    'overmind/task/3',
    'overmind/task/4',
  ]);
});

test('a base that stands for another branch moves that one', async () => {
  scene.review({ 'new.txt': 'new\n' });
  git('branch', '-m', 'main', 'trunk');
  git('symbolic-ref', 'refs/heads/main', 'refs/heads/trunk');
  await scene.land();
  expect([git('ls-tree', '--name-only', 'trunk'), git('status', '--porcelain')]).toEqual(['a.txt\nnew.txt', '']);
});

test('a shallow repository', async () => {
  scene.repository.commit({ 'b.txt': 'b\n' });
  const shallow = join(folder, 'shallow');
  git('clone', '--quiet', '--depth', '1', `file://${scene.repository.root}`, shallow);
  git('-C', shallow, 'checkout', '--quiet', '-b', scene.branch);
  writeFileSync(join(shallow, 'new.txt'), 'new\n');
  git('-C', shallow, 'add', '.');
  git('-C', shallow, 'commit', '--quiet', '-m', 'work');
  git('-C', shallow, 'checkout', '--quiet', 'main');
  const [commit, reviewedBaseCommit] = [scene.branch, 'main'].map((name) => git('-C', shallow, 'rev-parse', name));
  await scene.land({ root: shallow, commit: commit ?? null, reviewedBaseCommit: reviewedBaseCommit ?? null });
  expect(git('-C', shallow, 'ls-files')).toBe('a.txt\nb.txt\nnew.txt');
});

test('a repository whose hashes are SHA-256', async () => {
  const root = join(folder, 'sha256');
  git('init', '--quiet', '--object-format=sha256', '--initial-branch=main', root);
  const there = (...args: string[]): string => git('-C', root, ...args);
  for (const [name, branch] of [
    ['a.txt', 'main'],
    ['new.txt', scene.branch],
  ] as const) {
    if (branch !== 'main') there('checkout', '--quiet', '-b', branch);
    writeFileSync(join(root, name), name);
    there('add', '.');
    there('commit', '--quiet', '-m', name);
  }
  there('checkout', '--quiet', 'main');
  const landed = await scene.land({
    root,
    commit: there('rev-parse', scene.branch),
    reviewedBaseCommit: there('rev-parse', 'main'),
  });
  expect(landed.git.headCommit).toHaveLength(64);
  expect(there('ls-files')).toBe('a.txt\nnew.txt');
});

test.each([
  ['the lease is lost', new LeaseLostError('run-1')],
  ['it is canceled', new RefusedError('CONFLICT', 'This merge is canceled.')],
])('no last word, because %s: everything is as it was', async (_why, refusal) => {
  scene.review({ 'new.txt': 'new\n' });
  const before = snapshot(scene.repository.root);
  await expect(scene.land({ lastWord: () => Promise.reject(refusal) })).rejects.toBe(refusal);
  expect(snapshot(scene.repository.root)).toEqual(before);
});

test('while the control plane is away the branch is free; what comes onto it meanwhile is merged as well', async () => {
  scene.review({ 'new.txt': 'new\n' });
  let words = 0;
  const lastWord = async (): Promise<void> => {
    words += 1;
    if (words > 1) return;
    setTimeout(() => scene.repository.commit({ 'meanwhile.txt': 'm\n' }), 300);
    throw new TransientError('away');
  };
  await scene.land({ lastWord });
  expect(words).toBe(2);
  expect(git('ls-files')).toBe('a.txt\nmeanwhile.txt\nnew.txt');
  expect(git('status', '--porcelain')).toBe('');
});

test('a word that took too long is asked for again', async () => {
  scene.review({ 'new.txt': 'new\n' });
  let words = 0;
  const wall = Date.now;
  try {
    await scene.land({
      lastWord: async () => {
        words += 1;
        // As after a suspension: the wall clock has gone on.
        if (words === 1) Date.now = () => wall() + 60_000;
      },
    });
  } finally {
    Date.now = wall;
  }
  expect(words).toBe(2);
});

test('a merge that is stopped before the last word moves nothing', async () => {
  scene.review({ 'new.txt': 'new\n' });
  const before = snapshot(scene.repository.root);
  for (const at of ['opened', 'prepared', 'checked', 'locked']) {
    const stop = new AbortController();
    await expect(
      scene.land({
        signal: stop.signal,
        onStep: (step) => void (step === at && stop.abort()),
        lastWord: () => Promise.reject(new Error('asked')),
      }),
    ).rejects.toMatchObject({ name: 'AbortError' });
  }
  expect(snapshot(scene.repository.root)).toEqual(before);
});

test('a Git without merge-tree is named with its version', async () => {
  scene.review({ 'new.txt': 'new\n' });
  const old = join(folder, 'old-git');
  writeFileSync(
    old,
    '#!/bin/sh\ncase "$*" in *merge-tree*) echo "usage: git merge-tree" >&2; exit 129;; *" version") echo "git version 2.30.2"; exit;; esac\nexec /usr/bin/git "$@"\n',
    { mode: 0o755 },
  );
  await expect(scene.land({}, new Git(old, '/usr/bin:/bin'))).rejects.toMatchObject({
    reason: 'command_missing',
    message: expect.stringContaining('Git 2.38 or newer; runner here has git version 2.30.2') as string,
  });
});
