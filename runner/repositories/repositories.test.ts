import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RepositoryCheck, RepositoryReport } from '#contract/repositories.ts';
import { Git } from '../execution/git.ts';
import { RunFailure } from '../execution/outcome.ts';
import { RunnerPolicy } from '../execution/policy.ts';
import { Attempts } from '../testing/attempts.ts';
import { makeRepository, type TestRepository } from '../testing/repositories.ts';
import { makeRunSpec } from '../testing/run-specs.ts';
import { silentLogger } from '../testing/silent-logger.ts';
import { checkGrant } from './check-grant.ts';
import { checkRepositoryPath } from './check.ts';
import { discoverRepositories } from './discover.ts';
import type { Machine } from './machine.ts';
import { firstRemoteUrl, withoutCredentials } from './remote-url.ts';

let folder: string;
let machine: Machine;
let app: TestRepository;
let mono: TestRepository;
const at = (...names: string[]): string => join(folder, ...names);
const isRoot = process.getuid?.() === 0;

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'overmind-look-')));
  app = makeRepository(at('roots', 'team', 'app'));
  app.git('remote', 'add', 'origin', 'https://ada:secret-token@git.example.org/team/app.git');
  app.commit({ 'a.txt': 'a\n' }, 'Second\n\nMore about it');
  app.git('worktree', 'add', '--quiet', '-b', 'feature/x', at('roots', 'linked'));
  mono = makeRepository(at('roots', 'mono'), { 'packages/web/index.js': '1\n' });
  makeRepository(at('roots', 'mono', 'vendor', 'nested'));
  makeRepository(at('elsewhere', 'victim'));
  app.git('clone', '--quiet', '--bare', app.root, at('roots', 'store.git'));
  mkdirSync(at('roots', 'empty'));
  app.git('init', '--quiet', at('roots', 'empty'));
  mkdirSync(at('roots', 'plain', 'node_modules', 'pkg'), { recursive: true });
  makeRepository(at('roots', 'plain', 'node_modules', 'pkg', 'inner'));
  makeRepository(at('roots', '.cache', 'hidden'));
  makeRepository(at('roots', 'runner', 'runs', 'r1'));
  // A .git file that leads out of the roots, and a link that does.
  mkdirSync(at('roots', 'pointing'));
  writeFileSync(at('roots', 'pointing', '.git'), `gitdir: ${at('elsewhere', 'victim', '.git')}\n`);
  symlinkSync(at('elsewhere', 'victim'), at('roots', 'link-out'));
  symlinkSync(app.root, at('roots', 'link-in'));
  symlinkSync(mono.root, join(app.root, 'link-to-mono'));
  // One that borrows its objects from outside.
  app.git('clone', '--quiet', '--shared', at('elsewhere', 'victim'), at('roots', 'borrowing'));
  // `.git` beside a bare repository, as some lay out their worktrees.
  mkdirSync(at('roots', 'dotbare'));
  app.git('clone', '--quiet', '--bare', app.root, at('roots', 'dotbare', '.bare'));
  writeFileSync(at('roots', 'dotbare', '.git'), 'gitdir: ./.bare\n');
  for (const name of ['no-objects', 'cut-head', 'gone-commit'])
    cpSync(app.root, at('roots', name), { recursive: true, verbatimSymlinks: true });
  rmSync(at('roots', 'no-objects', '.git', 'objects'), { recursive: true });
  writeFileSync(at('roots', 'cut-head', '.git', 'HEAD'), '\0\0\0');
  for (const name of ['objects']) rmSync(at('roots', 'gone-commit', '.git', name), { recursive: true });
  mkdirSync(at('roots', 'gone-commit', '.git', 'objects'));
  writeFileSync(at('roots', 'file.txt'), 'x');
  symlinkSync('circle', at('roots', 'circle'));
  // A short name for a path that is too long to be told.
  const deep = at('deep', ...Array.from({ length: 6 }, () => 'd'.repeat(200)));
  mkdirSync(deep, { recursive: true });
  symlinkSync(deep, at('roots', 'to-deep'));
  machine = {
    policy: RunnerPolicy.parse({ roots: [at('roots'), at('deep'), at('missing-root')], executables: {} }),
    git: new Git('/usr/bin/git', '/usr/bin:/bin'),
    runnerFolder: at('roots', 'runner'),
    logger: silentLogger,
  };
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('looking for repositories', () => {
  test('finds what lies under the roots, with what a person knows it by and without what gives access', async () => {
    const report = RepositoryReport.parse(await discoverRepositories(machine));
    expect(report.isComplete).toBe(true);
    const found = new Map(report.repositories.map(({ path, facts }) => [path.slice(at('roots').length + 1), facts]));
    // Left out: links, node_modules, hidden folders, our own folder, what leads out of the roots, what can not be read.
    expect([...found.keys()]).toEqual([
      'dotbare',
      'empty',
      'gone-commit',
      'linked',
      'mono',
      'mono/vendor/nested',
      'store.git',
      'team/app',
    ]);
    expect(found.get('team/app')).toEqual({
      branch: 'main',
      remoteUrl: 'https://git.example.org/team/app.git',
      isBare: false,
      worktreeOf: null,
      lastCommit: {
        hash: app.git('rev-parse', 'HEAD'),
        at: new Date(app.git('log', '-1', '--format=%cI')).toISOString(),
        subject: 'Second',
      },
    });
    expect(found.get('linked')).toMatchObject({
      branch: 'feature/x',
      worktreeOf: app.root,
      isBare: false,
      lastCommit: { subject: 'Second' },
    });
    expect(found.get('store.git')).toMatchObject({ isBare: true, branch: 'main' });
    expect(found.get('dotbare')).toMatchObject({ isBare: true });
    expect(found.get('empty')).toMatchObject({ lastCommit: null });
    expect(JSON.stringify(report)).not.toContain('secret-token');
  });

  test('runs no program that a repository names', async () => {
    const hostile = makeRepository(at('hostile', 'repo'));
    const mark = at('ran');
    writeFileSync(at('hook.sh'), `#!/bin/sh\ntouch ${mark}\n`);
    chmodSync(at('hook.sh'), 0o755);
    for (const key of [
      'core.fsmonitor',
      'core.pager',
      'core.sshCommand',
      'diff.external',
      'log.showSignature',
      'gpg.program',
      'core.alternateRefsCommand',
      'filter.x.smudge',
    ])
      hostile.git('config', key, at('hook.sh'));
    const report = await discoverRepositories({ ...machine, policy: { ...machine.policy, roots: [at('hostile')] } });
    expect(report.repositories).toMatchObject([{ facts: { lastCommit: { subject: 'first' } } }]);
    expect(
      await checkRepositoryPath({ ...machine, policy: { ...machine.policy, roots: [at('hostile')] } }, hostile.root),
    ).toMatchObject({ problem: null });
    expect(() => realpathSync(mark)).toThrow(/ENOENT/);
  });

  test('says so when time is up, having seen what lies near the roots', async () => {
    let now = 0;
    const report = await discoverRepositories(machine, () => (now += 1_000));
    expect(report.isComplete).toBe(false);
  });
});

