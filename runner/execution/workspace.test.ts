import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Attempts, type AttemptsOptions } from '../testing/attempts.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { makeRepository, type TestRepository } from '../testing/repositories.ts';
import { readFolderRecord } from './workspace-record.ts';
import { isSetUp, noteSetUp } from './workspace.ts';

let folder: string;
let repository: TestRepository;
let attempts: Attempts;

beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  repository = makeRepository(join(folder, 'repo'), { 'README.md': '# Test\n', 'src/a.js': 'a\n' });
  attempts = new Attempts({ folder });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const withOptions = (options: Omit<AttemptsOptions, 'folder'>): Attempts => new Attempts({ folder, ...options });
const changedIn = (branch: string, base = 'main'): string[] =>
  repository
    .git('-c', 'core.quotePath=false', 'diff', '--name-status', '--no-renames', base, branch)
    .split('\n')
    .filter(Boolean);
/** Everything of the user's that an agent must not be able to move. */
function state(): string[] {
  const refs = repository
    .git('for-each-ref', '--format=%(objectname) %(refname)')
    .split('\n')
    .filter((line) => !/refs\/(overmind|heads\/overmind)\//.test(line));
  const git = join(repository.root, '.git');
  return [
    ...refs,
    readFileSync(join(git, 'config'), 'utf8'),
    readFileSync(join(git, 'HEAD'), 'utf8'),
    readFileSync(join(git, 'index'), 'latin1'),
    repository.git('status', '--porcelain'),
    ...readdirSync(git).sort(),
  ];
}

describe('what an agent makes is taken in', () => {
  test.each([
    ['scaffolded, not committed', 'git init -q my-app && echo "{}" > my-app/package.json'],
    [
      'scaffolded and committed inside',
      'git init -q my-app && cd my-app && echo "{}" > package.json && git add -A && git commit -qm first',
    ],
    [
      'scaffolded and staged outside',
      'git init -q my-app && cd my-app && echo "{}" > package.json && git add -A && git commit -qm first && cd .. && git add -A 2>/dev/null',
    ],
    [
      'scaffolded and committed outside',
      'git init -q my-app && cd my-app && echo "{}" > package.json && git add -A && git commit -qm first && cd .. && git add -A 2>/dev/null && git commit -qm app',
    ],
    ['a clone', 'git clone -q . my-app && cd my-app && git rm -qr . && echo "{}" > package.json'],
  ])('a project of its own inside the repository: %s', async (_name, script) => {
    const { outcome, git, spec } = await attempts.run({ repoRoot: repository.root }, script);
    expect(outcome).toMatchObject({ status: 'completed', reason: 'ok' });
    expect(git?.filesChanged).toBe(1);
    expect(changedIn(spec.branch)).toEqual(['A\tmy-app/package.json']);
  });

  test('a project inside a project, each with its own rules of what to ignore', async () => {
    const script =
      'git init -q a && cd a && echo "*.log" > .gitignore && echo 1 > a.txt && echo 2 > a.log && git init -q b && echo 3 > b/b.txt && mkdir b/node_modules && echo node_modules > b/.gitignore && echo 4 > b/node_modules/x';
    const { spec } = await attempts.run({ repoRoot: repository.root }, script);
    expect(changedIn(spec.branch)).toEqual(['A\ta/.gitignore', 'A\ta/a.txt', 'A\ta/b/.gitignore', 'A\ta/b/b.txt']);
  });

  test.each([
    ['alone', ''],
    ['with another edit', 'echo more >> README.md'],
  ])('a file name that is no UTF-8, created and edited, %s', async (_name, more) => {
    execFileSync(
      'bash',
      [
        '-c',
        `cd ${repository.root} && printf old > $'old-\\xe9.txt' && git add -A && git -c user.name=a -c user.email=a@b commit -qm latin`,
      ],
      { env: { ...process.env, HOME: folder } },
    );
    const made = `printf new > "$(printf 'caf\\351.txt')"; printf more >> "$(printf 'old-\\351.txt')"; mkdir "$(printf 'd\\377')"; printf x > "$(printf 'd\\377/x')"; ${more}`;
    const { outcome, spec, git } = await attempts.run({ repoRoot: repository.root }, made);
    expect(outcome).toMatchObject({ reason: 'ok' });
    expect(git?.filesChanged).toBe(more === '' ? 3 : 4);
    const listed = execFileSync('git', ['diff', '--name-only', '-z', 'main', spec.branch], {
      cwd: repository.root,
      encoding: 'latin1',
    });
    expect(listed).toContain('caf\xe9.txt\0');
    expect(listed).toContain('old-\xe9.txt\0');
    expect(listed).toContain('d\xff/x\0');
  });

  test('names with a new line, a tab, quotes and a backslash, under the default rules', async () => {
    const { outcome, git } = await attempts.run(
      { repoRoot: repository.root },
      `printf x > "$(printf 'a\\nb.txt')"; printf x > "$(printf 'a\\tb')"; printf x > 'q"uote'; printf x > 'back\\slash'`,
    );
    expect([outcome.reason, git?.filesChanged]).toEqual(['ok', 4]);
  });

  test('a folder in place of a file, a file in place of a folder, a link in place of both', async () => {
    repository.commit({ 'lib/x.js': 'x\n', 'data/y': 'y\n' });
    const { spec, outcome } = await attempts.run(
      { repoRoot: repository.root },
      'rm README.md && mkdir README.md && echo 1 > README.md/index.md && rm -r lib && echo lib > lib && rm -r data && ln -s src data',
    );
    expect(outcome.reason).toBe('ok');
    expect(changedIn(spec.branch)).toEqual([
      'D\tREADME.md',
      'A\tREADME.md/index.md',
      'A\tdata',
      'D\tdata/y',
      'A\tlib',
      'D\tlib/x.js',
    ]);
  });

  test('pipes and sockets in place of files are said, and the rest goes in', async () => {
    const { spec, outcome, workspace } = await attempts.run(
      { repoRoot: repository.root },
      'rm README.md && mkfifo README.md && mkfifo new && echo 1 > one',
    );
    expect(changedIn(spec.branch)).toEqual(['D\tREADME.md', 'A\tone']);
    expect(outcome.message).toContain('README.md is a pipe');
    expect(readFolderRecord(attempts.runnerFolder, workspace.name)?.keptWhy).toContain('README.md is a pipe');
  });

  test('a file with Windows line ends under core.autocrlf and core.safecrlf', async () => {
    repository.git('config', 'core.autocrlf', 'input');
    repository.git('config', 'core.safecrlf', 'true');
    const { outcome, git } = await attempts.run(
      { repoRoot: repository.root },
      `printf 'a\\r\\nb\\r\\n' > crlf.txt; echo 1 > one`,
    );
    expect([outcome.reason, git?.filesChanged]).toEqual(['ok', 2]);
  });

  test('what is ignored but was added with force, committed or not', async () => {
    repository.commit({ '.gitignore': '*.local\n' });
    const { spec } = await attempts.run(
      { repoRoot: repository.root },
      'echo 1 > a.local && echo 2 > b.local && echo 3 > c.local && git add -f a.local && git commit -qm a && git add -f b.local',
    );
    expect(changedIn(spec.branch)).toEqual(['A\ta.local', 'A\tb.local']);
  });

  test('a repository that the agent has thrown away or made anew', async () => {
    const gone = await attempts.run({ repoRoot: repository.root }, 'rm -rf .git && echo 1 > one');
    expect(changedIn(gone.spec.branch)).toEqual(['A\tone']);
    const anew = await attempts.run(
      { repoRoot: repository.root },
      'rm -rf .git && git init -q && echo 2 > two && git add -A && git commit -qm anew',
    );
    expect(changedIn(anew.spec.branch)).toEqual(['A\ttwo']);
    expect(anew.outcome.message).toContain('no history in common');
    const broken = await attempts.run(
      { repoRoot: repository.root },
      'echo 3 > three && git add -A && git commit -qm three && rm -rf .git/objects/?? && echo garbage > .git/index',
    );
    expect(changedIn(broken.spec.branch)).toEqual(['A\tthree']);
    expect(broken.outcome.message).toContain("the agent's own commits");
  });

  test('an agent that removes its own folder is told so', async () => {
    await expect(
      attempts.run({ repoRoot: repository.root }, (cwd) => rmSync(cwd, { recursive: true })),
    ).rejects.toMatchObject({ reason: 'worktree_failed', message: expect.stringContaining('removed its own folder') });
  });

  test('1,500 links cost two programs, not 1,500', async () => {
    const { git, outcome } = await attempts.run(
      { repoRoot: repository.root },
      'i=0; while [ $i -lt 1500 ]; do ln -s README.md l$i; i=$((i+1)); done',
    );
    expect([outcome.reason, git?.filesChanged]).toEqual(['ok', 1500]);
  });

  test("a link to packages where the rules ignore such a folder is nobody's change", async () => {
    repository.commit({ '.gitignore': 'node_modules/\n' });
    const { outcome, spec } = await attempts.run(
      { repoRoot: repository.root },
      'ln -s /usr/lib node_modules && mkdir -p sub && ln -s /usr/lib sub/node_modules && echo 1 > one',
    );
    expect(outcome).toMatchObject({ reason: 'ok' });
    expect(changedIn(spec.branch)).toEqual(['A\tone']);
    const other = await attempts.run({ repoRoot: repository.root }, 'ln -s /etc/passwd elsewhere');
    expect(other.outcome).toMatchObject({ reason: 'denied_change' });
  });

  test('denied files are left out of the diff under any name', async () => {
    const script = `printf SECRET > .env; printf SECRET > "$(printf 'caf\\351.pem')"; echo fine > fine`;
    const { outcome, artifacts, paths } = await attempts.run({ repoRoot: repository.root }, script);
    expect(outcome.reason).toBe('denied_change');
    expect(paths).toEqual(['.env', 'caf\\xe9.pem']);
    const diff = readFileSync(artifacts[0]?.file ?? '', 'utf8');
    expect(diff).toContain('fine');
    expect(diff).not.toContain('SECRET');
  });
});

describe("the user's repository", () => {
  test.each([
    [
      'another branch checked out and committed to',
      'git checkout -q main && echo 1 > one && git add -A && git commit -qm one',
    ],
    ['a stash', 'echo 1 >> README.md && git stash -q'],
    [
      'settings',
      'git config user.name Mallory && git config core.hooksPath /tmp/evil && git config --add remote.origin.url x',
    ],
    [
      'branches made, moved and deleted',
      'git branch new && git branch -f main HEAD && git tag t && git branch -D feature',
    ],
    ['locks left behind', 'touch .git/index.lock .git/HEAD.lock .git/refs/heads/main.lock'],
    ['a worktree of its own', 'git worktree add -q ../elsewhere -b elsewhere && rm -rf ../elsewhere'],
    ['everything collected and packed', 'git gc -q --prune=now'],
  ])('is not touched by an agent: %s', async (_name, script) => {
    repository.git('branch', 'feature');
    const before = state();
    await attempts.run({ repoRoot: repository.root }, script);
    expect(state()).toEqual(before);
  });

  test('commits and a stash that are in nothing else are named, and the folder is kept', async () => {
    const { outcome, workspace } = await attempts.run(
      { repoRoot: repository.root },
      'git checkout -qb idea && echo 1 > one && git add -A && git commit -qm one && git checkout -q main && echo 2 >> README.md && git stash -q',
    );
    expect(outcome).toMatchObject({
      reason: 'empty_diff',
      message: expect.stringContaining('commits of the agent on idea'),
    });
    expect(outcome.message).toContain('stashed');
    expect(readFolderRecord(attempts.runnerFolder, workspace.name)).toMatchObject({
      state: 'kept',
      leftOver: expect.arrayContaining(['commits of the agent on idea']),
    });
    expect(existsSync(join(workspace.path, '.git/refs/stash'))).toBe(true);
  });

  test('keeps the base of a folder from its garbage collection', async () => {
    const { workspace } = await attempts.run({ repoRoot: repository.root }, 'echo 1 > one');
    const { baseCommit } = workspace;
    repository.git('checkout', '-q', '--orphan', 'fresh');
    repository.git('commit', '-qm', 'fresh');
    repository.git('branch', '-D', 'main');
    for (const branch of repository.git('branch', '--list', 'overmind/*', '--format=%(refname:short)').split('\n'))
      repository.git('branch', '-D', branch);
    repository.git('reflog', 'expire', '--expire=now', '--all');
    repository.git('gc', '--prune=now', '-q');
    expect(attempts.script(workspace.path, 'git log -1 --format=%H').trim()).toBe(baseCommit);
  });

  test('is served through a .git file, from a linked checkout, a bare one beside it, and a folder in it', async () => {
    repository.commit({ 'packages/shop/index.js': 'shop\n', 'packages/blog/index.js': 'blog\n' });
    const { git, spec, workspace } = await attempts.run(
      { repoRoot: join(repository.root, 'packages', 'shop') },
      'test "$(cat index.js)" = shop && echo 1 > one',
    );
    expect(workspace.cwd).toBe(join(workspace.path, 'packages/shop'));
    expect(git?.filesChanged).toBe(1);
    expect(changedIn(spec.branch)).toEqual(['A\tpackages/shop/one']);

    repository.git('worktree', 'add', '-q', join(folder, 'linked'), '-b', 'side');
    const linked = await attempts.run({ repoRoot: join(folder, 'linked') }, 'echo 2 > two');
    expect([linked.git?.baseBranch, linked.git?.filesChanged]).toEqual(['side', 1]);

    mkdirSync(join(folder, 'project'));
    repository.git('clone', '-q', '--bare', repository.root, join(folder, 'project', '.bare'));
    writeFileSync(join(folder, 'project', '.git'), 'gitdir: ./.bare\n');
    const bare = await attempts.run({ repoRoot: join(folder, 'project') }, 'echo 3 > three');
    expect(bare.git).toMatchObject({ baseBranch: 'main', filesChanged: 1 });
  });

  test.each([
    ['a .git file', (victim: string, at: string) => writeFileSync(join(at, '.git'), `gitdir: ${victim}/.git\n`)],
    ['a link named .git', (victim: string, at: string) => symlinkSync(join(victim, '.git'), join(at, '.git'))],
    [
      'a common folder',
      (victim: string, at: string) => {
        mkdirSync(join(at, '.git'));
        writeFileSync(join(at, '.git', 'HEAD'), 'ref: refs/heads/main\n');
        writeFileSync(join(at, '.git', 'commondir'), join(victim, '.git'));
      },
    ],
    [
      'alternates',
      (victim: string, at: string) => {
        makeRepository(at);
        writeFileSync(join(at, '.git/objects/info/alternates'), `${victim}/.git/objects\n`);
      },
    ],
    [
      'a link among its refs',
      (victim: string, at: string) => {
        makeRepository(at);
        rmSync(join(at, '.git/refs'), { recursive: true });
        symlinkSync(join(victim, '.git/refs'), join(at, '.git/refs'));
      },
    ],
  ])('outside the roots is not reached through %s', async (_name, plant) => {
    const outside = realpathSync(temporaryFolder());
    makeRepository(outside, { 'secret.txt': 'secret\n' });
    mkdirSync(join(folder, 'planted'), { recursive: true });
    plant(outside, join(folder, 'planted'));
    await expect(attempts.run({ repoRoot: join(folder, 'planted') }, 'true')).rejects.toMatchObject({
      reason: 'path_refused',
    });
    rmSync(outside, { recursive: true });
  });

  test('with a branch that stands in the way says so before anything runs', async () => {
    repository.git('branch', 'overmind');
    await expect(attempts.run({ repoRoot: repository.root }, 'true')).rejects.toMatchObject({
      reason: 'worktree_failed',
      message: expect.stringContaining('has a branch named overmind'),
    });
    expect(existsSync(join(attempts.runnerFolder, 'work'))).toBe(false);
  });

  test('that gets such a branch meanwhile costs no work', async () => {
    const run = attempts.run({ repoRoot: repository.root }, (cwd) => {
      writeFileSync(join(cwd, 'one'), '1\n');
      repository.git('branch', 'overmind');
    });
    await expect(run).rejects.toMatchObject({
      reason: 'worktree_failed',
      message: expect.stringMatching(/could not be written.*The work is in/),
    });
    const [name = ''] = readdirSync(join(attempts.runnerFolder, 'work'));
    expect(readFileSync(join(attempts.runnerFolder, 'work', name, 'one'), 'utf8')).toBe('1\n');
    expect(readFolderRecord(attempts.runnerFolder, name)?.keptWhy).not.toBeNull();
  });

  test.each([
    ['main', 'refs/heads/main'],
    ['feature/ü', 'refs/heads/feature/ü'],
  ])('is based on the branch %s', async (branch, ref) => {
    if (branch !== 'main') repository.git('checkout', '-qb', branch);
    const { git } = await attempts.run({ repoRoot: repository.root }, 'echo 1 > one');
    expect(git?.baseCommit).toBe(repository.git('rev-parse', ref));
  });

  test('with sha256, shallow or packed refs', async () => {
    const wide = join(folder, 'sha256');
    mkdirSync(wide);
    execFileSync('git', ['init', '-q', '--object-format=sha256', '-b', 'main'], { cwd: wide });
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-q', '--allow-empty', '-m', 'first'], {
      cwd: wide,
    });
    const long = await attempts.run({ repoRoot: wide }, 'echo 1 > one && git add -A && git commit -qm one');
    expect(long.git?.headCommit).toHaveLength(64);
    repository.commit({ 'b.txt': 'b\n' });
    repository.git('clone', '-q', '--depth', '1', `file://${repository.root}`, join(folder, 'shallow'));
    const shallow = await attempts.run(
      { repoRoot: join(folder, 'shallow') },
      'git log --oneline | wc -l > count && git add -A && git commit -qm count',
    );
    expect(shallow.git?.filesChanged).toBe(1);
  });
});

