import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BUBBLEWRAP, temporaryFolder } from '../testing/programs.ts';
import { homePathsFor } from './home-paths.ts';
import { RunFailure } from './outcome.ts';
import { RunnerPolicy } from './policy.ts';
import { sandboxArgs, type SandboxOrder } from './sandbox-mounts.ts';
import { Sandbox } from './sandbox.ts';
import { findToolFolders } from './tool-folders.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(temporaryFolder());
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Writes files below the folder of this test. */
function files(contents: Record<string, string>): void {
  for (const [path, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content, { mode: 0o755 });
  }
}

const at = (path: string): string => join(folder, path);

function orderOf(part: Partial<SandboxOrder> = {}): SandboxOrder {
  mkdirSync(at('work'), { recursive: true });
  return {
    writable: [at('work')],
    readable: [],
    hidden: [],
    cwd: at('work'),
    home: null,
    homePaths: [],
    writtenByAgents: [],
    network: true,
    ...part,
  };
}

/** What a shell in the sandbox prints. `NOBODY`: as a user without rights, as which the runner of `npm start` as root runs. */
function inside(
  order: SandboxOrder,
  script: string,
  { user = 0, env = {} }: { user?: number; env?: Record<string, string> } = {},
): string {
  if (user !== 0) spawnSync('chown', ['-R', `${user}:${user}`, folder]);
  const identity = process.getuid?.() === 0 ? { uid: user, gid: user } : {};
  const { stdout, stderr } = spawnSync(BUBBLEWRAP, [...sandboxArgs(order), '--', '/bin/sh', '-c', script], {
    ...identity,
    env: { PATH: '/usr/bin:/bin', ...env },
    encoding: 'utf8',
    cwd: '/',
  });
  return stdout + stderr;
}

const NOBODY = 65_534;
const USERS: [string, number][] =
  process.getuid?.() === 0
    ? [
        ['root', 0],
        ['a user without rights', NOBODY],
      ]
    : [['this user', 0]];