describe('looking at a typed path', () => {
  const check = async (path: string, policy: Partial<RunnerPolicy> = {}) =>
    RepositoryCheck.parse(await checkRepositoryPath({ ...machine, policy: { ...machine.policy, ...policy } }, path));

  test('of a repository says its branch; of a folder in one, where that starts; of a link, where it leads', async () => {
    expect(await check(app.root)).toMatchObject({
      problem: null,
      root: app.root,
      subfolder: '',
      message: 'A repository on the branch main.',
      facts: { branch: 'main' },
    });
    expect(await check(at('roots', 'mono', 'packages', 'web'))).toMatchObject({
      problem: null,
      root: mono.root,
      subfolder: 'packages/web',
      message: `The repository starts at ${mono.root}; work is done in its folder packages/web.`,
    });
    expect(await check(at('roots', 'link-in'))).toMatchObject({ problem: null, root: app.root, subfolder: '' });
    expect(await check(join(app.root, 'link-to-mono', 'packages'))).toMatchObject({
      problem: null,
      root: mono.root,
      subfolder: 'packages',
    });
    expect(await check(at('roots', 'linked'))).toMatchObject({ problem: null, facts: { worktreeOf: app.root } });
  });

  test.each([
    ['missing', ['roots', 'nothing'], /^There is no folder .*\/nothing, or this runner may not look into it\.$/],
    ['not_a_folder', ['roots', 'file.txt'], /^.*\/file\.txt is not a folder\.$/],
    ['not_a_repository', ['roots', 'plain'], /^.*\/plain is not a Git repository, nor in one\.$/],
    [
      'outside_roots',
      ['elsewhere', 'victim'],
      /^.*\/elsewhere\/victim is outside the folders that this runner's policy allows\.$/,
    ],
    ['outside_roots', ['elsewhere', 'nothing'], /outside the folders/],
    ['outside_roots', ['roots', 'link-out'], /outside the folders/],
    ['outside_roots', ['roots', 'link-out', 'nothing', 'deep'], /outside the folders/],
    ['outside_roots', ['roots', 'runner', 'runs', 'r1'], /outside the folders/],
    ['outside_roots', ['roots-evil'], /outside the folders/],
    ['points_outside', ['roots', 'pointing'], /keeps its history outside of the folders/],
    ['points_outside', ['roots', 'borrowing'], /keeps its history outside of the folders/],
    ['no_commits', ['roots', 'empty'], /has no commit yet: make a first one\.$/],
    ['bare', ['roots', 'store.git'], /is a bare repository/],
    ['bare', ['roots', 'dotbare'], /is a bare repository/],
    ['corrupt', ['roots', 'no-objects'], /without objects/],
    ['corrupt', ['roots', 'cut-head'], /can not be read as a Git repository|damaged/],
    ['corrupt', ['roots', 'gone-commit'], /The last commit of .* can not be read/],
  ])('%s: %j', async (problem, names, says) => {
    const answer = await check(at(...names));
    expect(answer.problem).toBe(problem);
    expect(answer.facts?.lastCommit ?? null).toBeNull();
    expect(answer.message).toMatch(says);
    if (problem === 'outside_roots')
      expect(answer).toEqual({
        problem,
        message: `${at(...names)} is outside the folders that this runner's policy allows.`,
        root: null,
        subfolder: '',
        facts: null,
      });
  });

  const LONG = 'x'.repeat(256);
  test.each([
    [
      'a name of 256 bytes',
      'missing',
      () => at('roots', LONG),
      /^A name in a path has at most 255 bytes, and one in .*x is longer\.$/,
    ],
    ['a folder below such a name', 'missing', () => at('roots', LONG, 'app'), /at most 255 bytes/],
    ['such a name in letters of several bytes', 'missing', () => at('roots', 'ä'.repeat(128)), /at most 255 bytes/],
    ['such a name outside of the roots', 'outside_roots', () => join('/etc', LONG), /outside the folders/],
    ['links in a circle', 'missing', () => at('roots', 'circle', 'app'), /There is no folder/],
    ['a folder below a file', 'missing', () => at('roots', 'file.txt', 'app'), /There is no folder/],
    ['a NUL byte', 'missing', () => at('roots', 'a\0b'), /There is no folder/],
    [
      'a long path, whose answer keeps its end',
      'missing',
      () => at('roots', ...Array.from({ length: 9 }, () => 'y'.repeat(100))),
      /…[y/]+, or this runner may not look into it\.$/,
    ],
    [
      'a link to a path that is longer than may be told',
      'missing',
      () => at('roots', 'to-deep'),
      /leads to a path of more than 1,024 characters/,
    ],
  ])('%s is answered at once', async (_name, problem, path, says) => {
    expect(await check(path())).toMatchObject({ problem, message: expect.stringMatching(says) as string });
  });

  test.runIf(isRoot)('a folder that this runner may not look into is answered at once', async () => {
    mkdirSync(at('roots', 'closed'), { mode: 0o700 });
    chmodSync(folder, 0o755);
    process.seteuid?.(12_345);
    try {
      expect(await check(at('roots', 'closed'))).toMatchObject({
        problem: 'missing',
        message: expect.stringContaining('may not look into it') as string,
      });
      expect(await check(at('roots', 'closed', 'app'))).toMatchObject({ problem: 'missing' });
    } finally {
      process.seteuid?.(0);
      rmSync(at('roots', 'closed'), { recursive: true });
    }
  });

  test.each([
    ['the .git of a checkout', () => join(app.root, '.git'), () => app.root],
    ['a folder in it', () => join(app.root, '.git', 'refs', 'heads'), () => app.root],
    ['a file in it', () => join(app.root, '.git', 'config'), () => app.root],
    ['what it keeps of a worktree', () => join(app.root, '.git', 'worktrees', 'linked'), () => app.root],
    ['the .git of a worktree, which is a file', () => at('roots', 'linked', '.git'), () => at('roots', 'linked')],
  ])('%s: says what to type instead', async (_name, path, instead) => {
    expect(await check(path())).toMatchObject({
      problem: 'not_a_repository',
      message: `${path()} belongs to Git itself. Type the folder of the repository instead: ${instead()}`,
      root: null,
    });
  });

  test.runIf(isRoot)('belongs to another user', async () => {
    const other = makeRepository(at('roots', 'others'));
    chownSync(other.root, 12_345, 12_345);
    expect(await check(other.root)).toMatchObject({
      problem: 'other_owner',
      message: expect.stringContaining('allowOtherOwners') as string,
    });
    rmSync(other.root, { recursive: true });
  });
});

