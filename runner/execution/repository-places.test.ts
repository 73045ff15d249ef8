import { execFileSync } from 'node:child_process';
import { mkdirSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { temporaryFolder } from '../testing/programs.ts';
import { makeRepository, type TestRepository } from '../testing/repositories.ts';
import { RunFailure } from './outcome.ts';
import { assertPlacesAllowed, readRepositoryPlaces } from './repository-places.ts';

let folder: string;
let roots: string;
let victim: TestRepository;
beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  roots = join(folder, 'roots');
  mkdirSync(roots);
  victim = makeRepository(join(folder, 'outside'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const check = (path: string): RunFailure | null => {
  try {
    assertPlacesAllowed(readRepositoryPlaces(path), {
      roots: [roots],
      runnerFolder: join(roots, 'runner'),
      runnerName: 'here',
    });
    return null;
  } catch (error) {
    if (error instanceof RunFailure) return error;
    throw error;
  }
};

test('an ordinary repository, a folder within it, and its linked worktree', () => {
  const repository = makeRepository(join(roots, 'repo'), { 'apps/web/a.txt': 'a\n' });
  const gitDir = join(repository.root, '.git');
  const places = {
    topLevel: repository.root,
    gitDir,
    commonDir: gitDir,
    objectDirs: [join(gitDir, 'objects')],
    linkedParts: [],
  };
  expect(readRepositoryPlaces(repository.root)).toEqual(places);
  expect(readRepositoryPlaces(join(repository.root, 'apps/web'))).toEqual(places);
  repository.git('worktree', 'add', '--quiet', join(roots, 'linked'), '-b', 'side');
  expect(readRepositoryPlaces(join(roots, 'linked'))).toMatchObject({
    topLevel: join(roots, 'linked'),
    gitDir: join(gitDir, 'worktrees/linked'),
    commonDir: gitDir,
  });
  for (const path of ['repo', 'repo/apps/web', 'linked']) expect(check(join(roots, path))).toBeNull();
});

test('a bare repository beside its checkouts', () => {
  const repository = makeRepository(join(roots, 'project'));
  renameSync(join(repository.root, '.git'), join(repository.root, '.bare'));
  writeFileSync(join(repository.root, '.git'), 'gitdir: ./.bare\n');
  expect(readRepositoryPlaces(repository.root).gitDir).toBe(join(repository.root, '.bare'));
});

test('whatever leads out of the roots is refused, with the place named', () => {
  const gitDir = join(victim.root, '.git');
  mkdirSync(join(roots, 'by-file'));
  writeFileSync(join(roots, 'by-file/.git'), `gitdir: ${gitDir}\n`);
  mkdirSync(join(roots, 'by-link'));
  symlinkSync(gitDir, join(roots, 'by-link/.git'));
  const own = makeRepository(join(roots, 'by-commondir'));
  writeFileSync(join(own.root, '.git/commondir'), `${gitDir}\n`);
  const borrower = makeRepository(join(roots, 'by-alternates'));
  writeFileSync(join(borrower.root, '.git/objects/info/alternates'), `# a comment\n${join(gitDir, 'objects')}\n`);
  const quoting = makeRepository(join(roots, 'by-quoted-alternates'));
  writeFileSync(
    join(quoting.root, '.git/objects/info/alternates'),
    `"${join(gitDir, 'objects').replace('/outside/', '/o\\165tside/')}"\n`,
  );
  const linked = makeRepository(join(roots, 'by-refs'));
  rmSync(join(linked.root, '.git/refs/heads'), { recursive: true });
  symlinkSync(join(gitDir, 'refs/heads'), join(linked.root, '.git/refs/heads'));
  for (const name of ['by-file', 'by-link', 'by-commondir', 'by-alternates', 'by-quoted-alternates', 'by-refs']) {
    const refused = check(join(roots, name));
    expect([name, refused?.reason]).toEqual([name, 'path_refused']);
    expect(refused?.message).toContain(gitDir);
  }
});

test('alternates of alternates count, and a circle of them ends', () => {
  const [one, two] = ['one', 'two'].map((name) => makeRepository(join(roots, name)).root);
  writeFileSync(join(one ?? '', '.git/objects/info/alternates'), '../../../two/.git/objects\n');
  writeFileSync(join(two ?? '', '.git/objects/info/alternates'), '../../../one/.git/objects\n');
  expect(readRepositoryPlaces(one ?? '').objectDirs).toEqual([
    join(one ?? '', '.git/objects'),
    join(two ?? '', '.git/objects'),
  ]);
  writeFileSync(join(two ?? '', '.git/objects/info/alternates'), `${join(victim.root, '.git/objects')}\n`);
  expect(check(one ?? '')?.reason).toBe('path_refused');
});

test('a folder above the roots does not lend its repository', () => {
  execFileSync('git', ['init', '--quiet', folder]);
  mkdirSync(join(roots, 'plain'));
  expect(check(join(roots, 'plain'))).toMatchObject({
    reason: 'path_refused',
    message: expect.stringContaining(`${folder} is outside`) as string,
  });
});

test('what is no repository says so, and a pipe is never opened', () => {
  mkdirSync(join(roots, 'plain'));
  mkdirSync(join(roots, 'broken'));
  writeFileSync(join(roots, 'broken/.git'), 'gitdir: /does/not/exist\n');
  mkdirSync(join(roots, 'pipe'));
  execFileSync('mkfifo', [join(roots, 'pipe/.git')]);
  for (const name of ['plain', 'broken', 'pipe'])
    expect([name, check(join(roots, name))?.reason]).toEqual([name, 'repo_missing']);
});
