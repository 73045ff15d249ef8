import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, realpathSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LandingScene } from '../testing/landings.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { snapshot } from '../testing/snapshot.ts';

let folder: string;
const mounts: string[] = [];
beforeEach(() => (folder = realpathSync(temporaryFolder())));
afterEach(() => {
  for (const mount of mounts.splice(0).reverse()) execFileSync('umount', [mount]);
  rmSync(folder, { recursive: true });
});

const aged = (file: string, ms: number): void => utimesSync(file, new Date(Date.now() - ms), new Date(Date.now() - ms));

describe('a lock that a power loss has left', () => {
  test.each(['.git/index.lock', '.git/HEAD.lock', '.git/refs/heads/main.lock'])('%s is named with its age and left alone', async (lock) => {
    const scene = new LandingScene(folder);
    scene.review({ 'new.txt': 'new\n' });
    const file = join(scene.repository.root, lock);
    writeFileSync(file, '');
    aged(file, 3 * 3_600_000);
    const refused = await scene.refused();
    expect(refused.reason).toBe('repo_dirty');
    expect(refused.message).toBe(`${file} has been there for 3 h: a Git that was cut off has left it, or one is still at work. If no Git is running there, remove that file, then approve again. Nothing was changed.`);
    rmSync(file);
    await scene.land();
    expect(scene.isMerged).toBe(true);
  });

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
    const file = what === 'index' ? join(root, '.git/index') : join(root, '.git/objects', hash.slice(0, 2), hash.slice(2));
    chmodSync(file, 0o600);
    truncateSync(file, 20);
    const refused = await scene.refused();
    expect(refused.reason).toBe('repo_missing');
  });
});

const isRoot = process.getuid?.() === 0;
/** Mounting is root's, and not everywhere even root's; there, the suite's other tests of trouble stand alone. */
const canMount = isRoot && spawnSync('sh', ['-c', 'd=$(mktemp -d) && mount -t tmpfs -o size=64k none "$d" && umount "$d"; e=$?; rmdir "$d"; exit $e']).status === 0;

test.runIf(canMount)('a disk that is full: the reason is told, and everything is as it was', async () => {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'none', disk]);
  mounts.push(disk);
  const scene = new LandingScene(folder, { 'a.txt': 'a\n' }, 'disk/repo');
  // Random bytes: as large in Git's store as in the files. The checkout has room for them no more.
  scene.review(() => execFileSync('head', ['-c', String(7 * 1024 ** 2), '/dev/urandom'], { maxBuffer: 1 << 24 }) && execFileSync('sh', ['-c', `head -c ${7 * 1024 ** 2} /dev/urandom > ${scene.repository.root}/big.bin`]));
  execFileSync('sh', ['-c', `head -c ${12 * 1024 ** 2} /dev/zero > ${disk}/filler`]);
  expect(await scene.refused()).toMatchObject({ reason: 'disk_full', message: expect.stringContaining('has no room for the 7 MB') as string });
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
  expect(await scene.refused()).toMatchObject({ reason: 'worktree_failed', message: expect.stringContaining('can only be read') as string });
});

test.runIf(isRoot)('a part that belongs to somebody else is refused unless the policy allows it', async () => {
  const scene = new LandingScene(folder);
  scene.review({ 'new.txt': 'new\n' });
  execFileSync('chown', ['-R', '12345', join(scene.repository.root, '.git')]);
  expect(await scene.refused()).toMatchObject({ reason: 'path_refused', message: expect.stringContaining('allowOtherOwners') as string });
  await scene.land({ allowed: { allowOtherOwners: true } });
  expect(existsSync(join(scene.repository.root, 'new.txt'))).toBe(true);
});

test('a large merge: 20,000 files', { timeout: 60_000 }, async () => {
  const scene = new LandingScene(folder);
  scene.review(() => {
    for (let at = 0; at < 200; at += 1) {
      mkdirSync(join(scene.repository.root, `d${at}`));
      for (let file = 0; file < 100; file += 1) writeFileSync(join(scene.repository.root, `d${at}/${file}.txt`), `${at} ${file}\n`);
    }
  });
  const startedMs = performance.now();
  expect((await scene.land()).git.filesChanged).toBe(20_000);
  expect(performance.now() - startedMs).toBeLessThan(30_000);
  expect(scene.repository.git('status', '--porcelain')).toBe('');
});

test('nothing of ours is left in the user\'s folders', async () => {
  const scene = new LandingScene(folder);
  const before = readdirSync(join(scene.repository.root, '.git'));
  scene.review({ 'new.txt': 'new\n' });
  await scene.land();
  expect(readdirSync(join(scene.repository.root, '.git')).filter((name) => !before.includes(name) && !['ORIG_HEAD', 'logs'].includes(name))).toEqual([]);
  expect(Object.keys(snapshot(scene.repository.root)).filter((path) => path.includes('overmind'))).toEqual([]);
  expect(existsSync(join(folder, 'aside'))).toBe(false);
});