describe.each(USERS)('as %s', (_name, user) => {
  const see = (order: SandboxOrder, script: string, env: Record<string, string> = {}): string =>
    inside(order, script, { user, env });

  test("the task's folder is writable, what is shown is read-only, and everything else of the machine is not there", () => {
    files({ 'repo/.git/objects/x': 'object', 'repo/.env': 'SECRET', 'other/file': 'x', 'task.json': '{}' });
    const order = orderOf({ readable: [at('repo/.git/objects'), at('task.json')] });
    const said = see(
      order,
      `pwd; echo 1 > made && cat made; cat ${at('repo/.git/objects/x')}; echo; ls ${at('repo')} -A; ls ${folder}; touch ${at('repo/.git/objects/y')} /usr/x /etc/x /x ${at('task.json')} 2>&1 | grep -c 'Read-only\\|denied'; ls /home /root /srv /mnt /var/lib 2>/dev/null | wc -l`,
    );
    expect(said.split('\n').filter(Boolean)).toEqual([
      at('work'),
      '1',
      'object',
      '.git',
      'repo',
      'task.json',
      'work',
      '5',
      '0',
    ]);
  });

  test('the home is empty but for what it is given, and hides what lies in it otherwise', () => {
    files({
      'home/.ssh/id_ed25519': 'KEY',
      'home/.claude/credentials': 'login',
      'home/.claude/settings.json': '{}',
      'home/.gitconfig': '[user]',
      'home/code/repo/a': 'a',
      'home/.netrc': 'x',
    });
    const order = orderOf({
      home: at('home'),
      homePaths: [
        { path: '.claude', access: 'write' },
        { path: '.claude/settings.json', access: 'read' },
        { path: '.gitconfig', access: 'read' },
        { path: '.missing', access: 'write' },
      ],
    });
    const said = see(
      order,
      'cd; ls -A; cat .ssh/id_ed25519; echo renewed > .claude/credentials; echo hook > .claude/settings.json; echo x > .gitconfig; echo cache > .cache-file && cat .cache-file',
      { HOME: at('home') },
    );
    expect(said).toContain('.claude\n.gitconfig\n');
    expect(said).not.toContain('KEY');
    expect(said).toContain('cache\n');
    expect(said.match(/Read-only file system/g)).toHaveLength(2);
    expect(spawnSync('cat', [at('home/.claude/credentials')], { encoding: 'utf8' }).stdout).toBe('renewed\n');
    expect(existsSync(at('home/.cache-file'))).toBe(false);
  });

  test('hidden things stay hidden where something around them is shown, and a shown one in there is seen', () => {
    files({
      'root/a': 'a',
      'root/data/secret': 'S',
      'root/data/runner/work/task/file': 'mine',
      'root/token.json': 'T',
    });
    const task = at('root/data/runner/work/task');
    const order = orderOf({
      readable: [at('root')],
      writable: [task],
      cwd: task,
      hidden: [at('root/data'), at('root/token.json')],
    });
    const said = see(
      order,
      `cat file; echo; echo more > more; ls ${at('root/data')}; cat ${at('root/data/secret')} ${at('root/token.json')}; touch ${at('root/data/x')}`,
    );
    expect(said).toContain('mine\nrunner\n');
    expect(said).not.toMatch(/S$|T$/m);
    expect(existsSync(at('root/data/runner/work/task/more'))).toBe(true);
    expect(existsSync(at('root/data/x'))).toBe(false);
  });

  test('processes, sockets and devices of the machine are out of reach', () => {
    writeFileSync('/tmp/ovm-seen', 'x');
    const said = see(
      orderOf(),
      `ls /proc | grep -c '^[0-9]'; ls /tmp /var/tmp /run; kill -0 ${process.pid}; ls /dev | grep -c '^sd\\|^vd\\|^mem\\|^kmsg'; echo hello > /tmp/own && cat /tmp/own`,
    );
    rmSync('/tmp/ovm-seen');
    const [processes, ...rest] = said.split('\n');
    expect(Number(processes)).toBeLessThan(6);
    expect(rest.join('\n')).not.toContain('ovm-seen');
    expect(rest.join('\n')).toMatch(/No such process/);
    expect(rest).toContain('hello');
  });

  test("the kernel's settings and the passwords are out of reach, even for root", () => {
    const said = see(
      orderOf(),
      'echo x > /proc/sys/kernel/core_pattern; cat /etc/shadow; grep CapEff /proc/self/status; grep NoNewPrivs /proc/self/status; mount -t tmpfs none /mnt 2>&1',
    );
    expect(said).toMatch(/core_pattern: (Read-only file system|Permission denied)|cannot create \/proc\/sys/);
    expect(said).not.toMatch(/^root:/m);
    expect(said).toMatch(/CapEff:\s+0+$/m);
    expect(said).toMatch(/NoNewPrivs:\s+1$/m);
  });
});