describe('the diff', () => {
  test('is what the agent did, also after it merged or rebased onto a base that moved on', async () => {
    for (const how of ['git merge -q --no-edit main', 'git rebase -q main']) {
      const first = await attempts.run({ repoRoot: repository.root }, `echo ${how.slice(4, 9)} >> src/a.js`);
      repository.commit({ 'upstream.txt': `${how}\n` }, 'upstream');
      const second = await attempts.run(
        {
          repoRoot: repository.root,
          taskId: first.spec.taskId,
          attempt: 2,
          branch: `${first.spec.branch}-2`,
          startFromBranch: first.spec.branch,
          allowedGlobs: ['src/**'],
        },
        how,
      );
      expect(second.outcome).toMatchObject({ status: 'completed', reason: 'ok' });
      expect(second.git).toMatchObject({ filesChanged: 1, baseCommit: repository.git('rev-parse', 'main') });
      repository.git('merge', '-q', '--no-edit', second.spec.branch);
    }
  });

  test('shows names as they are', async () => {
    const { artifacts } = await attempts.run({ repoRoot: repository.root }, 'echo 1 > Größe.txt');
    expect(readFileSync(artifacts[0]?.file ?? '', 'utf8')).toContain('b/Größe.txt');
  });
});

describe('the folder of a task', () => {
  test('stays in its place over attempts, with what is ignored, and without what is not in the branch', async () => {
    repository.commit({ '.gitignore': 'cache/\n' });
    const first = await attempts.run(
      { repoRoot: repository.root, prompt: { title: 'Make it nice: ünïcode & more' } },
      'mkdir cache && echo warm > cache/x && echo 1 > one && exit 0',
    );
    expect(first.workspace.name).toMatch(/^make-it-nice-u-ni-code-more-[0-9a-f]{8}$/);
    const again = {
      repoRoot: repository.root,
      taskId: first.spec.taskId,
      attempt: 2,
      branch: `${first.spec.branch}-2`,
      prompt: { title: 'Another title' },
    };
    const second = await attempts.run(
      again,
      'test -f cache/x && test ! -e one && test -z "$(git status --porcelain)" && echo 2 > two',
    );
    expect(second.workspace).toMatchObject({ name: first.workspace.name, isFresh: false });
    expect(changedIn(second.spec.branch)).toEqual(['A\ttwo']);
  });

  test('of an attempt whose work was not taken in is put aside, not written over', async () => {
    const first = await attempts.run(
      { repoRoot: repository.root },
      'echo 1 > one && mkfifo pipe && mkfifo README.pipe && rm README.md && mkfifo README.md',
    );
    const second = await attempts.run(
      { repoRoot: repository.root, taskId: first.spec.taskId, attempt: 2, branch: `${first.spec.branch}-2` },
      'test ! -e one && echo 2 > two',
    );
    expect(second.workspace.path).toBe(first.workspace.path);
    expect(readFolderRecord(attempts.runnerFolder, `${first.workspace.name}-attempt-1`)).toMatchObject({
      state: 'kept',
      attempts: 1,
    });
    expect(lstatSync(`${first.workspace.path}-attempt-1/README.md`).isFIFO()).toBe(true);
  });

  test('that somebody has removed by hand is made anew, set-up commands and all', async () => {
    const first = await attempts.run({ repoRoot: repository.root }, 'echo 1 > one');
    noteSetUp(first.workspace);
    rmSync(first.workspace.path, { recursive: true });
    const second = await attempts.run(
      { repoRoot: repository.root, taskId: first.spec.taskId, attempt: 2, branch: `${first.spec.branch}-2` },
      'test -f src/a.js && echo 2 > two',
    );
    expect([second.workspace.path, second.workspace.isFresh, isSetUp(second.workspace)]).toEqual([
      first.workspace.path,
      true,
      false,
    ]);
    expect(changedIn(second.spec.branch)).toEqual(['A\ttwo']);
  });

  test('writes through no link that an earlier attempt has put into its repository', async () => {
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    const first = await attempts.run(
      { repoRoot: repository.root },
      `rm -rf .git/refs .git/objects/info .git/HEAD && ln -s ${outside} .git/refs && ln -s ${outside} .git/objects/info && ln -s ${outside}/HEAD .git/HEAD`,
    );
    await attempts.run(
      { repoRoot: repository.root, taskId: first.spec.taskId, attempt: 2, branch: `${first.spec.branch}-2` },
      'echo 2 > two',
    );
    expect(readdirSync(outside)).toEqual([]);
  });

  test('does not let an agent bring in objects of a repository it was not given', async () => {
    const other = makeRepository(join(folder, 'other'), { 'secret.txt': 'secret\n' });
    const secret = other.git('rev-parse', 'HEAD');
    const { outcome, git } = await attempts.run(
      { repoRoot: repository.root },
      `echo ${other.root}/.git/objects >> .git/objects/info/alternates && echo ${secret} > .git/HEAD && echo 1 > one`,
    );
    expect(git?.filesChanged).toBe(1);
    expect(outcome.message).toContain("the agent's own commits");
    expect(() => repository.git('cat-file', '-e', secret)).toThrow();
    const linked = await attempts.run(
      { repoRoot: repository.root },
      `rm -rf .git/objects/pack && ln -s ${other.root}/.git/objects .git/objects/pack && echo ${secret} > .git/HEAD && echo 2 > two`,
    );
    expect(linked.outcome.message).toContain("the agent's own commits");
    expect(() => repository.git('cat-file', '-e', secret)).toThrow();
  });

  test('gets ignored files by rule, as links or copies, and never secrets', async () => {
    repository.commit({ '.gitignore': 'node_modules/\n*.local\nprivate/\n.env\n' });
    repository.write({
      'node_modules/left-pad/index.js': 'pad\n',
      'settings.local': 'x\n',
      'private/.env': 'S=1\n',
      'private/ok': 'ok\n',
      '.env': 'S=2\n',
    });
    const { workspace, notes, outcome, spec } = await attempts.run(
      {
        repoRoot: repository.root,
        carry: [
          { glob: 'node_modules', how: 'link' },
          { glob: '*.local', how: 'copy' },
          { glob: 'private', how: 'link' },
          { glob: '.env', how: 'copy' },
          { glob: 'nothing', how: 'link' },
        ],
      },
      'cat node_modules/left-pad/index.js settings.local >/dev/null && echo 1 > one',
    );
    expect(lstatSync(join(workspace.path, 'node_modules')).isSymbolicLink()).toBe(true);
    expect(lstatSync(join(workspace.path, 'settings.local')).isFile()).toBe(true);
    expect([existsSync(join(workspace.path, 'private')), existsSync(join(workspace.path, '.env'))]).toEqual([
      false,
      false,
    ]);
    expect(notes.join('\n')).toMatch(/private is not linked.*\.env[\s\S]*\.env is not copied[\s\S]*matches nothing/);
    expect(outcome.reason).toBe('ok');
    expect(changedIn(spec.branch)).toEqual(['A\tone']);
    const copied = await attempts.run({ repoRoot: repository.root, carry: [{ glob: 'private', how: 'copy' }] }, 'true');
    expect(readdirSync(join(copied.workspace.path, 'private'))).toEqual(['ok']);
  });
});

