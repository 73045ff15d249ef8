import { existsSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Attempts } from '../testing/attempts.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { removeTaskFolder } from '../ledger/remove-folder.ts';
import { makeRepository, type TestRepository } from '../testing/repositories.ts';
import { removeFolder } from './remove-folder.ts';
import { readFolderRecord } from './workspace-record.ts';

let folder: string;
let repository: TestRepository;
let attempts: Attempts;

beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  repository = makeRepository(join(folder, 'repo'), { 'README.md': '# Test\n', 'src/a.js': 'a\n' });
  attempts = new Attempts({ folder });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const changedIn = (branch: string): string[] =>
  repository
    .git('-c', 'core.quotePath=false', 'diff', '--name-status', '--no-renames', 'main', branch)
    .split('\n')
    .filter(Boolean);

test.each([
  [
    'a rule for the top is none for a folder inside',
    { '.gitignore': '/lib/\n' },
    'git init -q n && mkdir n/lib && echo 1 > n/lib/x',
    ['A\tn/lib/x'],
  ],
  [
    'rules half way hold',
    { 'pk/.gitignore': '*.tmp\n' },
    'git init -q pk/n && echo 1 > pk/n/x.tmp && echo 1 > pk/n/y',
    ['A\tpk/n/y'],
  ],
  [
    'exceptions hold',
    { '.gitignore': '*.log\n!/n/keep.log\n' },
    'git init -q n && echo 1 > n/x.log && echo 1 > n/keep.log',
    ['A\tn/keep.log'],
  ],
  [
    'what it added with force',
    {},
    'git init -q n && cd n && echo "*.gen" > .gitignore && echo 1 > a.gen && echo 2 > b.gen && git add -f a.gen && git commit -qm x',
    ['A\tn/.gitignore', 'A\tn/a.gen'],
  ],
  [
    'its name is no UTF-8',
    {},
    `d=$(printf 'n\\351'); git init -q "$d"; echo 1 > "$d/y"; git init -q "$d/m"; echo 1 > "$d/m/z"`,
    ['A\tn\ufffd/m/z', 'A\tn\ufffd/y'],
  ],
  [
    'its .git is a file',
    {},
    'git init -q --separate-git-dir=.git/elsewhere n && echo 1 > n/y && git -C n add -A && git -C n commit -qm x',
    ['A\tn/y'],
  ],
  [
    'with a submodule of its own',
    {},
    'git init -q n/l && cd n/l && echo 1 > l && git add -A && git commit -qm l && git init -q .. && cd .. && git -c protocol.file.allow=always submodule --quiet add ./l sub && git commit -qm x',
    ['A\tn/.gitmodules', 'A\tn/l/l', 'A\tn/sub/l'],
  ],
])('a project inside, and what its rules and those around it say: %s', async (_name, before, script, expected) => {
  if (Object.keys(before).length > 0) repository.commit(before);
  const { spec, outcome } = await attempts.run({ repoRoot: repository.root }, script);
  expect(outcome.message).not.toContain('Not taken in');
  expect(changedIn(spec.branch)).toEqual(expected);
});

test('a submodule that the agent moved is a submodule still; what lies in the folder of one is named', async () => {
  repository.write({ '.gitmodules': '[submodule "sub"]\n\tpath = sub\n\turl = ./x\n' });
  repository.git('update-index', '--add', '--cacheinfo', `160000,${repository.git('rev-parse', 'HEAD')},sub`);
  repository.git('add', '.gitmodules');
  repository.git('commit', '-qm', 'sub');
  const moved = await attempts.run(
    { repoRoot: repository.root },
    'cd sub && git init -q . && echo new > new && git add -A && git commit -qm x && cd .. && git add sub && git commit -qm bump',
  );
  expect(changedIn(moved.spec.branch)).toEqual(['M\tsub']);
  expect(moved.outcome).toMatchObject({
    reason: 'denied_change',
    message: expect.stringContaining('sub is a repository inside') as string,
  });
  const filled = await attempts.run({ repoRoot: repository.root }, 'mkdir -p sub && echo 1 > sub/x');
  expect(filled.outcome.message).toContain('sub is a submodule');
});

test('a .git that is a file by now', async () => {
  const { spec } = await attempts.run(
    { repoRoot: repository.root },
    'mv .git src/kept && echo "gitdir: src/kept" > .git && rm -r src/kept && echo 1 > one',
  );
  expect(changedIn(spec.branch)).toEqual(['A\tone']);
});

