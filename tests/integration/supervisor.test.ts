import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SIGN_OF_LIFE } from '#contract/sign-of-life.ts';
import { until } from '#tests/kit/until.ts';

const FAKE_SYSTEM = fileURLToPath(new URL('../kit/processes/fake-system.mjs', import.meta.url));
let folder: string;
let systems: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'overmind-supervisor-'));
  systems = [];
});
afterEach(async () => {
  for (const system of systems) system.kill('SIGKILL');
  await until(ours, (found) => found.length === 0, 20_000);
  rmSync(folder, { recursive: true, force: true });
});

type Part = [name: string, kind: 'program' | 'lively' | 'needy' | 'service' | 'group', file?: string];

interface FakeSystem {
  child: ChildProcess;
  output(): string;
  ended: Promise<number | null>;
}

async function startSystem(
  parts: Part[],
  options: { pausesMs?: number[]; steadyAfterMs?: number; silenceMs?: number; fails?: 'start' | 'mistake' } = {},
): Promise<FakeSystem> {
  const child = spawn(process.execPath, [FAKE_SYSTEM, JSON.stringify({ dataDir: folder, parts, ...options })], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  systems.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  await until(
    () => output,
    (text) => text.includes('system is ready'),
    20_000,
  );
  return { child, output: () => output, ended };
}

/** The fake parts of this test that run. */
function ours(): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => {
      const words = readOrNothing(`/proc/${pid}/cmdline`);
      return words.includes('fake-part.mjs') && words.includes(folder);
    })
    .map(Number);
}
function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // it has ended meanwhile
  }
}
const logOf = (name: string): string => readOrNothing(path.join(folder, 'logs', `${name}.log`));
/** What a part was told last on its standard input. */
function lastHeard(name: string): object[] {
  const heard = logOf(name)
    .split('\n')
    .filter((line) => line.includes('heard '))
    .map((line) => (JSON.parse(line) as { msg: string }).msg.slice('heard '.length));
  return (JSON.parse(heard.at(-1)?.split('\n').at(-1) ?? '{}') as { parts: object[] }).parts;
}
function pidOf(name: string): number | undefined {
  return (JSON.parse(readOrNothing(path.join(folder, 'processes.json')) || '{}') as Record<string, { pid: number }>)[
    name
  ]?.pid;
}