test('without the network there is its own loopback and nothing else, abstract sockets included', async () => {
  const server = createServer((socket) => socket.end('from outside\n'));
  const name = `\0ovm-test-${process.pid}`;
  await new Promise<void>((resolve) => server.listen(name, resolve));
  const script = `const net = require('net');
    const ask = (to) => new Promise((done) => net.connect(to, function () { this.on('data', (d) => done(String(d).trim())); }).on('error', (e) => done(e.code)));
    net.createServer((s) => s.end('own')).listen(0, '127.0.0.1', async function () { console.log(await ask(${JSON.stringify(name)}), await ask(this.address()), await ask({ host: '10.255.255.1', port: 80 })); process.exit(); });`;
  const ask = (network: boolean): Promise<string> =>
    new Promise((resolve) => {
      const order = orderOf({ network, readable: [process.execPath] });
      // Not waited for in one go: the server outside is this process.
      const child = spawn(BUBBLEWRAP, [...sandboxArgs(order), '--', process.execPath, '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let text = '';
      child.stdout.on('data', (bytes: Buffer) => (text += bytes.toString()));
      child.once('close', () => resolve(text.trim()));
    });
  try {
    expect(await ask(false)).toMatch(/^(ECONNREFUSED|ENOENT) own ENETUNREACH$/);
  } finally {
    server.close();
  }
});

test('programs in version managers, and what links in ~/.local/bin lead to, can be run; what lies beside them is not shown', () => {
  const script = (says: string): string => `#!/bin/sh\necho ${says}\n`;
  files({
    'home/.nvm/versions/node/v20.1.0/bin/tool': script('nvm'),
    'home/.nvm/versions/node/v20.1.0/lib/node_modules/agent/cli': script('agent'),
    'home/.pyenv/shims/python': script('`cat "$(dirname "$0")/../version"`'),
    'home/.pyenv/version': 'pyenv',
    'home/.local/share/claude/versions/1.2.3': script('claude'),
    'home/.local/secret': 'SECRET',
    'home/.cargo/bin/cargo': script('cargo'),
    'home/.cargo/credentials.toml': 'SECRET',
    'home/.rustup/toolchains/x': 'x',
    'home/bin/mine': script('mine'),
    'home/.ssh/key': 'SECRET',
    'home/agents/run': script('run'),
  });
  symlinkSync('../lib/node_modules/agent/cli', at('home/.nvm/versions/node/v20.1.0/bin/agent'));
  symlinkSync('versions/node/v20.1.0', at('home/.nvm/current'));
  mkdirSync(at('home/.local/bin'));
  symlinkSync('../share/claude/versions/1.2.3', at('home/.local/bin/claude'));
  copyFileSync(process.execPath, at('home/node-copy'));
  const pathFolders = [
    '/usr/bin',
    '/bin',
    ...['.nvm/current/bin', '.pyenv/shims', '.local/bin', '.cargo/bin', 'bin'].map((path) => at(`home/${path}`)),
  ];
  const found = findToolFolders({
    pathFolders,
    files: [at('home/agents/run'), at('home/node-copy')],
    apart: [at('home')],
    writtenByAgents: [],
  });
  expect(found).toEqual(
    expect.arrayContaining([
      at('home/.nvm/versions/node/v20.1.0'),
      at('home/.pyenv'),
      at('home/.rustup'),
      at('home/.local/share/claude/versions'),
      at('home/.cargo/bin'),
      at('home/bin'),
      at('home/node-copy'),
    ]),
  );
  const said = inside(
    orderOf({ home: at('home'), readable: found }),
    `tool; agent; python; claude; cargo; mine; ${at('home/agents/run')}; ${at('home/node-copy')} -p 1+1; cat ${at('home/.local/secret')} ${at('home/.cargo/credentials.toml')} ${at('home/.ssh/key')}`,
    { env: { PATH: pathFolders.join(':'), HOME: at('home') } },
  );
  expect(said.split('\n').slice(0, 8)).toEqual(['nvm', 'agent', 'pyenv', 'claude', 'cargo', 'mine', 'run', '2']);
  expect(said).not.toContain('SECRET');
});

describe('a home behind a link, as /home is one to /var/home on some systems', () => {
  const SECRETS = ['me/.ssh/key', 'me/.overmind/runner.json'];
  const names = (path: string): string[] => [at(`home/${path}`), at(`var/home/${path}`)];
  const readAll = (): string =>
    SECRETS.flatMap(names)
      .map((path) => `cat ${path}`)
      .join('; ');
  beforeEach(() => {
    files({
      'var/home/me/.ssh/key': 'SECRET',
      'var/home/me/.overmind/runner.json': 'SECRET',
      'var/home/me/bin/mine': '#!/bin/sh\necho mine\n',
      'var/home/me/.gitconfig': '[user]',
      'var/home/me/.local/secret': 'SECRET',
    });
    symlinkSync('var/home', at('home'));
  });

  test.each([
    ['both written with the link', 'home/me', 'home/me/bin'],
    ['the home written with a slash at its end', 'home/me/', 'home/me/bin'],
    ['only the PATH written with the link', 'var/home/me', 'home/me/bin'],
    ['only the home written with it', 'home/me', 'var/home/me/bin'],
  ])('is not shown for a PATH in it: %s', (_name, home, path) => {
    const found = findToolFolders({ pathFolders: [at(path)], files: [], apart: [at(home)], writtenByAgents: [] });
    const order = orderOf({
      home: at(home),
      readable: found,
      hidden: [at('home/me/.overmind')],
      homePaths: [{ path: '.gitconfig', access: 'read' }],
    });
    const said = inside(
      order,
      `mine; cat "$HOME/.gitconfig"; echo; echo own > "$HOME/own" && cat ${at('var/home/me/own')}; ls -A ${at('var/home/me')}; ${readAll()}`,
      { env: { PATH: `/usr/bin:/bin:${at(path)}`, HOME: at(home) } },
    );
    expect(said.split('\n').slice(0, 6)).toEqual(['mine', '[user]', 'own', '.gitconfig', 'bin', 'own']);
    expect(said).not.toContain('SECRET');
  });

  test.each([
    ['the link itself', 'home'],
    ['another link to what it leads to', 'alias'],
    ['the folder', 'var/home'],
  ])('stays hidden where the policy shows all homes by %s', (_name, shown) => {
    symlinkSync('var/home', at('alias'));
    files({ 'var/home/other/file': 'other' });
    const order = orderOf({ home: at('home/me'), readable: [at(shown)], hidden: [at('home/me/.overmind')] });
    const said = inside(
      order,
      `cat ${at(shown)}/other/file; echo; ${readAll()}; cat ${SECRETS.map((path) => at(`alias/${path}`)).join(' ')}`,
      { env: { HOME: at('home/me') } },
    );
    expect(said).toMatch(/^other\n/);
    expect(said).not.toContain('SECRET');
  });

  test.each([
    ['the home', 'home/me', 'me'],
    ['a link to the home', 'to-me', 'me'],
    ['a link to what is hidden', 'to-hidden', 'me/.overmind'],
  ])('what is hidden in it stays so where the policy shows %s', (_name, shown, target) => {
    for (const [link, to] of [
      ['to-me', 'me'],
      ['to-hidden', 'me/.overmind'],
    ] as const)
      symlinkSync(`var/home/${to}`, at(link));
    const order = orderOf({ home: at('home/me'), readable: [at(shown)], hidden: [at('home/me/.overmind')] });
    const said = inside(
      order,
      `ls -d ${at(shown)}; ${names('me/.overmind/runner.json')
        .map((path) => `cat ${path}`)
        .join('; ')}; cat ${at(shown)}/${relative(target, SECRETS[1] ?? '')}`,
      { env: { HOME: at('home/me') } },
    );
    expect(said).toContain(`${at(shown)}\n`);
    expect(said).not.toContain('SECRET');
  });
});

test('a name that is a link shows no more of the home than the folder itself would', () => {
  files({
    'home/.local/bin/tool': '#!/bin/sh\necho tool\n',
    'home/.local/secret': 'SECRET',
    'home/.local/lib/node_modules/agent/dist/cli': '#!/bin/sh\ncat "$(dirname "$0")/../package.json"\n',
    'home/.local/lib/node_modules/agent/package.json': '{}',
    'home/.netrc': 'SECRET',
    'home/bin/mine': '#!/bin/sh\necho mine\n',
  });
  symlinkSync('.local', at('home/tools'));
  symlinkSync('.', at('home/self'));
  symlinkSync('../lib/node_modules/agent/dist/cli', at('home/.local/bin/agent'));
  const pathFolders = [at('home/tools/bin'), at('home/self/bin')];
  const found = findToolFolders({ pathFolders, files: [], apart: [at('home')], writtenByAgents: [] });
  const said = inside(
    orderOf({ home: at('home'), readable: found }),
    `tool; mine; ${at('home/.local/lib/node_modules/agent/dist/cli')}; echo; cat ${['.local/secret', 'tools/secret', '.netrc', 'self/.netrc'].map((path) => at(`home/${path}`)).join(' ')}`,
    { env: { PATH: ['/usr/bin', '/bin', ...pathFolders].join(':'), HOME: at('home') } },
  );
  expect(said.split('\n').slice(0, 3)).toEqual(['tool', 'mine', '{}']);
  expect(said).not.toContain('SECRET');
});

test('an agent gets of the home what its program needs and the policy allows, and is refused what it may not have', () => {
  const policy = RunnerPolicy.parse({ roots: [], executables: {} });
  const paths = homePathsFor({ asked: ['.config/opencode/theme.json'], programs: ['claude', 'git'] }, policy, 'r');
  expect(paths).toEqual(
    expect.arrayContaining([
      { path: '.claude', access: 'write' },
      { path: '.claude/settings.json', access: 'read' },
      { path: '.gitconfig', access: 'read' },
      { path: '.config/opencode/theme.json', access: 'read' },
    ]),
  );
  expect(paths.map(({ path }) => path)).not.toContain('.codex');
  const strict = RunnerPolicy.parse({
    roots: [],
    executables: {},
    sandbox: { homePaths: ['.codex'], writableHomePaths: [] },
  });
  expect(homePathsFor({ asked: [], programs: ['claude', 'codex'] }, strict, 'r')).toEqual(
    expect.arrayContaining([{ path: '.codex', access: 'add' }]),
  );
  for (const path of ['.ssh', '.codexx', '.aws/credentials'])
    expect(() => homePathsFor({ asked: [path], programs: [] }, strict, 'r')).toThrow(RunFailure);
});

describe('what programs keep in the home', () => {
  const policyOf = (sandbox: object): RunnerPolicy => RunnerPolicy.parse({ roots: [], executables: {}, sandbox });
  const run = (programs: string[], script: string, { policy = policyOf({}), asked = [] as string[] } = {}): string =>
    inside(
      orderOf({
        home: at('home'),
        hidden: [at('home/.overmind')],
        homePaths: homePathsFor({ asked, programs }, policy, 'r'),
      }),
      `cd; ${script}`,
      { env: { HOME: at('home') } },
    );

  // As opencode does, which ends when it can not.
  const BEGIN = (folder: string): string =>
    `echo '*' > ${folder}/.gitignore && mkdir ${folder}/node_modules && echo begun`;

  test.each([
    ['by default', 'opencode', '.config/opencode', {}],
    ['where the policy lets agents change nothing', 'codex', '.codex', { writableHomePaths: [] }],
    ['also a folder that only the policy keeps from changes', 'gemini', '.gemini', { writableHomePaths: ['.codex'] }],
  ])('a program can make files as it starts where it may change none, %s', (_name, program, folder, sandbox) => {
    files({ [`home/${folder}/settings`]: 'mine\n', [`home/${folder}/plugins/one`]: 'one\n' });
    symlinkSync('settings', at(`home/${folder}/link`));
    const said = run(
      [program],
      `${BEGIN(folder)}; cat ${folder}/settings ${folder}/link ${folder}/plugins/one; echo x > ${folder}/settings; echo x > ${folder}/plugins/two; rm -f ${folder}/plugins/one; mv ${folder}/settings ${folder}/other`,
      { policy: policyOf(sandbox) },
    );
    expect(said).toMatch(/^begun\nmine\nmine\none\n/);
    expect(said.match(/Read-only file system|busy/g)).toHaveLength(4);
    expect(readdirSync(at(`home/${folder}`)).sort()).toEqual(['link', 'plugins', 'settings']);
    expect(readFileSync(at(`home/${folder}/settings`), 'utf8')).toBe('mine\n');
    expect(readdirSync(at(`home/${folder}/plugins`))).toEqual(['one']);
  });

  test('a folder with very much in it is shown as a whole, read-only; what is hidden in one is not shown', () => {
    files(Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`home/.config/opencode/${n}`, 'x'])));
    expect(run(['opencode'], `ls .config/opencode | wc -l; ${BEGIN('.config/opencode')}`)).toMatch(/^201\n.*Read-only/);
    files({ 'home/.gemini/token': 'SECRET', 'home/.gemini/known': 'known' });
    const order = orderOf({
      home: at('home'),
      hidden: [at('home/.gemini/token')],
      homePaths: [{ path: '.gemini', access: 'add' }],
    });
    const said = inside(order, `cd ${at('home/.gemini')}; cat known token`);
    expect(said).toMatch(/^known/);
    expect(said).not.toContain('SECRET');
  });

  test.each([
    ['settings that are links, as with dotfiles', '.codex/config.toml', '../dotfiles/codex.toml', 'codex'],
    ['the same by an absolute path', '.claude/CLAUDE.md', 'ABSOLUTE/dotfiles/claude.md', 'claude'],
    ['a link to keys', '.claude/agents', '../.ssh', 'claude'],
    ["a link to the runner's token", '.gemini/settings.json', 'ABSOLUTE/.overmind/runner.json', 'gemini'],
    ['a link that an agent asks for', '.claude/more', '../.ssh', 'claude'],
    ['a link on the way', '.config/opencode/plugin', '../../.ssh', 'opencode'],
  ])('a program runs beside %s, which show no more than is shown', (_name, link, target, program) => {
    files({
      'home/.ssh/key': 'SECRET',
      'home/.overmind/runner.json': 'SECRET',
      'home/dotfiles/codex.toml': 'SECRET',
      'home/dotfiles/claude.md': 'SECRET',
    });
    mkdirSync(dirname(at(`home/${link}`)), { recursive: true });
    symlinkSync(target.replace('ABSOLUTE', at('home')), at(`home/${link}`));
    const asked = link === '.claude/more' ? [link, `${link}/key`] : [];
    const said = run([program], `echo begun; ls ${dirname(link)}; cat ${link} ${link}/key`, { asked });
    expect(said).toMatch(/^begun\n/);
    expect(said).not.toContain('SECRET');
    expect(said).not.toContain('bwrap');
  });

  test.each([
    ['.local/share/opencode/bin/rg', '.local/share/opencode', 'opencode'],
    ['.qwen/settings.json', '.qwen', 'qwen'],
    ['.qwen/extensions/one/run', '.qwen', 'qwen'],
    ['.qwen/commands/one', '.qwen', 'qwen'],
    ['.codex/AGENTS.override.md', '.codex', 'codex'],
    // Asked for by their own names, without the folder around them.
    ['.claude/hooks/one', '.claude/hooks', 'npm'],
    ['.claude/settings.json', '.claude/settings.json', 'npm'],
    ['.claude/hooks/deep/one', '.claude/hooks/deep', 'npm'],
  ])("what a person's own program runs or reads as settings is kept: %s where %s is shown", (file, asked, program) => {
    files({ [`home/${file}`]: 'mine\n' });
    expect(run([program], `cat ${file}; echo theirs > ${file}`, { asked: [asked] })).toMatch(/^mine\n.*Read-only/);
    expect(readFileSync(at(`home/${file}`), 'utf8')).toBe('mine\n');
  });

  test.each([
    ['the deeper one first', ['.config/opencode/cache', '.config/opencode']],
    ['the deeper one last', ['.config/opencode', '.config/opencode/cache']],
    ['one far below', ['.config/opencode/cache/deep', '.config/opencode']],
  ])('of two paths that an agent asks for the deeper one decides: %s', (_name, asked) => {
    files({ 'home/.config/opencode/cache/deep/file': 'x\n', 'home/.config/opencode/opencode.json': '{}\n' });
    const policy = policyOf({ writableHomePaths: asked.filter((path) => path.includes('cache')) });
    const script = 'cd .config/opencode; echo new > cache/deep/made; echo new > opencode.json';
    expect(run([], script, { asked, policy })).toMatch(/opencode\.json: Read-only file system/);
    expect(existsSync(at('home/.config/opencode/cache/deep/made'))).toBe(true);
  });

  test('settings that are links are read where the policy and the agent show what they lead to', () => {
    files({ 'home/dotfiles/codex.toml': 'mine\n', 'home/.codex/auth.json': '{}' });
    symlinkSync('../dotfiles/codex.toml', at('home/.codex/config.toml'));
    const policy = policyOf({ homePaths: ['.codex', 'dotfiles'], writableHomePaths: ['.codex'] });
    expect(run(['codex'], 'cat .codex/config.toml', { policy, asked: ['dotfiles'] })).toBe('mine\n');
  });
});