describe('a typed path and a run there are judged alike', () => {
  const objects = (...names: string[]): string => at('agree', ...names, '.git', 'objects');
  const lend = (from: string, ...lines: string[]): void =>
    writeFileSync(join(from, 'info', 'alternates'), lines.map((line) => `${line}\n`).join(''));
  const lender = (name: string): string => join(makeRepository(at('agree', name)).root, '.git', 'objects');
  const victim = (): string => at('elsewhere', 'victim', '.git', 'objects');
  const linkAway = (path: string, to: string): void => {
    cpSync(path, to, { recursive: true });
    rmSync(path, { recursive: true });
    symlinkSync(to, path);
  };
  /** A row of lenders, each of the next. @returns their objects' folders */
  const row = (length: number, last: string): string[] => {
    const all = Array.from({ length }, (_, i) => lender(`row-${length}-${i}`));
    all.forEach((folder, i) => lend(folder, all[i + 1] ?? last));
    return all;
  };
  let attempts: Attempts;
  beforeAll(() => {
    mkdirSync(at('agree'));
    attempts = new Attempts({ folder: at('agree') });
  });
  afterAll(() => rmSync(at('agree'), { recursive: true }));

  const OUTSIDE = ['points_outside', 'path_refused'],
    BROKEN = ['corrupt', 'repo_missing'],
    FINE = [null, null];
  test.each<[string, (string | null)[], (name: string) => void]>([
    ['an alternate outside', OUTSIDE, (name) => lend(objects(name), victim())],
    ['a relative one', OUTSIDE, (name) => lend(objects(name), relative(objects(name), victim()))],
    [
      'one that is a link',
      OUTSIDE,
      (name) => {
        symlinkSync(victim(), at('agree', 'link-to-victim'));
        lend(objects(name), at('agree', 'link-to-victim'));
      },
    ],
    ['one outside that is not there', OUTSIDE, (name) => lend(objects(name), at('elsewhere', 'gone', 'objects'))],
    ['an alternate of an alternate', OUTSIDE, (name) => lend(objects(name), ...row(1, victim()))],
    ['the last one that Git reads in a row', OUTSIDE, (name) => lend(objects(name), row(5, victim())[0] ?? '')],
    [
      "one that Git reads only by way of the agent's own repository",
      OUTSIDE,
      (name) => lend(objects(name), row(8, victim())[0] ?? ''),
    ],
    ['one in quotes', OUTSIDE, (name) => lend(objects(name), `"${victim().replace('victim', '\\166ictim')}"`)],
    ['one after a closing quote', OUTSIDE, (name) => lend(objects(name), `"x"y${victim()}`)],
    [
      "one in the runner's folder",
      OUTSIDE,
      (name) => {
        makeRepository(at('agree', 'runner', 'work', 'other'));
        lend(objects(name), objects('runner', 'work', 'other'));
      },
    ],
    ['objects that are a link', OUTSIDE, (name) => linkAway(objects(name), at('elsewhere', 'objects'))],
    ['packs that are a link', OUTSIDE, (name) => linkAway(join(objects(name), 'pack'), at('elsewhere', 'pack'))],
    [
      'packs of an alternate that are a link',
      OUTSIDE,
      (name) => {
        const folder = lender('linked-packs');
        linkAway(join(folder, 'pack'), at('elsewhere', 'lent-pack'));
        lend(objects(name), folder);
      },
    ],
    ['refs that are a link', OUTSIDE, (name) => linkAway(join(objects(name), '..', 'refs'), at('elsewhere', 'refs'))],
    [
      'a common folder',
      OUTSIDE,
      (name) => writeFileSync(join(objects(name), '..', 'commondir'), `${join(victim(), '..')}\n`),
    ],
    [
      "a common folder in the runner's",
      OUTSIDE,
      (name) => {
        makeRepository(at('agree', 'runner', 'work', 'common'));
        writeFileSync(join(objects(name), '..', 'commondir'), at('agree', 'runner', 'work', 'common', '.git'));
      },
    ],
    [
      'a common folder that is gone',
      BROKEN,
      (name) => writeFileSync(join(objects(name), '..', 'commondir'), '../gone\n'),
    ],
    ['an alternate with a name too long', BROKEN, (name) => lend(objects(name), at('x'.repeat(300)))],
    ['alternates larger than Git would write them', BROKEN, (name) => lend(objects(name), '#'.repeat(70_000))],
    ['no HEAD', BROKEN, (name) => rmSync(join(objects(name), '..', 'HEAD'))],
    [
      'alternates inside, one of them relative',
      FINE,
      (name) => lend(objects(name), lender('lender-1'), relative(objects(name), lender('lender-2'))),
    ],
    ['one inside that is not there', FINE, (name) => lend(objects(name), at('agree', 'gone', 'objects'))],
    [
      'one that is a file',
      FINE,
      (name) => {
        writeFileSync(at('agree', 'file'), '');
        lend(objects(name), at('agree', 'file'));
      },
    ],
    ['a circle of them', FINE, (name) => lend(objects(name), row(2, objects(name))[0] ?? '')],
    ['objects that are a link to inside', FINE, (name) => linkAway(objects(name), at('agree', 'objects-inside'))],
    [
      'a worktree of a repository inside',
      FINE,
      (name) => {
        const main = makeRepository(at('agree', 'main'));
        rmSync(at('agree', name), { recursive: true });
        main.git('worktree', 'add', '--quiet', '-b', 'side', at('agree', name));
      },
    ],
  ])('%s', async (title, [problem, reason], plant) => {
    const name = title.replaceAll(/\W/g, '-');
    const { root } = makeRepository(at('agree', name));
    plant(name);
    const { host, runnerFolder } = attempts;
    const checked = await checkRepositoryPath({ ...machine, policy: host.policy, runnerFolder }, root);
    const started = await attempts.run({ repoRoot: root }, 'true').then(
      () => null,
      (error: unknown) => (error instanceof RunFailure ? error.reason : error),
    );
    expect([checked.problem, started]).toEqual([problem, reason]);
    const told = await discoverRepositories({ ...machine, policy: host.policy, runnerFolder });
    expect(told.repositories.some(({ path }) => path === root)).toBe(problem === null);
  });
});

