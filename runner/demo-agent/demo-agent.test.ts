import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildProgram, temporaryFolder } from '../testing/programs.ts';

let agent: string;
let folder: string;
let repository: string;

beforeAll(() => {
  agent = buildProgram('demo-agent/main');
});
beforeEach(() => {
  folder = temporaryFolder();
  repository = join(folder, 'demo');
  run(['--create-repository', repository], {}, folder);
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(() => rmSync(agent, { force: true }));

function run(
  args: string[],
  options: { input?: string; taskFile?: string } = {},
  cwd = repository,
): { status: number | null; stdout: string; stderr: string } {
  const env = {
    PATH: process.env.PATH,
    ...(options.taskFile === undefined ? {} : { OVERMIND_TASK_FILE: options.taskFile }),
  };
  return spawnSync(process.execPath, [agent, ...args], { cwd, env, input: options.input ?? '', encoding: 'utf8' });
}
function work(task: { title: string; description?: string; feedback?: string | null }): ReturnType<typeof run> {
  const taskFile = join(folder, 'task.json');
  writeFileSync(
    taskFile,
    JSON.stringify({ description: '', acceptanceCriteria: ['It is there'], feedback: null, attempt: 1, ...task }),
  );
  return run(['--pace', '0'], { taskFile });
}
const git = (...args: string[]): string => execFileSync('git', args, { cwd: repository, encoding: 'utf8' }).trim();
const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
const tests = (): number | null =>
  spawnSync(process.execPath, ['--test'], { cwd: repository, env: { PATH: process.env.PATH } }).status;

test('the demo repository has a history, a clean checkout, a bug and the test that shows it; it is made once', () => {
  expect(git('log', '--format=%an %s').split('\n')).toHaveLength(2);
  expect(git('status', '--porcelain')).toBe('');
  expect(git('branch', '--show-current')).toBe('main');
  expect(tests()).toBe(1);
  expect(run(['--create-repository', repository]).stdout).toContain('already');
});

test('it repairs the failing test, and says so in colour and on both streams', () => {
  const { status, stdout, stderr } = work({ title: 'Fix the failing test in src/sum.js' });
  expect([status, git('status', '--porcelain')]).toEqual([0, 'M src/sum.js']);
  expect(read('src/sum.js')).toContain('return a + b;');
  expect(tests()).toBe(0);
  expect(stdout).toContain('\u001b[');
  expect(stdout.split('\n').length).toBeGreaterThan(20);
  expect(stderr).toContain('subtracts');
});

test('its last paragraph is one or two sentences, and it uses no sign that common monospace fonts lack', () => {
  for (const title of ['Fix the failing test in src/sum.js', 'Add a CONTRIBUTING file', 'Rewrite everything']) {
    const { stdout, stderr } = work({ title });
    const lines = stripVTControlCharacters(stdout).trimEnd().split('\n');
    expect([lines.at(-2), lines.at(-1)]).toEqual(['', expect.stringMatching(/^[A-Z].*\.$/)]);
    expect(stripVTControlCharacters(stdout + stderr)).toMatch(/^[\n\u0020-\u007e\u00a0-\u00ff\u2010-\u2027]*$/);
  }
});

test('it writes a CONTRIBUTING file, and works feedback into it', () => {
  expect(work({ title: 'Add a CONTRIBUTING file' }).status).toBe(0);
  const first = read('CONTRIBUTING.md');
  expect(first).toContain('# Contributing to corner-shop');
  expect(
    work({ title: 'Add a CONTRIBUTING file', feedback: 'Please add a section about commit messages.' }).status,
  ).toBe(0);
  const second = read('CONTRIBUTING.md');
  expect(second.startsWith(first.trimEnd())).toBe(true);
  expect(second).toContain('## Commit messages');
});

test('of any other task it makes an honest note', () => {
  const { status, stdout } = work({ title: 'Rewrite everything in Haskell!', description: 'Please.' });
  expect(status).toBe(0);
  expect(stdout).toContain('no model');
  expect(read('docs/notes/rewrite-everything-in-haskell.md')).toContain('did not do this task');
});

test('it takes a prompt on standard input as well, and refuses an empty one', () => {
  expect(run(['--pace', '0'], { input: '# Task: Add a CONTRIBUTING file\n\nSoon.\n' }).status).toBe(0);
  expect(read('CONTRIBUTING.md')).toContain('## Review');
  expect(run(['--pace', '0'])).toMatchObject({ status: 1 });
});

/** Instead of waiting, says on stdout at the end for how long it would have. */
const ADD_UP_PAUSES = `
  import { writeSync } from 'node:fs';
  import { syncBuiltinESMExports } from 'node:module';
  import timers from 'node:timers/promises';
  let pausedMs = 0;
  timers.setTimeout = async (ms) => void (pausedMs += ms);
  syncBuiltinESMExports();
  process.on('exit', () => writeSync(1, 'paused for ' + pausedMs + ' ms'));
`;
function pausedMs(args: string[], input: string): number {
  const preload = ['--import', `data:text/javascript,${encodeURIComponent(ADD_UP_PAUSES)}`];
  const env = { PATH: process.env.PATH };
  const { stdout } = spawnSync(process.execPath, [...preload, agent, ...args], {
    cwd: repository,
    env,
    input,
    encoding: 'utf8',
  });
  return Number(/paused for (\d+) ms$/.exec(stdout)?.[1]);
}

test.each(['Add a CONTRIBUTING file', 'Fix the failing test in src/sum.js', 'Say what is new'])(
  'at its natural pace it takes a few seconds for: %s',
  (title) => {
    const natural = pausedMs([], title);
    expect(natural).toBeGreaterThan(1_000);
    expect(natural).toBeLessThan(6_000);
    git('reset', '--quiet', '--hard');
    git('clean', '--quiet', '--force');
    expect(pausedMs(['--pace', '3'], title)).toBe(3 * natural);
    expect(pausedMs(['--pace', '0'], title)).toBe(0);
  },
);