test('packages find what was installed beside them, however they were installed', () => {
  const main = '#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/../../agent-linux-x64/bin/agent"\n';
  const install = (folder: string): void =>
    files({
      [`${folder}/node_modules/@maker/agent/bin/agent.sh`]: main,
      [`${folder}/node_modules/@maker/agent-linux-x64/bin/agent`]: `#!/bin/sh\necho ${folder}\n`,
    });
  const link = (name: string, target: string): void => {
    mkdirSync(dirname(at(name)), { recursive: true });
    symlinkSync(relative(dirname(at(name)), at(target)), at(name));
  };
  const AGENT = 'node_modules/@maker/agent/bin/agent.sh';
  for (const folder of [
    'home/local',
    'home/.bun/install/global',
    'home/.config/yarn/global',
    'home/linked',
    'home/npm/lib',
  ])
    install(folder);
  link('home/local/node_modules/.bin/agent', `home/local/${AGENT}`);
  link('home/.bun/bin/agent-bun', `home/.bun/install/global/${AGENT}`);
  link('home/.local/bin/agent-yarn', `home/.config/yarn/global/${AGENT}`);
  link('home/.local/bin/agent-linked', `home/linked/${AGENT}`);
  link('home/npm/bin/agent-npm', `home/npm/lib/${AGENT}`);
  files({ 'home/local/.env': 'SECRET', 'home/.config/yarn/token': 'SECRET', 'home/linked/.env': 'SECRET' });
  const pathFolders = ['.bun/bin', '.local/bin', 'npm/bin'].map((path) => at(`home/${path}`));
  const named = at('home/local/node_modules/.bin/agent');
  const found = findToolFolders({ pathFolders, files: [named], apart: [at('home')], writtenByAgents: [] });
  const said = inside(
    orderOf({ home: at('home'), readable: found }),
    `${named}; agent-bun; agent-yarn; agent-linked; agent-npm; cat ${['local/.env', '.config/yarn/token', 'linked/.env'].map((path) => at(`home/${path}`)).join(' ')}`,
    { env: { PATH: ['/usr/bin', '/bin', ...pathFolders].join(':'), HOME: at('home') } },
  );
  expect(said.split('\n').slice(0, 5)).toEqual([
    'home/local',
    'home/.bun/install/global',
    'home/.config/yarn/global',
    'home/linked',
    'home/npm/lib',
  ]);
  expect(said).not.toContain('SECRET');
});

