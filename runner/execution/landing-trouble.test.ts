import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LandingScene } from '../testing/landings.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { snapshot } from '../testing/snapshot.ts';
import { Git } from './git.ts';

let folder: string;
const mounts: string[] = [];
beforeEach(() => (folder = realpathSync(temporaryFolder())));
afterEach(() => {
  for (const mount of mounts.splice(0).reverse()) execFileSync('umount', [mount]);
  rmSync(folder, { recursive: true });
});

const aged = (file: string, ms: number): void => utimesSync(file, new Date(Date.now() - ms), new Date(Date.now() - ms));

describe('a lock that a power loss has left', () => {
  test.each(['.git/index.lock', '.git/HEAD.lock', '.git/refs/heads/main.lock'])(
    '%s is named with its age and left alone',
    async (lock) => {
      const scene = new LandingScene(folder);
      scene.review({ 'new.txt': 'new\n' });
      const file = join(scene.repository.root, lock);
      writeFileSync(file, '');
      aged(file, 3 * 3_600_000);
      const refused = await scene.refused();
      expect(refused.reason).toBe('repo_dirty');
      expect(refused.message).toBe(
        `${file} has been there for 3 h: a Git that was cut off has left it, or one is still at work. If no Git is running there, remove that file, then approve again. Nothing was changed.`,
      );
      rmSync(file);
      await scene.land();
      expect(scene.isMerged).toBe(true);
    },
  );

  test('one that another Git holds for a moment is waited for', async () => {
    const scene = new LandingScene(folder);
    scene.review({ 'new.txt': 'new\n' });
    const lock = join(scene.repository.root, '.git/refs/heads/main.lock');
    for (const file of [lock, join(scene.repository.root, '.git/index.lock')]) {
      writeFileSync(file, '');
      setTimeout(() => rmSync(file), 700);
    }
    await scene.land();
    expect(scene.isMerged).toBe(true);
  });

  test('one in the way of removing a result branch does not undo the merge: it is said', async () => {
    const scene = new LandingScene(folder);
    scene.review({ 'new.txt': 'new\n' });
    writeFileSync(join(scene.repository.root, '.git/refs/heads/overmind/task/1.lock'), '');
    expect((await scene.land()).message).toContain('overmind/task/1 could not be removed: another Git holds a lock');
    expect(scene.isMerged).toBe(true);
  });
});

describe('a repository that is damaged', () => {
  test.each(['blob', 'commit', 'index'])('its %s', async (what) => {
    const scene = new LandingScene(folder);
    scene.review({ 'a.txt': 'ONE\ntwo\nthree\n' });
    scene.repository.commit({ 'a.txt': 'one\ntwo\nTHREE\n' });
    const { root } = scene.repository;
    const hash = scene.repository.git('rev-parse', what === 'blob' ? 'main:a.txt' : `${scene.branch}^{commit}`);
    const file =
      what === 'index' ? join(root, '.git/index') : join(root, '.git/objects', hash.slice(0, 2), hash.slice(2));
    chmodSync(file, 0o600);
    truncateSync(file, 20);
    const refused = await scene.refused();
    expect(refused.reason).toBe('repo_missing');
  });

  test('attributes of the base that are gone do not count as none', async () => {
    const scene = new LandingScene(folder, {
      'a/.gitattributes': '*.log merge=union\n',
      'b/.gitattributes': '*.txt merge=union\n',
      'a/a.log': 'start\n',
    });
    scene.review({ 'a/a.log': 'start\ntheirs\n' });
    const hash = scene.repository.git('rev-parse', 'main:b/.gitattributes');
    rmSync(join(scene.repository.root, '.git/objects', hash.slice(0, 2), hash.slice(2)));
    expect((await scene.refused()).reason).toBe('repo_missing');
  });
});

