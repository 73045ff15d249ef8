import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Attempts, type Attempt } from '../testing/attempts.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { makeRepository, type TestRepository } from '../testing/repositories.ts';
import { readFolderRecord } from './workspace-record.ts';

let folder: string;
let repository: TestRepository;
let attempts: Attempts;
let release: (() => void)[];

beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  repository = makeRepository(join(folder, 'repo'), { 'README.md': '# Test\n', '.gitignore': 'cache/\n' });
  attempts = new Attempts({ folder, policy: { allowOtherOwners: true } });
  release = [];
});
afterEach(() => {
  for (const each of release.reverse()) each();
  rmSync(folder, { recursive: true, force: true });
});

const next = ({ spec }: Attempt, agent: Parameters<Attempts['run']>[1]): Promise<Attempt> => attempts.run({ repoRoot: repository.root, taskId: spec.taskId, attempt: 2, branch: `${spec.branch}-2`, startFromBranch: spec.branch }, agent);
/** What happens to a folder between two attempts: nobody can undo it but root. */
function protect(path: string): void {
  execFileSync('chattr', ['+i', path]);
  // It may have been put aside by then.
  release.push(() => execFileSync('find', [join(attempts.runnerFolder, 'work'), '-exec', 'chattr', '-f', '-i', '{}', '+']));
}
function mount(path: string): void {
  mkdirSync(path, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', 'none', path]);
  release.push(() => execFileSync('sh', ['-c', `umount "$(awk '{print $2}' /proc/self/mounts | grep '^${folder}/' | tail -n 1)"`]));
}

test.each([
  ['a file that was not in the branch', (path: string) => { writeFileSync(join(path, 'stuck'), 'x'); protect(join(path, 'stuck')); }],
  ['a file of the branch that is another one now', (path: string) => { writeFileSync(join(path, 'README.md'), 'other\n'); protect(join(path, 'README.md')); }],
  ['a folder', (path: string) => { mkdirSync(join(path, 'stuck')); writeFileSync(join(path, 'stuck', 'x'), 'x'); protect(join(path, 'stuck')); }],
  ['a file of its repository', (path: string) => protect(join(path, '.git', 'config'))],
  ['its repository', (path: string) => protect(join(path, '.git'))],
  ['a disk that is mounted in it', (path: string) => mount(join(path, 'disk'))],
])('%s that can not be removed: the next attempt gets a fresh folder in its place', async (_name, spoil) => {
  const first = await attempts.run({ repoRoot: repository.root }, 'mkdir cache && echo 1 > cache/x && echo 1 > one');
  spoil(first.workspace.path);
  const second = await next(first, 'test ! -e cache && test -f one && test -z "$(git status --porcelain)" && echo 2 > two');
  expect([second.outcome.reason, second.git?.filesChanged, second.workspace.path, second.workspace.isFresh]).toEqual(['ok', 2, first.workspace.path, true]);
  const aside = `${first.workspace.name}-attempt-1`;
  expect(existsSync(join(attempts.runnerFolder, 'work', aside, 'cache', 'x'))).toBe(true);
  expect(readFolderRecord(attempts.runnerFolder, aside)).toMatchObject({ state: 'kept', keptWhy: expect.stringMatching(/^It holds what can not be changed or removed: .+/) as string });
  expect(second.notes[0]).toContain(aside);
  const third = await attempts.run({ repoRoot: repository.root, taskId: first.spec.taskId, attempt: 3, branch: `${first.spec.branch}-3` }, 'true');
  expect(third.workspace).toMatchObject({ path: first.workspace.path, isFresh: false });
});

test.each([
  ['that is immutable', protect],
  ['that is a disk of its own', (path: string) => {
    mount(path);
    mount(join(path, 'disk'));
  }],
])('a folder %s can not be put aside either: the attempt fails with the reason, and later ones as well until somebody helps', async (_name, spoil) => {
  const first = await attempts.run({ repoRoot: repository.root }, 'echo 1 > one');
  writeFileSync(join(first.workspace.path, 'stuck'), 'x');
  spoil(first.workspace.path);
  const before = readdirSync(join(attempts.runnerFolder, 'ledger'));
  const message = expect.stringMatching(new RegExp(`folder ${first.workspace.path} .* can not be put aside`)) as string;
  for (const _attempt of [2, 3]) await expect(next(first, 'true')).rejects.toMatchObject({ reason: 'worktree_failed', message });
  expect(readdirSync(join(attempts.runnerFolder, 'ledger'))).toEqual(before);
  for (const each of release.splice(0).reverse()) each();
  expect((await next(first, 'echo 2 > two')).outcome.reason).toBe('ok');
});

test('a folder that is put aside does not take the name of an older one', async () => {
  const first = await attempts.run({ repoRoot: repository.root }, 'echo 1 > one');
  for (const room of ['work', 'ledger']) mkdirSync(join(attempts.runnerFolder, room, `${first.workspace.name}-attempt-1`, 'old'), { recursive: true });
  writeFileSync(join(first.workspace.path, 'stuck'), 'x');
  protect(join(first.workspace.path, 'stuck'));
  await next(first, 'echo 2 > two');
  expect(existsSync(join(attempts.runnerFolder, 'work', `${first.workspace.name}-attempt-1-2`, 'stuck'))).toBe(true);
  expect(readdirSync(join(attempts.runnerFolder, 'work', `${first.workspace.name}-attempt-1`))).toEqual(['old']);
});

test('a record that is not readable keeps no later attempt from a folder', async () => {
  const first = await attempts.run({ repoRoot: repository.root }, 'echo 1 > one');
  writeFileSync(join(attempts.runnerFolder, 'ledger', first.workspace.name, 'folder.json'), '{"version":1,');
  const second = await next(first, 'echo 2 > two');
  expect(second.outcome.reason).toBe('ok');
  expect(second.workspace.path).not.toBe(first.workspace.path);
});

test.skipIf(process.getuid?.() !== 0)('what root has left in the folder of a runner that is not root is put aside', async () => {
  execFileSync('chown', ['-R', '65534', folder]);
  process.seteuid?.(65534);
  try {
    const first = await attempts.run({ repoRoot: repository.root }, (cwd) => {
      process.seteuid?.(0);
      mkdirSync(join(cwd, 'of-root'));
      writeFileSync(join(cwd, 'of-root', 'x'), 'x');
      process.seteuid?.(65534);
    });
    expect(first.outcome.reason).toBe('ok');
    const second = await attempts.run({ repoRoot: repository.root, taskId: first.spec.taskId, attempt: 2 }, (cwd) => writeFileSync(join(cwd, 'two'), '2\n'));
    expect([second.git?.filesChanged, existsSync(join(second.workspace.path, 'of-root'))]).toEqual([1, false]);
    expect(existsSync(join(attempts.runnerFolder, 'work', `${first.workspace.name}-attempt-1`, 'of-root', 'x'))).toBe(true);
  } finally {
    process.seteuid?.(0);
  }
});