test('a folder of programs by another name than bin shows itself, not what is beside it', () => {
  files({
    'home/.local/share/pnpm/agent': '#!/bin/sh\nexec "$(dirname "$0")/global/5/node_modules/agent/cli"\n',
    'home/.local/share/pnpm/global/5/node_modules/agent/cli': '#!/bin/sh\necho pnpm\n',
    'home/.local/share/keyrings/login': 'SECRET',
    'home/.config/tools/mine': '#!/bin/sh\necho mine\n',
    'home/.config/gh/hosts.yml': 'SECRET',
    'home/conda/condabin/conda': '#!/bin/sh\nexec "$(dirname "$0")/../bin/python"\n',
    'home/conda/bin/python': '#!/bin/sh\necho conda\n',
  });
  const pathFolders = ['.local/share/pnpm', '.config/tools', 'conda/condabin'].map((path) => at(`home/${path}`));
  const found = findToolFolders({ pathFolders, files: [], apart: [at('home')], writtenByAgents: [] });
  const said = inside(
    orderOf({ home: at('home'), readable: found }),
    `agent; mine; conda; cat ${['.local/share/keyrings/login', '.config/gh/hosts.yml'].map((path) => at(`home/${path}`)).join(' ')}`,
    { env: { PATH: ['/usr/bin', '/bin', ...pathFolders].join(':'), HOME: at('home') } },
  );
  expect(said).toMatch(/^pnpm\nmine\nconda\n/);
  expect(said).not.toContain('SECRET');
});

test('whether a sandbox works is tried, and why it does not is said', async () => {
  const works = await Sandbox.open({ file: BUBBLEWRAP, searchPath: '' });
  expect(works.whyNot('auto')).toBeNull();
  expect(works.whyNot('off')).toContain('policy');
  expect((await Sandbox.open({ file: null, searchPath: folder })).whyNot('auto')).toBe(
    'bubblewrap (bwrap) is not installed',
  );
  files({
    'old/bwrap': '#!/bin/sh\necho bubblewrap 0.3.1\n',
    'barred/bwrap':
      '#!/bin/sh\n[ "$1" = --version ] && echo bubblewrap 0.8.0 && exit\necho "bwrap: No permissions to create new namespace" >&2; exit 1\n',
  });
  expect((await Sandbox.open({ file: null, searchPath: at('old') })).whyNot('required')).toBe(
    'bubblewrap 0.3 is too old, 0.4 is needed',
  );
  expect((await Sandbox.open({ file: null, searchPath: at('barred') })).whyNot('auto')).toBe(
    'bubblewrap does not work here (No permissions to create new namespace)',
  );
});
