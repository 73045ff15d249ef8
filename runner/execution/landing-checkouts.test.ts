import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LandingScene } from '../testing/landings.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { snapshot } from '../testing/snapshot.ts';

let folder: string;
let scene: LandingScene;
beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  scene = new LandingScene(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Git with an editor that stops a rebase, and with failures that are part of the story. */
function attempt(cwd: string, ...args: string[]): void {
  try {
    execFileSync('git', args, {
      cwd,
      stdio: 'pipe',
      env: {
        PATH: '/usr/bin:/bin',
        HOME: folder,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_SEQUENCE_EDITOR: 'sed -i s/^pick/edit/',
        GIT_EDITOR: 'true',
        GIT_AUTHOR_NAME: 'Ada',
        GIT_AUTHOR_EMAIL: 'a@b',
        GIT_COMMITTER_NAME: 'Ada',
        GIT_COMMITTER_EMAIL: 'a@b',
      },
    });
  } catch (error) {
    if (!('status' in (error as object))) throw error;
  }
}

describe('what somebody has half done on the base', () => {
  const stories: Record<string, (root: string) => void> = {
    'a rebase': (root) => attempt(root, 'rebase', '-i', 'HEAD~1'),
    'a merge': (root) => attempt(root, 'merge', 'other'),
    'a cherry-pick': (root) => attempt(root, 'cherry-pick', 'other'),
    'a revert': (root) => attempt(root, 'revert', 'HEAD~1'),
    'a bisect': (root) => {
      attempt(root, 'bisect', 'start');
      attempt(root, 'bisect', 'bad', 'main');
      attempt(root, 'bisect', 'good', 'main~2');
    },
  };
  beforeEach(() => {
    const { repository } = scene;
    repository.git('checkout', '--quiet', '-b', 'other');
    repository.commit({ 'a.txt': 'uno\ntwo\nthree\n' });
    repository.git('checkout', '--quiet', 'main');
    repository.commit({ 'a.txt': 'eins\ntwo\nthree\n' });
    repository.commit({ 'a.txt': 'one!\ntwo\nthree\n' });
    scene.review({ 'new.txt': 'new\n' });
  });

  test.each(Object.keys(stories))(
    '%s is named, with what to do, and can be ended as if nothing had been',
    async (name) => {
      stories[name]?.(scene.repository.root);
      const refused = await scene.refused();
      expect(refused.reason).toBe('repo_dirty');
      expect(refused.message).toContain(`${scene.repository.root} is in the middle of ${name}`);
      expect(refused.message).toMatch(/End it \(git .*then approve again/);
    },
  );

  test('also in a linked checkout, and also when the branch is only moved along by a rebase of another', async () => {
    const { repository } = scene;
    repository.git('checkout', '--quiet', '-b', 'elsewhere');
    repository.git('worktree', 'add', '--quiet', join(folder, 'linked'), 'main');
    attempt(join(folder, 'linked'), 'rebase', '-i', 'HEAD~1');
    expect((await scene.refused()).message).toContain(`${join(folder, 'linked')} is in the middle of a rebase`);
    attempt(join(folder, 'linked'), 'rebase', '--abort');
    repository.git('worktree', 'remove', join(folder, 'linked'));
    repository.commit({ 'e.txt': 'e\n' });
    attempt(repository.root, 'rebase', '-i', '--update-refs', 'HEAD~2');
    expect(repository.git('rev-parse', '--abbrev-ref', 'HEAD')).toBe('HEAD');
    expect((await scene.refused()).reason).toBe('repo_dirty');
  });

  test('a rebase of another branch onto the base holds a commit, not the branch: both go on', async () => {
    const { repository } = scene;
    repository.git('checkout', '--quiet', 'other');
    attempt(repository.root, 'rebase', 'main');
    expect(existsSync(join(repository.root, '.git/rebase-merge'))).toBe(true);
    await scene.land();
    expect(scene.isMerged).toBe(true);
    repository.commit({ 'a.txt': 'resolved\n' });
    attempt(repository.root, 'rebase', '--continue');
    expect(repository.git('rev-parse', '--abbrev-ref', 'HEAD')).toBe('other');
    expect(repository.git('status', '--porcelain')).toBe('');
  });
});

describe('other checkouts of the base', () => {
  beforeEach(() => {
    scene.review({ 'new.txt': 'new\n' });
    scene.repository.git('checkout', '--quiet', '-b', 'elsewhere');
  });

  test('a linked one is taken along', async () => {
    scene.repository.git('worktree', 'add', '--quiet', join(folder, 'linked'), 'main');
    await scene.land();
    expect(readFileSync(join(folder, 'linked/new.txt'), 'utf8')).toBe('new\n');
    expect(scene.repository.git('-C', join(folder, 'linked'), 'status', '--porcelain')).toBe('');
    expect(scene.repository.git('-C', join(folder, 'linked'), 'log', '-g', '-1', '--format=%gs')).toBe(
      'overmind: merge overmind/task/1',
    );
  });

  test('two at once are both taken along, or neither', async () => {
    for (const name of ['one', 'two'])
      scene.repository.git('worktree', 'add', '--quiet', '--force', join(folder, name), 'main');
    writeFileSync(join(folder, 'two/new.txt'), 'mine');
    expect((await scene.refused()).message).toContain(join(folder, 'two'));
    rmSync(join(folder, 'two/new.txt'));
    await scene.land();
    for (const name of ['one', 'two'])
      expect(scene.repository.git('-C', join(folder, name), 'status', '--porcelain')).toBe('');
  });

  test("one whose folder is gone is nobody's", async () => {
    scene.repository.git('worktree', 'add', '--quiet', join(folder, 'linked'), 'main');
    rmSync(join(folder, 'linked'), { recursive: true });
    await scene.land();
    expect(scene.isMerged).toBe(true);
  });

  test('one outside the roots of the policy is not touched, and named', async () => {
    const outside = realpathSync(temporaryFolder());
    try {
      scene.repository.git('worktree', 'add', '--quiet', join(outside, 'linked'), 'main');
      const before = snapshot(join(outside, 'linked'));
      const refused = await scene.refused();
      expect(refused.reason).toBe('path_refused');
      expect(refused.message).toContain(join(outside, 'linked'));
      expect(snapshot(join(outside, 'linked'))).toEqual(before);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  test('no program that one names in a configuration of its own is run', async () => {
    const { repository } = scene;
    const evil = join(folder, 'evil.sh');
    writeFileSync(evil, `#!/bin/sh\necho run >> ${folder}/evil-was-here\ncat\n`);
    chmodSync(evil, 0o755);
    repository.git('config', 'extensions.worktreeConfig', 'true');
    repository.git('worktree', 'add', '--quiet', join(folder, 'linked'), 'main');
    const linked = (...args: string[]): string => repository.git('-C', join(folder, 'linked'), ...args);
    for (const key of [
      'filter.evil.clean',
      'filter.evil.smudge',
      'core.fsmonitor',
      'merge.evil.driver',
      'diff.evil.textconv',
    ])
      linked('config', '--worktree', key, evil);
    mkdirSync(join(repository.root, '.git/info'), { recursive: true });
    writeFileSync(join(repository.root, '.git/info/attributes'), 'b.txt filter=evil merge=evil diff=evil\n');
    await scene.land();
    expect(existsSync(join(folder, 'evil-was-here'))).toBe(false);
    expect(readFileSync(join(folder, 'linked/new.txt'), 'utf8')).toBe('new\n');
  });
});

test('a checkout that hangs on a repository outside the roots by its .git file is refused', async () => {
  scene.review({ 'new.txt': 'new\n' });
  const root = join(folder, 'roots/linked');
  mkdirSync(root, { recursive: true });
  writeFileSync(join(root, '.git'), `gitdir: ${scene.repository.root}/.git\n`);
  expect((await scene.refused({ root, allowed: { roots: [join(folder, 'roots')] } })).reason).toBe('path_refused');
});

test('a bare repository beside its linked checkouts', async () => {
  scene.review({ 'new.txt': 'new\n' });
  const project = join(folder, 'project');
  mkdirSync(project);
  execFileSync('git', ['clone', '--quiet', '--bare', scene.repository.root, join(project, '.bare')]);
  writeFileSync(join(project, '.git'), 'gitdir: ./.bare\n');
  execFileSync('git', ['-C', project, 'worktree', 'add', '--quiet', join(project, 'main'), 'main']);
  await scene.land({ root: project });
  expect(readFileSync(join(project, 'main/new.txt'), 'utf8')).toBe('new\n');
  expect(execFileSync('git', ['-C', join(project, 'main'), 'status', '--porcelain'], { encoding: 'utf8' })).toBe('');
});

test('a folder within a repository lands in the whole of it', async () => {
  scene = new LandingScene(folder, { 'apps/web/a.txt': 'a\n' }, 'mono');
  scene.review({ 'apps/web/new.txt': 'new\n' });
  await scene.land({ root: join(scene.repository.root, 'apps/web') });
  expect(scene.repository.git('status', '--porcelain')).toBe('');
  expect(existsSync(join(scene.repository.root, 'apps/web/new.txt'))).toBe(true);
});

test('sparse, skipped and assumed-unchanged files stay safe', async () => {
  scene = new LandingScene(folder, { 'in/a.txt': 'a\n', 'out/b.txt': 'b\n', 'c.txt': 'c\n', 'd.txt': 'd\n' }, 'sparse');
  scene.review({ 'in/new.txt': 'new\n', 'out/new.txt': 'new\n', 'out/b.txt': 'B\n', 'c.txt': 'C\n' });
  const { repository } = scene;
  repository.git('update-index', '--assume-unchanged', 'c.txt');
  repository.write({ 'c.txt': 'mine\n' });
  expect((await scene.refused()).message).toContain('c.txt');
  repository.write({ 'c.txt': 'c\n' });
  repository.git('update-index', '--no-assume-unchanged', 'c.txt');
  repository.git('sparse-checkout', 'set', 'in');
  await scene.land();
  expect([existsSync(join(repository.root, 'in/new.txt')), existsSync(join(repository.root, 'out'))]).toEqual([
    true,
    false,
  ]);
  expect(repository.git('status', '--porcelain')).toBe('');
});