describe('a file that the agent has taken out of its index and not from the disk', () => {
  test.each([
    ['and ignores', 'git rm -q --cached src/a.js && echo "*.js" > .gitignore', ['A\t.gitignore', 'D\tsrc/a.js']],
    [
      'and ignores and changed since',
      'git rm -q --cached src/a.js && echo "*.js" > .gitignore && echo b >> src/a.js',
      ['A\t.gitignore', 'D\tsrc/a.js'],
    ],
    [
      'and ignores, committed',
      'git rm -q --cached src/a.js && echo "*.js" > .gitignore && git add -A && git commit -qm ignored',
      ['A\t.gitignore', 'D\tsrc/a.js'],
    ],
    ['and does not ignore', 'git rm -q --cached src/a.js && echo b > b', ['A\tb']],
    ['with the whole index gone', 'rm .git/index && echo "*.js" > .gitignore', ['A\t.gitignore']],
    ['with an index that is broken', 'echo broken > .git/index && echo "*.js" > .gitignore', ['A\t.gitignore']],
    ['which it only ignores', 'echo "*.js" > .gitignore', ['A\t.gitignore']],
  ])('%s', async (_name, script, changed) => {
    const { spec } = await attempts.run({ repoRoot: repository.root }, script);
    expect(changedIn(spec.branch)).toEqual(changed);
  });
});

