import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunnerPolicy } from '../execution/policy.ts';
import { isAlive, until } from '../testing/programs.ts';
import { askVersion } from './ask-version.ts';
import { lookForPrograms } from './look-for-programs.ts';

let folder: string;
const at = (path: string): string => join(folder, path);
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'ovm-programs-')));
  for (const path of ['bin', 'home/.codex', 'repos/bin']) mkdirSync(at(path), { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function put(path: string, script: string): void {
  writeFileSync(at(path), `#!/bin/sh\n${script}\n`);
  chmodSync(at(path), 0o755);
}

const look = (env: Record<string, string> = {}, changes: object = {}) => {
  const policy = RunnerPolicy.parse({
    roots: [at('repos')],
    executables: { codex: {}, claude: {}, gemini: {}, opencode: {} },
    envNames: ['ANTHROPIC_API_KEY'],
    ...changes,
  });
  const searchPath = `${at('bin')}:${at('repos/bin')}:/usr/bin:/bin`;
  const search = { policy, searchPath, runnerFolder: at('runner'), runnerName: 'r' };
  return lookForPrograms({ search, policy, env: { HOME: at('home'), ...env }, signal: new AbortController().signal });
};

test('what is installed, which version, and whether somebody has signed in', async () => {
  put('bin/codex', 'echo codex-cli 0.169.0; echo "$*" > "$HOME/asked"');
  put('bin/claude', 'echo "2.1.332 (Claude Code)"');
  put('bin/opencode', 'echo "none of your business"; exit 1');
  put('repos/bin/gemini', 'echo 0.61.0; touch "$HOME/started"');
  writeFileSync(at('home/.codex/auth.json'), '{}');
  const { programs } = await look({ ANTHROPIC_API_KEY: 'key', GEMINI_API_KEY: 'not handed out' });
  expect(programs).toEqual([
    { program: 'claude', path: at('bin/claude'), version: '2.1.332', isSignedIn: true, problem: null },
    { program: 'codex', path: at('bin/codex'), version: '0.169.0', isSignedIn: true, problem: null },
    {
      program: 'gemini',
      path: null,
      version: null,
      isSignedIn: false,
      problem: expect.stringContaining(`${at('repos/bin/gemini')}, inside a root`),
    },
    { program: 'opencode', path: at('bin/opencode'), version: null, isSignedIn: true, problem: null },
    {
      program: 'aider',
      path: null,
      version: null,
      isSignedIn: true,
      problem: expect.stringContaining("does not allow the agent's command `aider`"),
    },
  ]);
  expect(readFileSync(at('home/asked'), 'utf8')).toBe('--version\n');
  // What lies where agents work is not even asked.
  expect(existsSync(at('home/started'))).toBe(false);
});

test('a key that is empty signs nobody in', async () => {
  const { programs } = await look({ ANTHROPIC_API_KEY: '' });
  expect(programs.map(({ isSignedIn }) => isSignedIn)).toEqual([false, false, false, false, false]);
});

test('a program that does not come to an end is ended, with what it has started, and is told nothing of ours', async () => {
  put('bin/claude', `sleep 1000 & echo $! > ${at('pid')}; env > ${at('env')}; echo 1.2.3; wait`);
  const signal = new AbortController().signal;
  const startedMs = performance.now();
  expect(await askVersion(at('bin/claude'), [], { env: { PATH: '/usr/bin:/bin' }, signal, patienceMs: 500 })).toBe(
    '1.2.3',
  );
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  const pid = Number(readFileSync(at('pid'), 'utf8'));
  await until(() => !isAlive(pid) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '), 'it to be ended');
  expect(readFileSync(at('env'), 'utf8')).toMatch(/^(PATH|PWD|SHLVL|_|OLDPWD)=/);
});

test('what is left running does not hold up the answer, nor stays', async () => {
  put('bin/claude', `sleep 1000 & echo $! > ${at('pid')}; echo 1.2.3`);
  const signal = new AbortController().signal;
  expect(await askVersion(at('bin/claude'), [], { env: { PATH: '/usr/bin:/bin' }, signal })).toBe('1.2.3');
  const pid = Number(readFileSync(at('pid'), 'utf8'));
  await until(() => !isAlive(pid) || readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z '), 'it to be ended');
});

test('a program that can not be started, or a runner that ends, is no failure', async () => {
  const stopping = new AbortController();
  put('bin/claude', 'sleep 1000');
  const asked = askVersion(at('bin/claude'), [], { env: { PATH: '/usr/bin:/bin' }, signal: stopping.signal });
  stopping.abort();
  expect([
    await asked,
    await askVersion(at('bin/none'), [], { env: {}, signal: new AbortController().signal }),
  ]).toEqual([null, null]);
});