describe('the granted repository', () => {
  const checkAt = (repoRoot: string, grantedRoot: string): void =>
    checkGrant(makeRunSpec({ repoRoot, grantedRoot }), realpathSync(repoRoot));

  test('lets a run work in it and in its folders', () => {
    for (const path of [mono.root, join(mono.root, 'packages'), join(mono.root, 'packages', 'web')])
      expect(() => checkAt(path, mono.root)).not.toThrow();
    expect(() => checkAt(at('roots', 'link-in'), at('roots', 'link-in'))).not.toThrow();
  });

  test.each([
    ['a link in it that leads elsewhere', () => [join(app.root, 'link-to-mono'), app.root]],
    ['a folder behind such a link', () => [join(app.root, 'link-to-mono', 'packages'), app.root]],
    ['another repository', () => [mono.root, app.root]],
    ['a repository inside of it', () => [join(mono.root, 'vendor', 'nested'), mono.root]],
    ['the folder above it', () => [at('roots'), app.root]],
    ['a repository that is gone', () => [app.root, at('roots', 'gone')]],
  ])('does not let it work in %s', (_name, paths) => {
    const [repoRoot = '', grantedRoot = ''] = paths();
    expect(() => checkAt(repoRoot, grantedRoot)).toThrow(expect.objectContaining({ reason: 'path_refused' }) as Error);
  });
});