describe('filters', () => {
  const crypt = 'tr a-zA-Z n-za-mN-ZA-M';
  const configure = (file: string): void =>
    writeFileSync(file, `[filter "crypt"]\n\tclean = ${crypt}\n\tsmudge = ${crypt}\n\trequired = true\n`);

  test.each([
    ['new', 'echo secret > new.key.txt'],
    ['changed', 'echo secret > old.key.txt'],
    ['committed by the agent', 'echo secret > new.key.txt && git add -A && git commit -qm secret'],
    ['with its attribute taken away', 'echo > .gitattributes && echo secret > new.key.txt'],
  ])('of the repository itself do not run, and files that need them are refused by name: %s', async (_name, script) => {
    repository.commit({ '.gitattributes': '*.key.txt filter=crypt\n', 'old.key.txt': 'byq\n' });
    execFileSync('sh', ['-c', `git config filter.crypt.clean '${crypt}'; git config filter.crypt.smudge '${crypt}'`], {
      cwd: repository.root,
    });
    const { outcome, paths } = await attempts.run({ repoRoot: repository.root }, script);
    expect(outcome).toMatchObject({
      status: 'failed',
      reason: 'denied_change',
      message: expect.stringContaining('needs the Git filter crypt'),
    });
    expect(paths.some((path) => path.endsWith('.key.txt'))).toBe(true);
  });

  test("of the user's own configuration run when the policy trusts them, whoever commits", async () => {
    const home = join(folder, 'home');
    mkdirSync(home);
    configure(join(home, '.gitconfig'));
    repository.commit({ '.gitattributes': '*.key.txt filter=crypt\n', 'old.key.txt': 'byq\n' });
    const trusting = withOptions({ home, policy: { filters: ['crypt'] } });
    for (const script of [
      'echo secret > new.key.txt',
      'echo secret > new.key.txt && git add -A && git -c filter.crypt.clean=cat -c filter.crypt.required=false commit -qm raw',
    ]) {
      const { outcome, spec } = await trusting.run(
        { repoRoot: repository.root },
        `test "$(cat old.key.txt)" = old && ${script}`,
      );
      expect(outcome).toMatchObject({ status: 'completed', reason: 'ok' });
      expect(changedIn(spec.branch)).toEqual(['A\tnew.key.txt']);
      expect(repository.git('show', `${spec.branch}:new.key.txt`)).toBe('frperg');
      expect(repository.git('log', '-p', '--format=', `main..${spec.branch}`)).not.toContain('secret');
    }
    const untrusting = withOptions({ home });
    expect((await untrusting.run({ repoRoot: repository.root }, 'echo secret > new.key.txt')).outcome.reason).toBe(
      'denied_change',
    );
  });

  test.each([
    [
      'one that is not trusted at the base, a trusted one by the agent',
      'other',
      'crypt',
      'echo x > new.key.txt',
      'denied_change',
    ],
    [
      'a trusted one at the base, one that is not trusted by the agent',
      'crypt',
      'other',
      'echo x > new.key.txt',
      'denied_change',
    ],
    [
      'the same in a folder of its own',
      'crypt',
      'crypt',
      'mkdir d && echo "*.key.txt filter=other" > d/.gitattributes && echo x > d/new.key.txt',
      'denied_change',
    ],
    ['trusted ones in both', 'crypt', 'turn', 'echo x > new.key.txt', 'ok'],
    [
      'one that is not trusted for a link, which goes through none',
      'other',
      'other',
      'ln -s README.md new.key.txt',
      'ok',
    ],
  ])('two filters for a path, %s', async (_name, atBase, byAgent, script, reason) => {
    const home = join(folder, 'home');
    mkdirSync(home);
    configure(join(home, '.gitconfig'));
    writeFileSync(join(home, '.gitconfig'), `[filter "turn"]\n\tclean = ${crypt}\n\tsmudge = ${crypt}\n`, {
      flag: 'a',
    });
    repository.commit({ '.gitattributes': `*.key.txt filter=${atBase}\n` });
    repository.git('config', 'filter.other.clean', 'rev');
    const { outcome, paths } = await withOptions({ home, policy: { filters: ['crypt', 'turn'] } }).run(
      { repoRoot: repository.root },
      `echo "*.key.txt filter=${byAgent}" > .gitattributes && ${script}`,
    );
    expect(outcome.reason).toBe(reason);
    expect(paths.filter((path) => path.endsWith('.key.txt'))).toHaveLength(reason === 'ok' ? 0 : 1);
    if (reason !== 'ok') expect(outcome.message).toContain('needs the Git filter other');
  });
});

describe('files that can not be read', () => {
  const asUser = process.getuid?.() === 0;

  test('of our own are made readable; nothing is left out in silence', async () => {
    // As root everything can be read: then only the outcome counts.
    const { outcome, git } = await attempts.run(
      { repoRoot: repository.root },
      'echo 1 > closed && chmod 000 closed && mkdir shut && echo 2 > shut/x && chmod 000 shut && echo 3 > open',
    );
    expect([outcome.reason, git?.filesChanged, asUser || outcome.message.startsWith('3 files')]).toEqual([
      'ok',
      3,
      true,
    ]);
  });
});

test('a repository that is missing something says what', async () => {
  const broken = join(folder, 'broken');
  cpSync(repository.root, broken, { recursive: true });
  rmSync(join(broken, '.git/objects'), { recursive: true });
  mkdirSync(join(broken, '.git/objects'));
  await expect(attempts.run({ repoRoot: broken }, 'true')).rejects.toMatchObject({
    reason: expect.stringMatching(/repo_missing|worktree_failed/),
  });
  chmodSync(join(broken, '.git'), 0o755);
});