describe('a checkout that can not follow, when the branch can not be taken back', () => {
  let scene: LandingScene;
  let base: string;
  const at = (path: string): string => join(scene.repository.root, path);
  const git = (...args: string[]): string => scene.repository.git(...args);
  beforeEach(() => {
    scene = new LandingScene(folder);
    scene.review({ 'new.txt': 'new\n' });
    base = git('rev-parse', 'main');
  });

  /** A file gets in the way once the branch has moved, and something else happens. */
  function landing(meanwhile: () => void, by?: Git): Promise<{ message: string }> {
    const onStep = (step: string): void => {
      if (step !== 'committed') return;
      writeFileSync(at('new.txt'), 'mine');
      meanwhile();
    };
    return scene.land({ onStep }, by);
  }

  function expectStanding(message: string, why: string): void {
    expect(message).toContain(
      `overmind/task/1 was merged into main. ${scene.repository.root} holds files that are not in Git, and the merge would overwrite them: new.txt. Move them away. main has moved all the same: ${why}`,
    );
    expect(message).toContain(
      `Put aside what you have changed in ${scene.repository.root} yourself, and run \`git reset --hard\` there; before that, commit nothing there.`,
    );
    expect(message).not.toContain('Nothing was changed');
    expect(scene.isMerged).toBe(true);
    expect(readFileSync(at('new.txt'), 'utf8')).toBe('mine');
    expect(existsSync(at('.git/index.lock'))).toBe(false);
  }

  test.each(['refs/heads/main.lock', 'HEAD.lock'])(
    '%s stays: what moved and what did not is told',
    { timeout: 30_000 },
    async (lock) => {
      const { message } = await landing(() => writeFileSync(at(`.git/${lock}`), ''));
      expectStanding(message, `it could not be taken back (Another Git is at work: it holds ${at(`.git/${lock}`)}).`);
    },
  );

  test('a disk that is full: the same', async () => {
    const wrapper = join(folder, 'git');
    writeFileSync(
      wrapper,
      '#!/bin/sh\ncase "$*" in *"take back"*) echo "fatal: update_ref failed: No space left on device" >&2; exit 128;; esac\nexec /usr/bin/git "$@"\n',
      { mode: 0o755 },
    );
    const { message } = await landing(() => undefined, new Git(wrapper, '/usr/bin:/bin'));
    expectStanding(message, `it could not be taken back (${scene.repository.root} is on a disk that is full).`);
  });

  test('somebody builds on the merge: the same', async () => {
    const { message } = await landing(() =>
      git('update-ref', 'refs/heads/main', git('commit-tree', '-p', 'main', '-m', 'more', 'main^{tree}')),
    );
    expectStanding(message, 'somebody builds on the merge already.');
  });

  test('a lock that is held for a moment is waited for: nothing was merged', async () => {
    const lock = at('.git/refs/heads/main.lock');
    const held = (): void => {
      writeFileSync(lock, '');
      setTimeout(() => rmSync(lock), 700);
    };
    await expect(landing(held)).rejects.toMatchObject({ reason: 'repo_dirty', paths: ['new.txt'] });
    expect(git('rev-parse', 'main')).toBe(base);
    expect(existsSync(at('.git/index.lock'))).toBe(false);
  });

  test('of two, the one that has followed is not named', async () => {
    git('worktree', 'add', '--quiet', '--force', join(folder, 'two'), 'main');
    let written = 0;
    const onStep = (step: string): void => {
      if (step !== 'index_written' || (written += 1) > 1) return;
      writeFileSync(join(folder, 'two/new.txt'), 'mine');
      git('update-ref', 'refs/heads/main', git('commit-tree', '-p', 'main', '-m', 'more', 'main^{tree}'));
    };
    const { message } = await scene.land({ onStep });
    expect(message).toContain(`Put aside what you have changed in ${join(folder, 'two')} yourself`);
    expect(git('status', '--porcelain')).toBe('');
  });
});

const isRoot = process.getuid?.() === 0;
/** Mounting is root's, and not everywhere even root's; there, the suite's other tests of trouble stand alone. */
const canMount =
  isRoot &&
  spawnSync('sh', [
    '-c',
    'd=$(mktemp -d) && mount -t tmpfs -o size=64k none "$d" && umount "$d"; e=$?; rmdir "$d"; exit $e',
  ]).status === 0;