describe('the address of a remote', () => {
  test.each([
    ['https://user:token@host/x.git', 'https://host/x.git'],
    ['https://ghp_token@host/x', 'https://host/x'],
    ['https://host/x?private_token=1#y', 'https://host/x'],
    ['ssh://git:secret@host:22/x', 'ssh://git@host:22/x'],
    ['git@host:team/x.git', 'git@host:team/x.git'],
    ['/srv/git/x', '/srv/git/x'],
    ['ext::sh -c "curl secret"', null],
    ['javascript:alert(1)', null],
    ['https://host/\u0007', null],
    [`https://host/${'x'.repeat(2_000)}`, null],
    ['transport::address', null],
    ['user:token@host/x', null],
    ['user:pass@host.example:x', null],
    ['host.example:x', 'host.example:x'],
  ])('%s is told as %s', (url, told) => {
    expect(withoutCredentials(url)).toBe(told);
  });

  test('is that of origin, else of the first', () => {
    expect(
      firstRemoteUrl(
        '[remote "fork"]\n\turl = https://host/fork\n[remote "origin"]\n\turl = "https://host/x"\n\tfetch = y\n',
      ),
    ).toBe('https://host/x');
    expect(firstRemoteUrl('[core]\n\turl = https://host/no\n[remote "fork"]\n\turl=https://host/fork\n')).toBe(
      'https://host/fork',
    );
    expect(firstRemoteUrl('[core]\n')).toBeNull();
  });
});
