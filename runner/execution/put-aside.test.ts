import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeTaskFolder } from '../ledger/remove-folder.ts';
import { Attempts, type Attempt } from '../testing/attempts.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { makeRepository, type TestRepository } from '../testing/repositories.ts';
import { readFolderRecord } from './workspace-record.ts';

let folder: string;
let repository: TestRepository;
let attempts: Attempts;

beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  repository = makeRepository(join(folder, 'repo'), { 'README.md': '# Test\n' });
  attempts = new Attempts({ folder });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const pins = (): string[] =>
  repository.git('for-each-ref', '--format=%(refname)', 'refs/overmind').split('\n').filter(Boolean);
const next = ({ spec }: Attempt, attempt: number, part: object = {}): Promise<Attempt> =>
  attempts.run(
    { repoRoot: repository.root, taskId: spec.taskId, attempt, branch: `${spec.branch}-${attempt}`, ...part },
    'echo 2 > two',
  );

/** What an attempt rests on is in nothing else of the user's any more, and he tidies up. */
function replaceHistory({ spec }: Attempt): void {
  repository.git('checkout', '--quiet', '--orphan', 'other');
  repository.commit({ 'README.md': '# Other\n' });
  repository.git('branch', '--quiet', '-M', 'other', 'main');
  repository.git('branch', '--quiet', '-D', spec.branch);
}
function collectGarbage(): void {
  repository.git('reflog', 'expire', '--expire=now', '--all');
  repository.git('gc', '--quiet', '--prune=now');
}
const look = (name: string, revision: string): string =>
  attempts.script(
    join(attempts.runnerFolder, 'work', name),
    `git show ${revision}:README.md && git log --oneline >/dev/null && git status --porcelain`,
  );
async function remove(name: string): Promise<void> {
  const record = readFolderRecord(attempts.runnerFolder, name);
  if (!record) throw new Error(`${name} has no record`);
  await removeTaskFolder(attempts.host.git, attempts.runnerFolder, record);
}

test('a folder that was put aside can be looked at after the user has collected garbage, until it is removed', async () => {
  // A pipe can not be taken in: the folder stays.
  const first = await attempts.run(
    { repoRoot: repository.root },
    'rm README.md && mkfifo README.md && echo 1 > one && git add one && git commit -qm one',
  );
  replaceHistory(first);
  const { name } = first.workspace;
  const aside = `${name}-attempt-1`;
  await next(first, 2);
  collectGarbage();
  expect(look(aside, 'HEAD')).toContain('# Test');
  await remove(name);
  collectGarbage();
  expect(look(aside, 'HEAD')).toContain('# Test');
  expect(pins()).toEqual([`refs/overmind/base/${aside}`]);
  await remove(aside);
  expect(pins()).toEqual([]);
  expect(existsSync(join(attempts.runnerFolder, 'ledger', aside))).toBe(false);
});

test("one that went on from a branch: that branch's commit stays as well", async () => {
  const first = await attempts.run({ repoRoot: repository.root }, 'echo "# Mine" > README.md');
  const second = await attempts.run(
    {
      repoRoot: repository.root,
      taskId: first.spec.taskId,
      attempt: 2,
      branch: `${first.spec.branch}-2`,
      startFromBranch: first.spec.branch,
    },
    'rm README.md && mkfifo README.md && echo 2 > two',
  );
  replaceHistory(first);
  repository.git('branch', '--quiet', '-D', second.spec.branch);
  await next(first, 3);
  collectGarbage();
  expect(look(`${first.workspace.name}-attempt-2`, 'HEAD')).toContain('# Mine');
});

test('one of a repository that the task is no longer about: the pin is where its objects are', async () => {
  const first = await attempts.run({ repoRoot: repository.root }, 'echo 1 > one && git add one && git commit -qm one');
  const other = makeRepository(join(folder, 'other'), { 'README.md': '# Elsewhere\n' });
  await next(first, 2, { repoRoot: other.root });
  replaceHistory(first);
  await remove(first.workspace.name);
  repository.git('update-ref', '-d', `refs/overmind/base/${first.workspace.name}`);
  collectGarbage();
  expect(look(`${first.workspace.name}-attempt-1`, 'HEAD')).toContain('# Test');
});

test('one whose repository can not be looked at now is not removed without its pins', async () => {
  const first = await attempts.run({ repoRoot: repository.root }, 'echo 1 > one');
  const { name } = first.workspace;
  const moved = `${repository.root}-moved`;
  renameSync(repository.root, moved);
  symlinkSync(basename(repository.root), repository.root);
  await expect(remove(name)).rejects.toThrow(/ELOOP/);
  expect(existsSync(join(attempts.runnerFolder, 'ledger', name))).toBe(true);
  rmSync(repository.root);
  renameSync(moved, repository.root);
  await remove(name);
  expect(pins()).toEqual([]);
});

test.each([
  ['whose repository is gone', () => rmSync(repository.root, { recursive: true })],
  [
    'whose pin is locked',
    ({ workspace }: Attempt) => {
      mkdirSync(join(repository.root, '.git/refs/overmind/base'), { recursive: true });
      writeFileSync(join(repository.root, `.git/refs/overmind/base/${workspace.name}-attempt-1.lock`), '');
    },
  ],
])('one %s is put aside all the same', async (_name, spoil) => {
  const first = await attempts.run({ repoRoot: repository.root }, 'rm README.md && mkfifo README.md');
  spoil(first);
  const other = makeRepository(join(folder, 'other'), { 'README.md': '# Elsewhere\n' });
  const second = await next(first, 2, { repoRoot: other.root });
  expect(second.outcome.reason).toBe('ok');
  expect(readFolderRecord(attempts.runnerFolder, `${first.workspace.name}-attempt-1`)?.keptWhy).toMatch(
    /(could not be pinned|is gone)/,
  );
});