test.runIf(canMount)('a disk that is full: the reason is told, and everything is as it was', async () => {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'none', disk]);
  mounts.push(disk);
  const scene = new LandingScene(folder, { 'a.txt': 'a\n' }, 'disk/repo');
  // Random bytes: as large in Git's store as in the files. The checkout has room for them no more.
  scene.review(
    () =>
      execFileSync('head', ['-c', String(7 * 1024 ** 2), '/dev/urandom'], { maxBuffer: 1 << 24 }) &&
      execFileSync('sh', ['-c', `head -c ${7 * 1024 ** 2} /dev/urandom > ${scene.repository.root}/big.bin`]),
  );
  execFileSync('sh', ['-c', `head -c ${12 * 1024 ** 2} /dev/zero > ${disk}/filler`]);
  expect(await scene.refused()).toMatchObject({
    reason: 'disk_full',
    message: expect.stringContaining('has no room for the 7 MB') as string,
  });
  // Not even a commit fits.
  spawnSync('sh', ['-c', `cat /dev/zero > ${disk}/rest`]);
  expect((await scene.refused()).reason).toBe('disk_full');
  for (const name of ['filler', 'rest']) rmSync(join(disk, name));
  await scene.land();
  expect(scene.isMerged).toBe(true);
});

test.runIf(canMount)('a disk that can only be read', async () => {
  const scene = new LandingScene(folder, { 'a.txt': 'a\n' }, 'ro');
  scene.review({ 'new.txt': 'new\n' });
  const { root } = scene.repository;
  execFileSync('mount', ['--bind', root, root]);
  mounts.push(root);
  execFileSync('mount', ['-o', 'remount,bind,ro', root]);
  expect(await scene.refused()).toMatchObject({
    reason: 'worktree_failed',
    message: expect.stringContaining('can only be read') as string,
  });
});

test.runIf(isRoot)('a part that belongs to somebody else is refused unless the policy allows it', async () => {
  const scene = new LandingScene(folder);
  scene.review({ 'new.txt': 'new\n' });
  execFileSync('chown', ['-R', '12345', join(scene.repository.root, '.git')]);
  expect(await scene.refused()).toMatchObject({
    reason: 'path_refused',
    message: expect.stringContaining('allowOtherOwners') as string,
  });
  await scene.land({ allowed: { allowOtherOwners: true } });
  expect(existsSync(join(scene.repository.root, 'new.txt'))).toBe(true);
});

test('a large merge: 20,000 files', { timeout: 60_000 }, async () => {
  const scene = new LandingScene(folder);
  scene.review(() => {
    for (let at = 0; at < 200; at += 1) {
      mkdirSync(join(scene.repository.root, `d${at}`));
      for (let file = 0; file < 100; file += 1)
        writeFileSync(join(scene.repository.root, `d${at}/${file}.txt`), `${at} ${file}\n`);
    }
  });
  const startedMs = performance.now();
  expect((await scene.land()).git.filesChanged).toBe(20_000);
  expect(performance.now() - startedMs).toBeLessThan(30_000);
  expect(scene.repository.git('status', '--porcelain')).toBe('');
});

test("nothing of ours is left in the user's folders", async () => {
  const scene = new LandingScene(folder);
  const before = readdirSync(join(scene.repository.root, '.git'));
  scene.review({ 'new.txt': 'new\n' });
  await scene.land();
  expect(
    readdirSync(join(scene.repository.root, '.git')).filter(
      (name) => !before.includes(name) && !['ORIG_HEAD', 'logs'].includes(name),
    ),
  ).toEqual([]);
  expect(Object.keys(snapshot(scene.repository.root)).filter((path) => path.includes('overmind'))).toEqual([]);
  expect(existsSync(join(folder, 'aside'))).toBe(false);
});