test("names that are Git's own, and paths that are too long, are said", async () => {
  const deep = (levels: number): string =>
    `python3 -c 'import os\nfor i in range(${levels}):\n n=str(i).zfill(200); os.mkdir(n); os.chdir(n)\nopen("f","w").write("x"); open("2".zfill(60),"w").write("x")'`;
  const named = await attempts.run({ repoRoot: repository.root }, 'echo 1 > one; echo 1 > git~1');
  expect(changedIn(named.spec.branch)).toEqual(['A\tone']);
  expect(named.outcome.message).toContain('git~1 (a name that Git keeps for itself)');
  const long = await attempts.run({ repoRoot: repository.root }, `echo 1 > one; ${deep(20)}`);
  expect([long.git?.filesChanged, long.outcome.message]).toEqual([3, expect.not.stringContaining('Not taken in')]);
  const tooLong = await attempts.run({ repoRoot: repository.root }, `echo 1 > one; ${deep(25)}`);
  expect(changedIn(tooLong.spec.branch)).toEqual(['A\tone']);
  expect(tooLong.outcome.message).toContain('can not be read (file name too long)');
  for (const { workspace } of [long, tooLong]) removeFolder(workspace.path);
});

test('links in place of folders leave nothing over', async () => {
  const { spec, outcome } = await attempts.run(
    { repoRoot: repository.root },
    'ln -s self self; ln -s b a; ln -s a b; mkdir d; ln -s .. d/up; rm -r src; ln -s d src',
  );
  expect(outcome.message).not.toContain('Not taken in');
  expect(changedIn(spec.branch)).toEqual(['A\ta', 'A\tb', 'A\td/up', 'A\tself', 'A\tsrc', 'D\tsrc/a.js']);
});

test("work that rests on an earlier attempt survives when that one's branch is deleted and collected meanwhile", async () => {
  const first = await attempts.run({ repoRoot: repository.root }, 'echo 1 > one');
  const { taskId } = first.spec;
  const collect = (cwd: string): void => {
    attempts.script(cwd, 'echo 2 > two');
    repository.git('branch', '-D', first.spec.branch);
    repository.git('gc', '--quiet', '--prune=now');
  };
  const second = await attempts.run(
    { repoRoot: repository.root, taskId, attempt: 2, startFromBranch: first.spec.branch },
    collect,
  );
  expect(changedIn(second.spec.branch)).toEqual(['A\tone', 'A\ttwo']);
  await attempts.run({ repoRoot: repository.root, taskId, attempt: 3 }, 'true');
  expect(repository.git('for-each-ref', '--format=%(refname)', 'refs/overmind')).toBe(
    `refs/overmind/base/${first.workspace.name}`,
  );
});

test('a repository that is deleted during the run: the work is kept, and where is said', async () => {
  const gone = attempts.run({ repoRoot: repository.root }, (cwd) => {
    attempts.script(cwd, 'echo 1 > one');
    rmSync(repository.root, { recursive: true });
  });
  await expect(gone).rejects.toMatchObject({
    reason: 'worktree_failed',
    message: expect.stringMatching(
      /repo is gone since the run began. What the run made is in .*\/work\/a-task-/,
    ) as string,
  });
});

test('commits that only a tag has are named', async () => {
  const { outcome } = await attempts.run(
    { repoRoot: repository.root },
    'echo 1 > one; git add -A; git commit -qm one; git tag keep; git reset -q --hard HEAD~1; echo 2 > two',
  );
  expect(outcome.message).toContain('commits of the agent on tags/keep');
});

test('a folder that is too deep for Node is removed all the same', async () => {
  const deep = `mkdir ${'d'.repeat(200)} && cd ${'d'.repeat(200)} && python3 -c 'import os\nfor i in range(25):\n n=str(i).zfill(200); os.mkdir(n); os.chdir(n)'; echo 1 > ../one`;
  const { workspace } = await attempts.run({ repoRoot: repository.root }, deep);
  removeFolder(join(workspace.path, 'd'.repeat(200)));
  expect(existsSync(join(workspace.path, 'd'.repeat(200)))).toBe(false);
  const again = await attempts.run({ repoRoot: repository.root }, deep);
  const record = readFolderRecord(attempts.runnerFolder, again.workspace.name);
  if (!record) throw new Error('no record');
  await removeTaskFolder(attempts.host.git, attempts.runnerFolder, record);
  expect(existsSync(again.workspace.path)).toBe(false);
});
