import {
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
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { findRunProcesses, signal } from './execution/processes.ts';
import { fixedPolicies } from './execution/policies.ts';
import { RunnerPolicy } from './execution/policy.ts';
import type { Runner } from './runner.ts';
import { FakeControlPlane } from './testing/fake-control-plane.ts';
import { BUBBLEWRAP, buildProgram, program, PROGRAMS_FOLDER, temporaryFolder, until } from './testing/programs.ts';
import { makeRepository, type TestRepository } from './testing/repositories.ts';
import { makeRunSpec } from './testing/run-specs.ts';
import { startRunner } from './testing/start-runner.ts';

let keeperFile: string;
let folder: string;
let repository: TestRepository;
let controlPlane: FakeControlPlane;
let runner: Runner;

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
});
beforeEach(async () => {
  folder = realpathSync(temporaryFolder());
  repository = makeRepository(join(folder, 'repos', 'repo'), { 'README.md': '# Test\n', 'AGENTS.md': 'Be brief.\n' });
  controlPlane = new FakeControlPlane();
  runner = await start();
});
afterEach(async () => {
  await runner.stop(true);
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => rmSync(keeperFile, { force: true }));

const SECRET = 'tok-1234567890-abcdef';

async function start(): Promise<Runner> {
  const policy = RunnerPolicy.parse({
    roots: [join(folder, 'repos')],
    executables: { node: { path: process.execPath }, sh: {}, git: {}, 'not-installed': {} },
    envNames: ['API_TOKEN', 'PLAIN', 'NOT_SET', 'NOR_THIS'],
    capacity: 2,
    limits: { minFreeBytes: 0 },
    sandbox: { readablePaths: [PROGRAMS_FOLDER] },
  });
  const { runner: started, ready } = startRunner({
    folder: join(folder, 'runner'),
    policies: fixedPolicies(policy),
    controlPlane,
    keeperFile,
    sandboxFile: BUBBLEWRAP,
    env: {
      PATH: `${join(folder, 'repos', 'repo')}:/usr/bin:/bin`,
      HOME: '/tmp',
      API_TOKEN: SECRET,
      PLAIN: 'plain',
      UNLISTED: 'nobody sees me',
      ANTHROPIC_API_KEY: 'key-that-is-not-handed-out',
      LANG: 'C.UTF-8',
    },
  });
  await ready;
  return started;
}

type Part = Omit<Parameters<typeof makeRunSpec>[0], 'repoRoot'> & { repoRoot?: string };
const node = (...args: string[]): string[] => ['node', ...args];
const offer = (part: Part): ReturnType<FakeControlPlane['offer']> =>
  controlPlane.offer(makeRunSpec({ repoRoot: repository.root, ...part }));
const files = (contents: object): string[][] => [node(...program('write-files', JSON.stringify(contents)))];

test("a task becomes a commit on its own branch, with its log and its diff; the user's repository gets that branch, and nothing else", async () => {
  const run = offer({
    commands: files({ 'docs/a.md': 'hello\n', 'README.md': '# Better\n' }),
    prompt: { title: 'Write docs' },
  });
  const result = await controlPlane.ended(run);
  expect(result).toMatchObject({
    status: 'completed',
    reason: 'ok',
    exitCode: 0,
    git: { baseBranch: 'main', branch: run.spec.branch, filesChanged: 2, additions: 2, deletions: 1 },
    paths: [],
  });
  expect(result.summary).toBe('wrote docs/a.md\nwrote README.md');
  expect(run.lines[0]).toMatch(/^3:Working on overmind\/.* from main at /);
  expect(run.lines).toContain('1:wrote docs/a.md');
  expect(run.artifacts).toHaveLength(1);
  expect(run.artifacts[0]?.text).toContain('+hello');
  expect(repository.git('log', '-1', '--format=%an: %s', run.spec.branch)).toBe('backend: Write docs');
  expect(repository.git('status', '--porcelain')).toBe('');
  expect(repository.git('worktree', 'list').split('\n')).toHaveLength(1);
  await until(() => readdirSync(join(folder, 'runner', 'runs')).length === 0, 'the run folder to be removed');
  const [name = ''] = readdirSync(join(folder, 'runner', 'work'));
  expect(name).toMatch(/^write-docs-[0-9a-f]{8}$/);
  expect(repository.git('for-each-ref', '--format=%(refname)')).toBe(
    `refs/heads/main\nrefs/heads/${run.spec.branch}\nrefs/overmind/base/${name}`,
  );
});

test('the task reaches the program by standard input and by file, the environment only by allow-list', async () => {
  const run = offer({
    commands: [node(...program('show-task'))],
    env: ['API_TOKEN', 'PLAIN'],
    prompt: { title: 'Look; rm -rf $HOME `x`', feedback: 'Shorter, please', agentPrompt: { file: 'AGENTS.md' } },
  });
  await controlPlane.ended(run);
  const text = run.lines.join('\n');
  expect(text).toContain('1:Be brief.\n1:\n1:# Task: Look; rm -rf $HOME `x`');
  expect(text).toContain('Shorter, please');
  expect(text).toContain('"title": "Look; rm -rf $HOME `x`"');
  const names = /variables: (.*)/.exec(text)?.[1]?.split(' ') ?? [];
  expect(names).toEqual(expect.arrayContaining(['API_TOKEN', 'OVERMIND_TASK_FILE', 'PATH', 'PLAIN']));
  expect(names).not.toContain('UNLISTED');
});

test.each([
  [['PLAIN', 'NOT_SET', 'NOR_THIS'], ['3:Not set in the environment of runner test-runner: NOT_SET, NOR_THIS']],
  [['PLAIN'], []],
])('a run says which variables its agent asks for in vain: of %j', async (env, notes) => {
  const run = offer({ commands: files({ 'a.txt': 'a' }), env });
  expect((await controlPlane.ended(run)).status).toBe('completed');
  expect(run.lines.filter((line) => line.includes('Not set'))).toEqual(notes);
});

test('secrets are masked in the log, the summary and the diff', async () => {
  const run = offer({
    env: ['API_TOKEN'],
    commands: [
      node(
        '-e',
        'console.log("token " + process.env.API_TOKEN); require("fs").writeFileSync("t.txt", process.env.API_TOKEN)',
      ),
    ],
  });
  const result = await controlPlane.ended(run);
  expect(run.lines).toContain('1:token ***');
  expect(result.summary).toBe('token ***');
  expect(JSON.stringify([run.lines, run.artifacts, result])).not.toContain(SECRET);
});

test.each([
  ['outside the roots', { repoRoot: '/etc' }, 'path_refused', /outside the folders/],
  ["outside the agent's roots", { allowedRoots: ['/srv'] }, 'path_refused', /agent's config/],
  [
    'a command that the policy does not list',
    { commands: [['curl', 'x']] },
    'command_refused',
    /`curl`.*allowed: git, node, not-installed, sh/,
  ],
  ['a path as a command', { commands: [['/bin/sh', '-c', 'x']] }, 'command_refused', /`\/bin\/sh`/],
  [
    'a command that is not installed',
    { commands: [['not-installed']] },
    'command_missing',
    /`not-installed` is not installed on runner test-runner \(looked in \/usr\/bin, \/bin\)/,
  ],
  ['a variable that the policy does not hand out', { env: ['UNLISTED'] }, 'command_refused', /UNLISTED/],
  ['a base branch that does not exist', { baseBranch: 'nope' }, 'repo_missing', /no branch nope/],
  ['instructions that are not there', { prompt: { agentPrompt: { file: 'nope.md' } } }, 'path_refused', /nope\.md/],
] as const)('refused: %s', async (_name, part, reason, words) => {
  const run = offer(part as unknown as Part);
  const result = await controlPlane.ended(run);
  expect(result).toMatchObject({ status: 'failed', reason });
  expect(result.message).toMatch(words);
  expect(run.lines.at(-1)).toContain(result.message);
  expect(repository.git('branch', '--list', 'overmind/*')).toBe('');
});

test.each([
  ...[
    ['rm', '-rf', 'x'],
    ['sudo', 'node'],
    ['mkfs.ext4', '/dev/sda'],
    ['..'],
    ['timeout', '9', 'sh'],
    ['nice', 'sh'],
    ['watch', 'sh'],
    ['find', '.'],
    ['env', 'sh'],
    ['unheard-of'],
  ].map(
    (argv) =>
      [
        { commands: [argv] },
        /^The policy of runner test-runner does not allow the agent's command `[^`]+` \(allowed: [^)]*\)\. What it allows is "executables" in \/\S+\/policy\.json$/,
      ] as const,
  ),
  [{ commands: [['npm test']] }, /`npm test` \([^)]*\)\. A command is a list: write \["npm","test"\]$/],
  [{ commands: [['cargo', 'test']] }, /add "cargo": \{\} to "executables"/],
  [{ commands: [['claude', '-p']] }, /add "claude": \{\} to "executables"/],
  ...[
    'LD_PRELOAD',
    'PERL5LIB',
    'RUBYLIB',
    'NODE_PATH',
    'PYTHONHOME',
    'JAVA_TOOL_OPTIONS',
    'npm_config_node_options',
    'CI_TOKEN',
  ].map(
    (name) =>
      [
        { env: ['LANG', name] },
        /that the agent asks for\. What it allows is "envNames" in \/\S+\/policy\.json$/,
      ] as const,
  ),
  [{ env: ['ANTHROPIC_API_KEY', 'LANG'] }, /add "ANTHROPIC_API_KEY", "LANG" to "envNames"/],
  ...[
    '/',
    '//',
    '/etc/ssl',
    '//etc/ssl',
    '/./etc//ssl/',
    '/var/lib',
    '/usr/src/app',
    '/srv',
    homedir(),
    `${homedir()}/.ssh/repo`,
    dirname(homedir()),
  ].map((repoRoot) => [{ repoRoot }, /allows\. What it allows is "roots" in \/\S+\/policy\.json$/] as const),
  [{ repoRoot: '//srv//shop/' }, /add "\/srv\/shop" to "roots"/],
] as const)('a refusal suggests only what makes sense and is no danger: %j', async (part, words) => {
  const run = offer(part as unknown as Part);
  const result = await controlPlane.ended(run);
  expect(result.status).toBe('failed');
  expect(result.message).toMatch(words);
});

test('repositories that are missing, empty, not repositories, or reached by a link out of the roots', async () => {
  mkdirSync(join(folder, 'repos', 'plain'));
  makeRepository(join(folder, 'elsewhere'));
  symlinkSync(join(folder, 'elsewhere'), join(folder, 'repos', 'link'));
  mkdirSync(join(folder, 'repos-evil'));
  const results = await Promise.all(
    ['repos/nothing', 'repos/plain', 'repos/link', 'repos-evil'].map((path) =>
      controlPlane.ended(offer({ repoRoot: join(folder, path) })),
    ),
  );
  expect(results.map(({ reason }) => reason)).toEqual(['repo_missing', 'repo_missing', 'path_refused', 'path_refused']);
});

test('a branch of that name that exists already is left alone', async () => {
  repository.git('branch', 'overmind/taken/1');
  const result = await controlPlane.ended(offer({ branch: 'overmind/taken/1' }));
  expect(result).toMatchObject({ status: 'failed', reason: 'worktree_failed' });
  expect(result.message).toContain('exists already');
  expect(repository.git('branch', '--list', 'overmind/*')).toBe('overmind/taken/1');
  expect(repository.git('worktree', 'list').split('\n')).toHaveLength(1);
});

test('a planted program in the repository is not found, although the repository is on the PATH', async () => {
  writeFileSync(join(repository.root, 'not-installed'), '#!/bin/sh\necho planted\n', { mode: 0o755 });
  expect(await controlPlane.ended(offer({ commands: [['not-installed']] }))).toMatchObject({
    reason: 'command_missing',
  });
});

test('denied files, files outside the allowed globs, and links that lead outside fail the run and keep the evidence', async () => {
  const run = offer({
    commands: files({
      '.env': `SECRET=${'s'.repeat(20)}`,
      'src/ok.js': 'ok\n',
      'lib/no.js': 'no\n',
      'src/link': { symlink: '../../../etc/passwd' },
      'src/fine': { symlink: 'ok.js' },
    }),
    allowedGlobs: ['src/**', '.env'],
  });
  const result = await controlPlane.ended(run);
  expect(result).toMatchObject({ status: 'failed', reason: 'denied_change', exitCode: 0 });
  expect([...result.paths].sort()).toEqual(['.env', 'lib/no.js', 'src/link']);
  expect(repository.git('show', '--name-only', '--format=', run.spec.branch).split('\n')).toContain('.env');
  expect(run.artifacts[0]?.text).toContain('src/ok.js');
  expect(run.artifacts[0]?.text).not.toContain('SECRET=');
});

test('a run that changes nothing is empty_diff and leaves no branch', async () => {
  const run = offer({ commands: [node('--version')] });
  expect(await controlPlane.ended(run)).toMatchObject({ status: 'completed', reason: 'empty_diff', git: null });
  expect(repository.git('branch', '--list', 'overmind/*')).toBe('');
});

test('commits that the agent made itself count, removed files too, and what is in a nested repository', async () => {
  const script =
    'git checkout -q -b other && echo 1 > one && git add one && git commit -q -m one && git rm -q README.md && git init -q nested && touch nested/x && echo here';
  const run = offer({ commands: [['sh', '-c', script]] });
  const result = await controlPlane.ended(run);
  expect(result).toMatchObject({
    status: 'completed',
    reason: 'ok',
    git: { filesChanged: 3, additions: 1, deletions: 1 },
  });
  expect(repository.git('diff', '--name-status', 'main', run.spec.branch)).toBe('D\tREADME.md\nA\tnested/x\nA\tone');
});

test('a failed command keeps what it wrote and says how it ended', async () => {
  const run = offer({
    commands: [...files({ 'half.txt': 'half\n' }), node(...program('exit-with', '7')), node('--version')],
  });
  expect(await controlPlane.ended(run)).toMatchObject({
    status: 'failed',
    reason: 'exit_code',
    exitCode: 7,
    git: { filesChanged: 1 },
  });
  expect(repository.git('show', `${run.spec.branch}:half.txt`)).toBe('half');
});

test('binary output, very long lines and a last line without an end arrive', async () => {
  const run = offer({ commands: [node(...program('print-binary'))] });
  await controlPlane.ended(run);
  expect(run.lines).toContain('1:no newline at the end');
  expect(run.lines.every((line) => Buffer.byteLength(line) <= 16 * 1024 + 2 && !line.includes('\0'))).toBe(true);
});

test('output beyond the limit ends the run, and the log says so', async () => {
  const run = offer({ commands: [node(...program('flood'))], limits: { maxLogBytes: 100_000 } });
  const result = await controlPlane.ended(run);
  expect(result).toMatchObject({ status: 'failed', reason: 'output_limit' });
  expect(run.lines.join('\n').length).toBeLessThan(105_000);
  expect(run.lines.at(-1)).toContain('printed more than 97.7 KB');
});

test('cancel reaches the program at once, and its last words are kept', async () => {
  const run = offer({ commands: [node(...program('clean-up-on-sigterm'))] });
  await until(() => run.lines.includes('1:ready'), 'the program to be ready');
  const fromMs = performance.now();
  controlPlane.tell({ type: 'cancel', runId: run.spec.runId, reason: 'by_user', message: 'Canceled by Ada' });
  expect(await controlPlane.ended(run)).toMatchObject({
    status: 'canceled',
    reason: 'by_user',
    message: 'Canceled by Ada',
  });
  expect(performance.now() - fromMs).toBeLessThan(3_000);
  expect(run.lines).toEqual(expect.arrayContaining(['1:cleaning up', '1:clean', '3:Canceled by Ada']));
});

test('timeouts have their own reasons', async () => {
  const [slow, silent] = [
    offer({ commands: [node(...program('hang'))], limits: { runTimeoutMs: 400 } }),
    offer({ commands: [node(...program('hang'))], limits: { idleTimeoutMs: 400 } }),
  ];
  expect(await controlPlane.ended(slow)).toMatchObject({ status: 'timed_out', reason: 'run_timeout' });
  expect(await controlPlane.ended(silent)).toMatchObject({ status: 'timed_out', reason: 'idle_timeout' });
});

test('no more runs at once than there is room for', async () => {
  const runs = [1, 2, 3].map(() => offer({ commands: [node(...program('print-lines', '5', '60'))] }));
  await until(() => runs.filter((run) => run.lines.length > 0).length === 2, 'two runs');
  expect(runs.filter((run) => run.lines.length > 0)).toHaveLength(2);
  await Promise.all(runs.map((run) => controlPlane.ended(run)));
});

test('a folder without Git is worked in as it is when the agent says so', async () => {
  const plain = join(folder, 'repos', 'plain');
  mkdirSync(plain);
  const run = offer({ repoRoot: plain, inPlace: true, commands: files({ 'a.txt': 'a\n' }) });
  expect(await controlPlane.ended(run)).toMatchObject({ status: 'completed', reason: 'ok', git: null });
  expect(readFileSync(join(plain, 'a.txt'), 'utf8')).toBe('a\n');
});

test('an attempt that was sent back goes on from its branch, and its diff is against the base', async () => {
  const first = offer({ commands: files({ 'one.txt': '1\n' }) });
  await controlPlane.ended(first);
  repository.commit({ 'base.txt': 'moved on\n' });
  const second = offer({ commands: files({ 'two.txt': '2\n' }), startFromBranch: first.spec.branch, attempt: 2 });
  expect(await controlPlane.ended(second)).toMatchObject({ git: { filesChanged: 2 } });
  expect(repository.git('ls-tree', '--name-only', second.spec.branch).split('\n')).toEqual(
    expect.arrayContaining(['one.txt', 'two.txt']),
  );
});

test('a merge run brings an approved commit into the base', async () => {
  const work = offer({ commands: files({ 'one.txt': '1\n' }) });
  const { git } = await controlPlane.ended(work);
  const merge = offer({
    kind: 'merge',
    commands: [],
    branch: work.spec.branch,
    mergeCommit: git?.headCommit ?? null,
    prompt: { title: 'Add one' },
  });
  expect(await controlPlane.ended(merge)).toMatchObject({
    status: 'completed',
    reason: 'ok',
    git: { filesChanged: 1 },
  });
  expect(readFileSync(join(repository.root, 'one.txt'), 'utf8')).toBe('1\n');
  expect(repository.git('log', '-1', '--format=%s')).toBe('Merge SHOP-12 "Add one"');
});

test.each([
  ['a merge', 'Merge SHOP-12 "Add one"'],
  ['a run in the checkout itself', 'by the agent'],
])('after %s its last commit is told of', async (kind, subject) => {
  const told = (): string | undefined =>
    controlPlane.repositoryReports.at(-1)?.report.repositories.find(({ path }) => path === repository.root)?.facts
      .lastCommit?.subject;
  await until(() => told() !== undefined, 'what the runner tells at its start');
  if (kind === 'a merge') {
    const work = offer({ commands: files({ 'one.txt': '1\n' }) });
    const { git } = await controlPlane.ended(work);
    offer({
      kind: 'merge',
      commands: [],
      branch: work.spec.branch,
      mergeCommit: git?.headCommit ?? null,
      prompt: { title: 'Add one' },
    });
  } else {
    offer({
      inPlace: true,
      commands: [
        [
          'git',
          '-c',
          'user.name=A',
          '-c',
          'user.email=a@example.org',
          'commit',
          '--allow-empty',
          '-qm',
          'by the agent',
        ],
      ],
    });
  }
  await until(() => told() === subject, 'its last commit');
});

test('reports are collected by glob; links, hard links and denied files are not', async () => {
  const script =
    'mkdir r; echo "<x/>" > r/junit.xml; ln -s /etc/hostname r/link.xml; ln r/junit.xml r/hard.xml; rm r/hard.xml; echo k > r/a.key; cp r/junit.xml r/b.xml; ln r/b.xml r/c.xml';
  const run = offer({ commands: [['sh', '-c', script]], artifactGlobs: ['r/*'], allowedGlobs: ['**'] });
  await controlPlane.ended(run);
  expect(run.artifacts.filter(({ kind }) => kind !== 'diff').map(({ name, kind }) => [name, kind])).toEqual([
    ['r/junit.xml', 'test_results'],
  ]);
  expect(run.lines.filter((line) => line.startsWith('3:The artifact'))).toHaveLength(4);
});

test("nothing that the repository's own config names is run", async () => {
  const evil = join(folder, 'evil.sh');
  const trace = join(folder, 'evil-was-here');
  writeFileSync(evil, `#!/bin/sh\necho "$0 $@" >> ${trace}\ncat\n`, { mode: 0o755 });
  for (const hook of [
    'post-checkout',
    'pre-commit',
    'post-commit',
    'reference-transaction',
    'post-index-change',
    'prepare-commit-msg',
    'post-merge',
    'pre-merge-commit',
  ])
    writeFileSync(join(repository.root, '.git', 'hooks', hook), `#!/bin/sh\necho ${hook} >> ${trace}\n`, {
      mode: 0o755,
    });
  repository.commit({
    '.gitattributes': '* filter=evil diff=evil merge=evil\n*.x filter=a.b=c\n',
    'a.x': 'x\n',
    'b.txt': 'b\n',
  });
  const settings = {
    'core.fsmonitor': evil,
    'core.pager': evil,
    'core.editor': evil,
    'core.sshCommand': evil,
    'diff.external': evil,
    'gpg.program': evil,
    'commit.gpgSign': 'true',
    'core.alternateRefsCommand': evil,
    'filter.evil.clean': evil,
    'filter.evil.smudge': evil,
    'filter.evil.process': evil,
    'filter.evil.required': 'true',
    'filter.a.b=c.smudge': evil,
    'filter.a.b=c.clean': evil,
    'diff.evil.command': evil,
    'diff.evil.textconv': evil,
    'merge.evil.driver': `${evil} %A`,
    'credential.helper': `!${evil}`,
  };
  writeFileSync(join(folder, 'worktree.inc'), `[filter "late"]\n\tclean = ${evil}\n\tsmudge = ${evil}\n`);
  for (const [key, value] of Object.entries(settings)) repository.git('config', key, value);
  repository.git('config', 'includeIf.gitdir:**/worktrees/**.path', join(folder, 'worktree.inc'));
  rmSync(trace, { force: true });

  // The agent attacks as well: attributes that name the filter of the conditional include, a nested hostile repository.
  const nested = `git init -q sub && git -C sub config core.fsmonitor ${evil}`;
  const script = `${nested}; echo '*.late filter=late' >> .gitattributes; echo 1 > a.late; echo changed > b.txt`;
  const run = offer({ commands: [['sh', '-c', `${script}; rm -f ${trace}`]] });
  const { reason, git, message } = await controlPlane.ended(run);
  expect([reason, message]).toEqual([
    'denied_change',
    expect.stringContaining('needs the Git filter evil, which did not run'),
  ]);
  expect(existsSync(trace) ? readFileSync(trace, 'utf8') : '').toBe('');

  repository.write({ 'b.txt': 'b\nbase moved\n' });
  repository.git(
    '-c',
    'filter.evil.clean=',
    '-c',
    'filter.evil.process=',
    '-c',
    'filter.evil.required=false',
    '-c',
    'commit.gpgSign=false',
    '-c',
    'core.editor=true',
    'commit',
    '-qam',
    'moved',
  );
  rmSync(trace, { force: true });
  const merge = offer({ kind: 'merge', commands: [], branch: run.spec.branch, mergeCommit: git?.headCommit ?? null });
  expect(await controlPlane.ended(merge)).toMatchObject({
    status: 'failed',
    reason: 'merge_conflict',
    paths: ['b.txt'],
  });
  expect(existsSync(trace) ? readFileSync(trace, 'utf8') : '').toBe('');
});

test('a runner that is stopped and started again adopts its run: no line is lost, doubled or out of order', async () => {
  const run = offer({ commands: [node(...program('print-lines', '300', '5'))] });
  for (let restart = 0; restart < 3; restart += 1) {
    const seen = run.lines.length;
    await until(() => run.lines.length > seen + 20, 'lines');
    await runner.stop();
    expect(findRunProcesses(run.spec.runId, null).length).toBeGreaterThan(0);
    runner = await start();
  }
  const result = await controlPlane.ended(run);
  expect(result).toMatchObject({ status: 'completed', reason: 'empty_diff' });
  expect(run.lines.filter((line) => line.startsWith('1:'))).toEqual(
    Array.from({ length: 300 }, (_, n) => `1:line ${n}`),
  );
  expect(run.lines.filter((line) => line.startsWith('2:'))).toHaveLength(30);
});

test('a run that ended while no runner was there is finished by the next one', async () => {
  const run = offer({ commands: [...files({ 'late.txt': 'late\n' }), node(...program('print-lines', '20', '20'))] });
  await until(() => run.lines.includes('1:wrote late.txt'), 'the first command');
  await runner.stop();
  await until(() => findRunProcesses(run.spec.runId, null).length === 0, 'the programs to end');
  runner = await start();
  expect(await controlPlane.ended(run)).toMatchObject({ status: 'completed', reason: 'ok', git: { filesChanged: 1 } });
  expect(run.lines.filter((line) => line.startsWith('1:line'))).toHaveLength(20);
});

test("a runner that comes back too late is fenced: the log's tail, and nothing else", async () => {
  const run = offer({ commands: [node(...program('print-lines', '400', '10'))] });
  await until(() => run.lines.length > 5, 'lines');
  await runner.stop();
  run.isLost = true;
  const before = run.lines.length;
  runner = await start();
  await until(() => readdirSync(join(folder, 'runner', 'runs')).length === 0, 'the run to be given up');
  expect(run.result).toBeNull();
  expect(run.artifacts).toEqual([]);
  expect(run.lines.length).toBeGreaterThan(before);
  expect(findRunProcesses(run.spec.runId, null)).toEqual([]);
});

test('an absent control plane costs no line, and the run goes on', async () => {
  const run = offer({ commands: [node(...program('print-lines', '200', '5'))] });
  await until(() => run.lines.length > 10, 'lines');
  controlPlane.isAway = true;
  await until(() => findRunProcesses(run.spec.runId, null).length === 0, 'the program to end meanwhile');
  controlPlane.isAway = false;
  await controlPlane.ended(run);
  expect(run.lines.filter((line) => line.startsWith('1:'))).toEqual(
    Array.from({ length: 200 }, (_, n) => `1:line ${n}`),
  );
});

test('a keeper that is killed leaves no process behind, and the run says what happened', async () => {
  const run = offer({ commands: [node(...program('ignore-sigterm'))] });
  await until(() => run.lines.includes('1:ready'), 'the program to be ready');
  const [child = 0] = findRunProcesses(run.spec.runId, null);
  const keeper = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1]);
  signal(keeper, 'SIGKILL');
  expect(await controlPlane.ended(run)).toMatchObject({ status: 'failed', reason: 'internal' });
  expect(findRunProcesses(run.spec.runId, null)).toEqual([]);
});

test('leases are renewed in time', async () => {
  const run = offer({
    commands: [node(...program('print-lines', '12', '200'))],
    lease: { token: 'x'.repeat(30), durationMs: 1_800 },
  });
  expect(await controlPlane.ended(run)).toMatchObject({ status: 'completed' });
  expect(controlPlane.renewals).toBeGreaterThan(5);
});

test('a run folder is for our user only', async () => {
  const run = offer({ commands: [node(...program('hang'))] });
  const path = join(folder, 'runner', 'runs', run.spec.runId);
  await until(() => run.lines.includes('1:hanging'), 'the program');
  expect(lstatSync(path).mode & 0o077).toBe(0);
  expect(lstatSync(join(path, 'spec.json')).mode & 0o077).toBe(0);
});