describe('a part that ends', () => {
  test('is tried again with a growing pause, for ever, and said once a pause; the others do not notice', async () => {
    const obstacle = path.join(folder, 'obstacle');
    const system = await startSystem(
      [
        ['steady', 'program'],
        ['shaky', 'needy', obstacle],
      ],
      { pausesMs: [20, 40, 80], steadyAfterMs: 300 },
    );
    const steady = pidOf('steady');
    writeFileSync(obstacle, '');
    process.kill(pidOf('shaky') ?? 0, 'SIGKILL');
    // Many more tries than pauses.
    await until(
      () => logOf('shaky').split('it is in the way').length - 1,
      (tries) => tries >= 6,
    );
    const said = system
      .output()
      .split('\n')
      .filter((line) => line.startsWith('  ! shaky'));
    expect(said.map((line) => line.replace(/ \(\/.*/, ''))).toEqual([
      '  ! shaky ended (signal SIGKILL); next try in 0.02 s',
      `  ! shaky: it is in the way: ${obstacle}`,
      `  ! shaky keeps ending, 2 times now (exit code 3: it is in the way: ${obstacle}); next try in 0.04 s`,
      `  ! shaky keeps ending, 3 times now (exit code 3: it is in the way: ${obstacle}); it is tried every 0.08 s from now on`,
    ]);
    expect(pidOf('steady')).toBe(steady);

    rmSync(obstacle);
    await until(system.output, (text) => text.includes('shaky runs steadily again'));
    const parts = lastHeard('steady');
    expect(parts).toContainEqual(
      expect.objectContaining({ name: 'shaky', state: 'running', ends: 0, lastEnd: 'exit code 3', nextTryAt: null }),
    );
  });
});

describe('a part that gives no sign of life', () => {
  test.for([
    ['is stopped', 'SIGSTOP'],
    ['turns in a circle', 'SIGUSR2'],
  ] as const)('since it %s, is killed, said so, and started anew', async ([, signal]) => {
    const system = await startSystem(
      [
        ['steady', 'lively'],
        ['other', 'lively'],
      ],
      { pausesMs: [20, 40], silenceMs: 600 },
    );
    const first = pidOf('other') ?? 0;
    const steady = pidOf('steady');
    // Long enough for those that give signs to be heard, and not to be taken for silent.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect([pidOf('steady'), pidOf('other')]).toEqual([steady, first]);
    process.kill(first, signal);
    await until(
      () => pidOf('other'),
      (pid) => pid !== undefined && pid !== first,
    );
    await until(system.output, (text) => text.includes('other runs again'));
    expect(system.output()).toContain('  ! other ended (it gave no sign of life, and was killed); next try in 0.02 s');
    expect(pidOf('steady')).toBe(steady);
    expect(ours()).not.toContain(first);
    expect(logOf('other')).not.toContain('alive');
  });

  test('has not said the very line that our programs write', () => {
    const read = readFileSync(new URL('../../scripts/bootstrap/sign-of-life.mjs', import.meta.url), 'utf8');
    expect(read).toContain(`SIGN_OF_LIFE = '${SIGN_OF_LIFE.trim()}';`);
  });

  test('is left alone for as long as its supervisor stood still itself', async () => {
    const system = await startSystem([['one', 'lively']], { silenceMs: 1_500 });
    const first = pidOf('one') ?? 0;
    process.kill(first, 'SIGSTOP');
    system.child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    process.kill(first, 'SIGCONT');
    system.child.kill('SIGCONT');
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(pidOf('one')).toBe(first);
    expect(system.output()).not.toContain('ended');
  });
});

describe('whatever stops it, everything it started ends, in order, and nothing is started again:', () => {
  const lastWord = (): string => readOrNothing(path.join(folder, 'last-word'));
  const partsOf = (): Part[] => [
    ['one', 'program', path.join(folder, 'last-word')],
    ['other', 'program'],
    ['base', 'service'],
    ['work', 'group'],
  ];

  test.for(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s', async (signal) => {
    const system = await startSystem(partsOf());
    system.child.kill(signal);
    expect(await system.ended).toBe(0);
    expect(ours()).toEqual([]);
    expect(system.output()).not.toContain('next try');
    expect(lastWord()).toBe('SIGTERM');
  });

  test.for([
    ['start', 'The last step failed.'],
    ['mistake', 'Error: a mistake'],
  ] as const)('a failure: %s', async ([fails, words]) => {
    const system = await startSystem(partsOf(), { fails });
    expect(await system.ended).toBe(1);
    expect(ours()).toEqual([]);
    expect(system.output()).toContain(words);
    expect(system.output()).not.toContain('next try');
  });

  test('SIGKILL: its programs notice, a watcher ends the rest', async () => {
    const system = await startSystem(partsOf());
    await until(ours, (found) => found.length === 5);
    system.child.kill('SIGKILL');
    await until(ours, (found) => found.length === 0, 5_000);
    expect(lastWord()).toBe('the supervisor is gone');
  });

  test('SIGKILL, after its watcher was killed before', async () => {
    const system = await startSystem(partsOf());
    const [, first] = /watcher (\d+)/.exec(system.output()) ?? [];
    process.kill(Number(first), 'SIGKILL');
    const isWatcher = (pid: string): boolean =>
      readOrNothing(`/proc/${pid}/cmdline`).includes('watcher-main.mjs') &&
      readOrNothing(`/proc/${pid}/stat`).split(') ')[1]?.split(' ')[1] === String(system.child.pid);
    await until(
      () => readdirSync('/proc').filter((pid) => pid !== first && isWatcher(pid)),
      (found) => found.length === 1,
    );
    system.child.kill('SIGKILL');
    await until(ours, (found) => found.length === 0, 5_000);
  });
});

test('the next start ends what both a killed start and its killed watcher have left', async () => {
  const system = await startSystem([['base', 'service']]);
  const [, watcher] = /watcher (\d+)/.exec(system.output()) ?? [];
  system.child.kill('SIGSTOP');
  process.kill(Number(watcher), 'SIGKILL');
  system.child.kill('SIGKILL');
  await system.ended;
  const left = pidOf('base');
  expect(ours()).toEqual([left]);
  await startSystem([['base', 'service']]);
  expect(ours()).toEqual([pidOf('base')]);
  expect(pidOf('base')).not.toBe(left);
});

test('the next start removes what a killed one had half done, and nothing of one that still runs', async () => {
  const running = `ports.json.${process.pid}.tmp`;
  // No process has this number: Linux gives none above 4,194,304.
  for (const name of ['ports.json.9999999.tmp', 'redis.9999999.tmp', running, 'secrets.json'])
    writeFileSync(path.join(folder, name), '');
  await startSystem([]);
  expect(
    readdirSync(folder)
      .filter((name) => /tmp|secrets/.test(name))
      .sort(),
  ).toEqual([running, 'secrets.json']);
});

test('a second start of the same folder is refused, and the first one goes on', async () => {
  const first = await startSystem([['one', 'program']]);
  const second = spawn(
    process.execPath,
    [FAKE_SYSTEM, JSON.stringify({ dataDir: folder, parts: [['one', 'program']] })],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  second.stderr.on('data', (bytes: Buffer) => (said += bytes.toString()));
  expect(await once(second, 'close')).toEqual([1, null]);
  expect(said).toContain(`is in use by a system that is already running (process ${first.child.pid})`);
  expect(ours()).toEqual([pidOf('one')]);
});
