import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '#tests/kit/until.ts';

const rootDir = fileURLToPath(new URL('../..', import.meta.url));
/** What is written to while it runs, or must hold a file of ours; the rest of a checkout is linked. */
const COPIED = ['scripts', 'contract', 'package.json', 'vitest.config.ts'];
const NOT_LINKED = ['.git', '.cache', 'build', 'data'];
const LEAVE_MS = 10_000;

/** Hangs, with services of its own: such tests there are. */
const HANGING_TEST = `
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { test } from 'vitest';

test('hangs', { timeout: 600_000 }, async () => {
  const child = spawn(process.execPath, ['scripts/services.mjs'], { stdio: ['ignore', 'pipe', 'inherit'] });
  child.stdout.on('data', (bytes) => {
    if (bytes.includes('REDIS_URL')) writeFileSync(process.env.READY_FILE, '');
  });
  await new Promise(() => setInterval(() => {}, 60_000));
});
`;

let folder: string;
let checkout: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'interrupted-'));
  await chmod(folder, 0o711);
  checkout = path.join(folder, 'checkout');
  await mkdir(path.join(folder, 'tmp'), { recursive: true });
  await chmod(path.join(folder, 'tmp'), 0o777);
  await mkdir(checkout);
  for (const name of await readdir(rootDir)) {
    if (NOT_LINKED.includes(name)) continue;
    if (COPIED.includes(name)) await cp(path.join(rootDir, name), path.join(checkout, name), { recursive: true });
    else await symlink(path.join(rootDir, name), path.join(checkout, name));
  }
  await writeFile(path.join(checkout, 'contract/hang.test.ts'), HANGING_TEST);
});

afterEach(async () => {
  for (const pid of processesOf(folder)) if (pid !== child?.pid) tryToKill(pid);
  if (child && child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await until(
    () => processesOf(folder),
    (left) => left.length === 0,
  );
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Everybody whose program, arguments or working directory lies in the folder. */
function processesOf(place: string): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids
    .filter((pid) => [commandOf(pid), linkOf(`/proc/${pid}/cwd`)].some((text) => text.includes(place)))
    .map(Number);
}
const commandOf = (pid: string | number): string => orNothing(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
const linkOf = (file: string): string => orNothing(() => readlinkSync(file));
function orNothing(look: () => string): string {
  try {
    return look();
  } catch {
    return ''; // it has ended meanwhile
  }
}
function tryToKill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

const hasProcess = (words: string): boolean =>
  processesOf(folder).some((pid) => commandOf(pid).replaceAll('\0', ' ').includes(words));

/** `npm test` of that checkout, in one of its phases. */
async function startTests(phase: Phase): Promise<ChildProcess> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
  child = spawn(process.execPath, ['scripts/test.mjs', '--only', 'unit', '--', 'contract/hang.test.ts'], {
    cwd: checkout,
    env: { ...env, TMPDIR: path.join(folder, 'tmp'), READY_FILE: path.join(folder, 'ready') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes: Buffer) => (output += String(bytes)));
  await until(
    () => (child?.exitCode === null ? PHASES[phase]() : `it ended:\n${output}`),
    (found) => found === true,
    60_000,
  );
  return child;
}

const PHASES = {
  'the services are being made': () => hasProcess('initdb') || hasProcess('redis-server'),
  'PostgreSQL starts': () => hasProcess('bin/postgres -D'),
  'vitest starts': () => hasProcess('vitest.mjs run'),
  'a test has services of its own': () => existsSync(path.join(folder, 'ready')),
};
type Phase = keyof typeof PHASES;

const CASES = (Object.keys(PHASES) as Phase[]).flatMap((phase) =>
  (['SIGINT', 'SIGTERM', 'SIGKILL'] as const).map((signal) => ({ phase, signal })),
);

test.each(CASES)('nothing is left of tests that $signal ends while $phase', async ({ phase, signal }) => {
  const tests = await startTests(phase);
  tests.kill(signal);
  const [code] = (await once(tests, 'exit')) as [number | null];
  expect(code).not.toBe(0);
  await until(
    () => processesOf(folder).map((pid) => commandOf(pid)),
    (left) => left.length === 0,
    LEAVE_MS,
  );
});

test.each(CASES.filter(({ phase, signal }) => phase !== 'vitest starts' && signal !== 'SIGTERM'))(
  'nothing is left of them when $signal comes and their checkout goes while $phase',
  async ({ phase, signal }) => {
    const tests = await startTests(phase);
    await rm(checkout, { recursive: true });
    tests.kill(signal);
    await once(tests, 'exit');
    await until(
      () => processesOf(folder).map((pid) => commandOf(pid)),
      (left) => left.length === 0,
      LEAVE_MS,
    );
  },
);

test('tests whose PostgreSQL ends do not go on without it', async () => {
  const tests = await startTests('a test has services of its own');
  const record = readdirSync(path.join(folder, 'tmp')).find((name) => name.startsWith('overmind-test-')) ?? '';
  const { postgres } = JSON.parse(readFileSync(path.join(folder, 'tmp', record, 'processes.json'), 'utf8')) as {
    postgres: { pid: number };
  };
  process.kill(postgres.pid, 'SIGINT');
  const [code] = (await once(tests, 'exit')) as [number | null];
  expect(code).toBe(1);
  await until(
    () => processesOf(folder).map((pid) => commandOf(pid)),
    (left) => left.length === 0,
    LEAVE_MS,
  );
});
