import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Attempts } from '../testing/attempts.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { makeRepository, type TestRepository } from '../testing/repositories.ts';

let folder: string;
let attempts: Attempts;

beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  attempts = new Attempts({ folder });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Every file of a repository but the objects, which nothing that fails takes back: path and content. */
function state(root: string): string[] {
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return files
    .filter((file) => !file.includes('/.git/objects/'))
    .sort()
    .map((file) => `${file} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`);
}

test('one that lost objects fails with what Git says', async () => {
  const { root, git } = makeRepository(join(folder, 'repo'), { 'src/a.js': 'a\n', 'README.md': 'x\n' });
  const tree = git('rev-parse', 'HEAD:src');
  unlinkSync(join(root, '.git/objects', tree.slice(0, 2), tree.slice(2)));
  const before = state(root);
  await expect(attempts.run({ repoRoot: root }, 'true')).rejects.toMatchObject({
    reason: 'worktree_failed',
    message: expect.stringContaining(tree.slice(0, 7)),
  });
  expect(state(root)).toEqual(before);
  expect(readdirSync(join(attempts.runnerFolder, 'work'))).toEqual([]);
});

test('one with an unreadable configuration fails with what Git says', async () => {
  const { root } = makeRepository(join(folder, 'repo'));
  writeFileSync(join(root, '.git/config'), '[core\nbroken');
  await expect(attempts.run({ repoRoot: root }, 'true')).rejects.toMatchObject({
    reason: 'repo_missing',
    message: expect.stringContaining('config'),
  });
});

test('one that is being rebased says so, unless the base is named', async () => {
  const { root, git, commit } = makeRepository(join(folder, 'repo'));
  commit({ 'b.txt': 'b\n' });
  execFileSync(
    'git',
    [
      '-c',
      'sequence.editor=sed -i s/^pick/edit/',
      '-c',
      'user.name=a',
      '-c',
      'user.email=a@b',
      'rebase',
      '-q',
      '-i',
      'HEAD~1',
    ],
    { cwd: root, stdio: 'ignore' },
  );
  const before = state(root);
  await expect(attempts.run({ repoRoot: root }, 'true')).rejects.toMatchObject({
    reason: 'repo_missing',
    message: expect.stringContaining('in the middle of a rebase'),
  });
  expect(state(root)).toEqual(before);
  expect((await attempts.run({ repoRoot: root, baseBranch: 'main' }, 'echo 1 > one')).git?.baseCommit).toBe(
    git('rev-parse', 'main'),
  );
});

// Mounting takes root, which is who runs the tests of a change.
describe.runIf(process.getuid?.() === 0)('on a disk of its own', () => {
  let disk: string;
  let repository: TestRepository;
  const mount = (...options: string[]): void =>
    void execFileSync('mount', ['-t', 'tmpfs', '-o', options.join(','), 'tmpfs', disk]);

  beforeEach(() => {
    disk = join(folder, 'disk');
    mkdirSync(disk);
    mount('size=4m');
    repository = makeRepository(join(disk, 'repo'));
  });
  afterEach(() => void execFileSync('umount', [disk]));

  test('that is read only: the run fails before anything runs', async () => {
    const before = state(repository.root);
    mount('remount', 'ro');
    await expect(attempts.run({ repoRoot: repository.root }, 'true')).rejects.toMatchObject({
      reason: 'worktree_failed',
      message: expect.stringContaining('read-only disk'),
    });
    expect(state(repository.root)).toEqual(before);
  });

  test('that becomes read only meanwhile: the work is kept', async () => {
    const run = attempts.run({ repoRoot: repository.root }, (cwd) => {
      writeFileSync(join(cwd, 'one'), '1\n');
      mount('remount', 'ro');
    });
    await expect(run).rejects.toMatchObject({
      reason: 'worktree_failed',
      message: expect.stringMatching(/read-only|permission|unable/i),
    });
    const [name = ''] = readdirSync(join(attempts.runnerFolder, 'work'));
    expect(readFileSync(join(attempts.runnerFolder, 'work', name, 'one'), 'utf8')).toBe('1\n');
  });

  test.each([
    ['a large file', (cwd: string) => writeFileSync(join(cwd, 'large'), randomBytes(8 * 1024 * 1024))],
    [
      'many files',
      (cwd: string) => {
        for (let count = 0; count < 600; count += 1) writeFileSync(join(cwd, `f${count}`), randomBytes(16 * 1024));
      },
    ],
    [
      "the agent's own commit",
      (cwd: string) => {
        writeFileSync(join(cwd, 'large'), randomBytes(8 * 1024 * 1024));
        attempts.script(cwd, 'git add -A && git commit -qm large');
      },
    ],
  ])('that is too small for %s: disk_full, the work is kept, refs and files are as they were', async (_name, agent) => {
    let before: string[] = [];
    const run = attempts.run({ repoRoot: repository.root }, (cwd) => {
      before = state(repository.root);
      agent(cwd);
    });
    await expect(run).rejects.toMatchObject({ reason: 'disk_full' });
    expect(state(repository.root)).toEqual(before);
    const [name = ''] = readdirSync(join(attempts.runnerFolder, 'work'));
    expect(existsSync(join(attempts.runnerFolder, 'work', name, 'README.md'))).toBe(true);
    expect(repository.git('fsck', '--no-dangling')).toBe('');
  });
});
