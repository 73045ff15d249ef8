import { spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readInputJournal } from '../logs/input-journal.ts';
import { LogPump } from '../logs/log-pump.ts';
import { writeMark } from '../logs/marks.ts';
import { createMasker } from '../logs/mask.ts';
import { SPOOL_FILES } from '../logs/spool-files.ts';
import { silentLogger } from '../testing/silent-logger.ts';
import {
  BUBBLEWRAP,
  buildProgram,
  isAlive,
  program,
  PROGRAMS_FOLDER,
  temporaryFolder,
  until,
} from '../testing/programs.ts';
import { KeeperConnection } from './keeper-connection.ts';
import { KeeperPool } from './keeper-pool.ts';
import type { Assignment, KeeperCommand, KeeperStatus } from './keeper-protocol.ts';
import { sharedMs } from './lease.ts';
import { findRunProcesses } from './processes.ts';
import { sandboxArgs } from './sandbox-mounts.ts';
import { makeSocketFolder, removeDeadSockets } from './socket-folder.ts';

const canceled = { status: 'canceled', reason: 'by_user', message: 'Canceled by Ada' } as const;
let keeperFile: string;
let folder: string;
let pool: KeeperPool;

beforeAll(() => {
  keeperFile = buildProgram('execution/keeper-main');
});
beforeEach(() => {
  folder = temporaryFolder();
  pool = new KeeperPool({
    keeperArgs: [keeperFile],
    socketFolder: makeSocketFolder(folder),
    searchPath: '/usr/bin:/bin',
    logFile: join(folder, 'keeper.log'),
  });
});
afterEach(async () => {
  await pool.close();
  rmSync(folder, { recursive: true });
});
afterAll(() => rmSync(keeperFile, { force: true }));

interface Options {
  limits?: Partial<Assignment['limits']>;
  ttlMs?: number;
  stdin?: string;
}

/** Set by each of the two ways to run commands that all tests are repeated for. */
let isSandboxed = false;

function assignmentOf(commands: string[][], { limits, ttlMs = 60_000, stdin }: Options = {}): Assignment {
  const runFolder = join(folder, randomUUID());
  const cwd = join(folder, 'work');
  for (const path of [runFolder, cwd]) mkdirSync(path, { recursive: true });
  if (stdin !== undefined) writeFileSync(join(runFolder, 'prompt.txt'), stdin);
  const runId = randomUUID();
  const order = {
    writable: [cwd],
    readable: [PROGRAMS_FOLDER, process.execPath],
    hidden: [],
    cwd,
    home: null,
    homePaths: [],
    writtenByAgents: [],
    network: true,
  };
  return {
    runId,
    runFolder,
    cwd,
    isOwnFolder: true,
    env: { PATH: '/usr/bin:/bin', OVERMIND_RUN_ID: runId },
    stdinFile: stdin === undefined ? null : join(runFolder, 'prompt.txt'),
    sandbox: isSandboxed ? { file: BUBBLEWRAP, args: sandboxArgs(order) } : null,
    cgroup: null,
    commands: commands.map((args): KeeperCommand => ({
      file: args[0]?.startsWith('/bin') || args[0]?.startsWith('/missing') ? (args[0] ?? '') : process.execPath,
      args: args[0]?.startsWith('/bin') ? args.slice(1) : args,
      display: args[0]?.split('/').at(-1) ?? '',
    })),
    limits: {
      runTimeoutMs: 60_000,
      idleTimeoutMs: null,
      graceMs: 5_000,
      maxLogBytes: 50_000_000,
      minFreeBytes: 0,
      maxMemoryBytes: null,
      maxProcesses: null,
      maxCpus: null,
      ...limits,
    },
    lease: { ttlMs },
  };
}

/** No number that stands for more than one process must ever be given a signal. */
function pidOf(keeper: KeeperConnection | null | undefined): number {
  if (!keeper?.pid) throw new Error('The process of this keeper is not known');
  return keeper.pid;
}

async function start(assignment: Assignment): Promise<KeeperConnection> {
  const keeper = await pool.take();
  keeper.assign(assignment);
  await keeper.until((status) => status.phase !== 'starting');
  return keeper;
}

async function runToEnd(assignment: Assignment): Promise<KeeperStatus> {
  const keeper = await start(assignment);
  const status = await keeper.closed;
  expect(JSON.parse(readFileSync(join(assignment.runFolder, 'status.json'), 'utf8'))).toEqual(status);
  expect(findRunProcesses(assignment.runId, null)).toEqual([]);
  if (!status) throw new Error('The keeper ended without a word');
  return status;
}

/** Processes that have this among their arguments, whatever namespace they are in. */
function findByCommandLine(text: string): string[] {
  return readdirSync('/proc').filter(
    (pid) =>
      /^\d+$/.test(pid) &&
      readWhileThere(`/proc/${pid}/cmdline`).includes(`\0${text}`) &&
      !readWhileThere(`/proc/${pid}/stat`).includes(') Z '),
  );
}

function readWhileThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it ended while it was looked at
  }
}

const output = (assignment: Assignment, file: keyof typeof SPOOL_FILES = 'stdout'): string =>
  readFileSync(join(assignment.runFolder, SPOOL_FILES[file]), 'utf8');

describe.each([
  ['without a sandbox', false],
  ['in a sandbox', true],
])('%s', (_name, isInSandbox) => {
  beforeEach(() => {
    isSandboxed = isInSandbox;
  });

  test('commands run one after another, with the prompt on standard input, and what they used is reported', async () => {
    const assignment = assignmentOf(
      [['/bin/cat'], program('print-lines', '3', '150'), ['-e', 'while (process.cpuUsage().user < 300_000);']],
      { stdin: 'the task\n' },
    );
    const status = await runToEnd(assignment);
    expect(status).toMatchObject({
      phase: 'ended',
      exitCode: 0,
      signal: null,
      outcome: { status: 'completed', reason: 'ok' },
    });
    expect(output(assignment)).toBe('the task\nline 0\nline 1\nline 2\n');
    expect(output(assignment, 'stderr')).toBe('tenth 0\n');
    expect(status.cpuSeconds).toBeGreaterThan(0.25);
    expect(status.wallSeconds).toBeGreaterThan(0.7);
    expect(status.peakMemoryBytes).toBeGreaterThan(10_000_000);
  });

  test.each([
    ['exits with a code', ['exit-with', '3'], { exitCode: 3, signal: null }, 'ended with exit code 3'],
    ['is ended by a signal', ['exit-with', 'SIGKILL'], { exitCode: null, signal: 'SIGKILL' }, 'was ended by SIGKILL'],
  ])(
    'a command that %s fails the run, and the next one does not start',
    async (_name, [name = '', arg = ''], exit, words) => {
      const assignment = assignmentOf([program(name, arg), program('print-lines', '1')]);
      const status = await runToEnd(assignment);
      expect(status).toMatchObject({ ...exit, outcome: { status: 'failed', reason: 'exit_code' } });
      expect(status.outcome?.message).toContain(words);
      expect(output(assignment)).toBe('');
    },
  );

  test('a held input takes lines while the agent runs, each of them once, also from a runner that comes back', async () => {
    const assignment = {
      ...assignmentOf([['/bin/cat'], program('echo-lines')], { stdin: 'setup\n' }),
      isStdinHeld: true,
    };
    const keeper = await start(assignment);
    await keeper.until((status) => status.agentOutputFrom !== undefined);
    await until(() => output(assignment).includes('ready'), 'the agent to listen');
    expect(await keeper.giveInput({ number: 0, line: 'one' })).toBe(true);
    keeper.disconnect();

    const again = await KeeperConnection.connect(keeper.socketPath);
    if (!again) throw new Error('The keeper has gone with its runner');
    expect(await again.giveInput({ number: 0, line: 'one' })).toBe(true);
    expect(await again.giveInput({ number: 1, line: 'two' })).toBe(true);
    again.closeInput();
    expect(await again.closed).toMatchObject({ outcome: { status: 'completed', reason: 'ok' } });
    expect(output(assignment)).toBe('setup\nready\nheard one\nheard two\nno more\n');
    expect(readInputJournal(assignment.runFolder)).toEqual([
      { number: 0, line: 'one' },
      { number: 1, line: 'two' },
    ]);
  });

  test('a line for an agent that has gone is not said to be taken', async () => {
    const keeper = await start({ ...assignmentOf([program('exit-with', '0')]), isStdinHeld: true });
    await keeper.closed;
    expect(await keeper.giveInput({ number: 0, line: 'too late' })).toBe(false);
  });

  test('a program that vanished after it was looked up is reported as missing', async () => {
    expect(await runToEnd(assignmentOf([['/missing/program']]))).toMatchObject({
      exitCode: null,
      outcome: { status: 'failed', reason: 'command_missing' },
    });
  });

  test.each([
    [
      'a command that is too long for the system',
      (): Assignment => assignmentOf([['-e', `// ${'x'.repeat(200_000)}`]]),
      'E2BIG',
    ],
    [
      'a second command that is too long',
      (): Assignment =>
        assignmentOf([
          ['/bin/echo', 'first'],
          ['-e', `// ${'x'.repeat(200_000)}`],
        ]),
      'E2BIG',
    ],
    [
      'an environment that is too long',
      (): Assignment => {
        const assignment = assignmentOf([['/bin/cat']]);
        return { ...assignment, env: { ...assignment.env, LONG: 'x'.repeat(200_000) } };
      },
      'E2BIG',
    ],
    [
      'a prompt that has gone',
      (): Assignment => ({ ...assignmentOf([['/bin/cat']]), stdinFile: join(folder, 'nothing') }),
      'ENOENT',
    ],
  ])('%s ends the run and its keeper, with the reason', async (_name, make, words) => {
    const assignment = make();
    const keeper = await pool.take();
    keeper.assign(assignment);
    const status = await Promise.race([
      keeper.closed,
      new Promise<null>((resolve) => setTimeout(() => resolve(null), 5_000)),
    ]);
    if (!status) process.kill(pidOf(keeper), 'SIGKILL');
    expect(status).toMatchObject({
      phase: 'ended',
      pid: null,
      outcome: { status: 'failed', reason: 'internal', message: expect.stringContaining(words) as string },
    });
    expect(JSON.parse(readFileSync(join(assignment.runFolder, 'status.json'), 'utf8'))).toEqual(status);
    await until(() => !isAlive(pidOf(keeper)), 'the keeper to leave');
  });

  test.each([
    ['run_timeout', 'hang', { runTimeoutMs: 300 }],
    ['idle_timeout', 'hang', { idleTimeoutMs: 300 }],
  ] as const)('%s ends the run', async (reason, name, limits) => {
    expect(await runToEnd(assignmentOf([program(name)], { limits }))).toMatchObject({
      outcome: { status: 'timed_out', reason },
      signal: 'SIGTERM',
    });
  });

  test('a program that goes on printing is not idle', async () => {
    expect(
      await runToEnd(assignmentOf([program('print-lines', '8', '100')], { limits: { idleTimeoutMs: 500 } })),
    ).toMatchObject({ outcome: { reason: 'ok' } });
  });

  test('a program that prints without end is ended at the output limit', async () => {
    const status = await runToEnd(assignmentOf([program('flood')], { limits: { maxLogBytes: 100_000 } }));
    expect(status.outcome).toMatchObject({ status: 'failed', reason: 'output_limit' });
  });

  test('a full disk ends the run by name', async () => {
    const status = await runToEnd(
      assignmentOf([program('hang')], { limits: { minFreeBytes: Number.MAX_SAFE_INTEGER } }),
    );
    expect(status.outcome).toMatchObject({ status: 'failed', reason: 'disk_full' });
  });

  test('cancel signals at once, and keeps what a program prints while it cleans up', async () => {
    const assignment = assignmentOf([program('clean-up-on-sigterm')]);
    const keeper = await start(assignment);
    await until(() => output(assignment) === 'ready\n', 'the program to be ready');
    const fromMs = performance.now();
    keeper.cancel(canceled);
    await until(() => output(assignment).includes('cleaning up'), 'the signal to arrive');
    const signaledMs = performance.now() - fromMs;
    const status = await keeper.closed;
    expect(signaledMs).toBeLessThan(250);
    expect(performance.now() - fromMs).toBeLessThan(2_000);
    expect(status).toMatchObject({ exitCode: 0, outcome: canceled });
    expect(output(assignment)).toBe('ready\ncleaning up\nclean\n');
  });

  test('the line that a program is in the middle of, when it is told to end, goes on behind what is said of it', async () => {
    const assignment = assignmentOf([program('end-in-mid-line')]);
    const keeper = await start(assignment);
    await until(() => output(assignment) === 'half a', 'the half line');
    keeper.cancel(canceled);
    await keeper.closed;
    const lines: string[] = [];
    writeMark(assignment.runFolder, null, true);
    const pump = new LogPump({
      folder: assignment.runFolder,
      masker: createMasker([]),
      maxLogBytes: 1_000_000,
      send: ({ messages }) => Promise.resolve(lines.push(...messages) - 1),
      logger: silentLogger,
      onDiskTrouble: () => undefined,
    });
    await pump.finished;
    expect(lines.slice(1, 3)).toEqual(['Canceled by Ada', 'half a line']);
  });

  test('a program that ignores SIGTERM is killed after the grace, its children with it', async () => {
    const assignment = assignmentOf(
      [
        [
          '/bin/sh',
          '-c',
          `"${process.execPath}" "${program('ignore-sigterm')[0]}" & "${process.execPath}" "${program('ignore-sigterm')[0]}"; wait`,
        ],
      ],
      { limits: { graceMs: 300 } },
    );
    const keeper = await start(assignment);
    await until(() => output(assignment) === 'ready\nready\n', 'both programs to be ready');
    const fromMs = performance.now();
    keeper.cancel(canceled);
    await keeper.closed;
    expect(performance.now() - fromMs).toBeGreaterThan(290);
    expect(performance.now() - fromMs).toBeLessThan(2_300);
    expect(output(assignment)).toContain('no\n');
    expect(findRunProcesses(assignment.runId, null)).toEqual([]);
  });

  test('a process that made a session of its own and keeps stdout open neither hangs the run nor survives it', async () => {
    const assignment = assignmentOf([program('leave-daemon')], { limits: { graceMs: 200 } });
    const status = await runToEnd(assignment);
    expect(status.outcome).toMatchObject({ reason: 'ok' });
    const daemon = Number(/daemon (\d+)/.exec(output(assignment))?.[1]);
    // In a sandbox that is its number in there.
    if (!isSandboxed) await until(() => !isAlive(daemon), 'the daemon to be gone');
    expect(output(assignment, 'marks')).toContain('It left 1 process running');
  });

  test.each(['here', ...(isInSandbox ? ['away'] : [])])(
    'a process with a session of its own and an empty environment, %s, does not survive its run',
    async (where) => {
      const tag = `stranger-${randomUUID()}`;
      const ended = assignmentOf([program('leave-stranger', tag, where)], { limits: { graceMs: 200 } });
      await runToEnd(ended);
      expect(output(ended)).toBe('left\n');
      expect(findByCommandLine(tag)).toEqual([]);

      const hanging = assignmentOf(
        [
          [
            '/bin/sh',
            '-c',
            `"${process.execPath}" "${program('leave-stranger')[0]}" ${tag} ${where}; "${process.execPath}" "${program('ignore-sigterm')[0]}"`,
          ],
        ],
        { limits: { graceMs: 200 } },
      );
      const keeper = await start(hanging);
      await until(() => output(hanging).includes('ready'), 'the program to be ready');
      expect(findByCommandLine(tag)).toHaveLength(1);
      keeper.cancel(canceled);
      await keeper.closed;
      expect(findByCommandLine(tag)).toEqual([]);
    },
  );

  test('the agent is gone when its keeper is killed, although no runner is there to see it', async () => {
    const assignment = assignmentOf([
      ['/bin/sh', '-c', `"${process.execPath}" "${program('ignore-sigterm')[0]}"; true`],
    ]);
    const keeper = await start(assignment);
    await until(() => output(assignment) === 'ready\n', 'the program to be ready');
    expect(findRunProcesses(assignment.runId, null).length).toBeGreaterThan(1);
    process.kill(pidOf(keeper), 'SIGKILL');
    await until(() => findRunProcesses(assignment.runId, null).length === 0, 'everything to be gone', 2_000);
  });

  test('a signal is told from an exit code that looks like one', async () => {
    for (const [arg, exit] of [
      ['139', { exitCode: 139, signal: null }],
      ['SIGSEGV', { exitCode: null, signal: 'SIGSEGV' }],
      ['SIGTERM', { exitCode: null, signal: 'SIGTERM' }],
    ] as const) {
      expect(await runToEnd(assignmentOf([program('exit-with', arg)]))).toMatchObject(exit);
    }
  });

  test('what is still running after its parent obeyed SIGTERM may clean up within the grace', async () => {
    const assignment = assignmentOf([
      [
        '/bin/sh',
        '-c',
        `"${process.execPath}" "${program('clean-up-on-sigterm')[0]}" & exec "${process.execPath}" "${program('hang')[0]}"`,
      ],
    ]);
    const keeper = await start(assignment);
    await until(
      () => output(assignment).includes('ready') && output(assignment).includes('hanging'),
      'both programs to be ready',
    );
    keeper.cancel(canceled);
    expect(await keeper.closed).toMatchObject({ outcome: canceled });
    expect(output(assignment)).toContain('cleaning up\nclean\n');
  });

  test('a memory limit ends a process that goes beyond it, and nothing else', async () => {
    const script =
      'const all = []; for (let n = 0; n < 40; n += 1) all.push(Buffer.alloc(20_000_000, 1)); console.log(all.length)';
    const limited = assignmentOf([['-e', script]], { limits: { maxMemoryBytes: 500_000_000 } });
    expect((await runToEnd(limited)).outcome).toMatchObject({ status: 'failed', reason: 'exit_code' });
    const roomy = assignmentOf([['-e', script]], { limits: { maxMemoryBytes: 3_000_000_000, maxProcesses: 500 } });
    expect((await runToEnd(roomy)).outcome).toMatchObject({ status: 'completed' });
    expect(output(roomy)).toBe('40\n');
  });

  test('a folder that is swapped for a link when the command starts is never left for where the link leads', async () => {
    const outside = join(folder, 'outside');
    mkdirSync(outside);
    const [here, aside] = [join(folder, 'work'), join(folder, 'aside')];
    let isSwapping = true;
    const swapping = (async (): Promise<void> => {
      for (let isThere = true; isSwapping; isThere = !isThere) {
        await new Promise((resolve) => setTimeout(resolve, 3));
        if (isThere) {
          renameSync(here, aside);
          symlinkSync(outside, here);
        } else {
          rmSync(here);
          renameSync(aside, here);
        }
      }
      if (lstatSync(here).isSymbolicLink()) rmSync(here);
    })();
    const seen: unknown[] = [];
    for (let round = 0; round < 14; round += 1) {
      const assignment = { ...assignmentOf([['/bin/sh', '-c', 'echo was here > trace']]), cwd: here };
      const status = await (await pool.take().then((keeper) => (keeper.assign(assignment), keeper))).closed;
      seen.push(status?.outcome?.reason);
    }
    isSwapping = false;
    await swapping;
    expect(readdirSync(outside)).toEqual([]);
    for (const reason of seen) expect(['ok', 'path_refused', 'not_sandboxed']).toContain(reason);
  });

  test('a lease that is not renewed ends the run before its end; a renewed one does not', async () => {
    const lost = assignmentOf([program('ignore-sigterm')], { ttlMs: 1_500 });
    const kept = assignmentOf([program('hang')], { ttlMs: 1_500 });
    // First: they share a folder, and whoever works in there since a run began is taken for that run's own.
    const keeping = await start(kept);
    keeping.renew({ ttlMs: 60_000 });
    const losing = await start(lost);
    const fromMs = performance.now();
    const status = await losing.closed;
    expect(performance.now() - fromMs).toBeLessThan(1_900);
    expect(status?.outcome).toMatchObject({ status: 'timed_out', reason: 'runner_lost' });
    expect(findRunProcesses(lost.runId, null)).toEqual([]);
    expect(keeping.status?.phase).toBe('running');
    keeping.cancel(canceled);
    await keeping.closed;
  });
});

test('a cgroup that can not be removed takes nothing from how its run ended, and keeps no keeper', async () => {
  const cgroup = join(folder, 'no-folder');
  writeFileSync(cgroup, '');
  const keeper = await pool.take();
  keeper.assign({ ...assignmentOf([['/missing/program']]), cwd: join(folder, 'nothing'), cgroup });
  expect(await keeper.closed).toMatchObject({ phase: 'ended', outcome: { status: 'failed', reason: 'path_refused' } });
});

test('a keeper that can write nothing down tells its runner so, and leaves', async () => {
  const assignment = { ...assignmentOf([program('hang')]), runFolder: join(folder, 'nothing', 'here') };
  const keeper = await pool.take();
  keeper.assign(assignment);
  const status = await Promise.race([
    keeper.closed,
    new Promise<null>((resolve) => setTimeout(() => resolve(null), 5_000)),
  ]);
  if (!status) process.kill(pidOf(keeper), 'SIGKILL');
  expect(status).toMatchObject({
    phase: 'ended',
    outcome: { status: 'failed', reason: 'internal', message: expect.stringContaining('ENOENT') as string },
  });
  await until(() => !isAlive(pidOf(keeper)), 'the keeper to leave');
});

describe('a keeper that was stopped', () => {
  const stop = (keeper: KeeperConnection): boolean => process.kill(pidOf(keeper), 'SIGSTOP');
  const goOn = (keeper: KeeperConnection): boolean => process.kill(pidOf(keeper), 'SIGCONT');

  test('is told from one that has gone, and a standby whose runner has gone leaves once it goes on', async () => {
    const keeper = await pool.take();
    stop(keeper);
    const fromMs = performance.now();
    const again = await KeeperConnection.connect(keeper.socketPath);
    expect(performance.now() - fromMs).toBeLessThan(2_500);
    expect(again).toMatchObject({ isHung: true, isGone: false, pid: null });
    for (const connection of [again, keeper]) connection?.disconnect();
    goOn(keeper);
    await until(() => !isAlive(pidOf(keeper)), 'the keeper to leave');
    expect(await KeeperConnection.connect(keeper.socketPath)).toBeNull();
  });

  test('holds the look for dead sockets up no longer than one of them would, and keeps its own', async () => {
    const keepers = [await pool.take(), await pool.take(), await pool.take(), await pool.take()];
    const [killed, ...stopped] = keepers;
    for (const keeper of stopped) stop(keeper);
    process.kill(pidOf(killed), 'SIGKILL');
    await killed?.closed;
    const fromMs = performance.now();
    await removeDeadSockets(makeSocketFolder(folder));
    expect(performance.now() - fromMs).toBeLessThan(2_800);
    expect(keepers.map(({ socketPath }) => existsSync(socketPath))).toEqual([false, true, true, true]);
    for (const keeper of stopped) {
      keeper.disconnect();
      goOn(keeper);
    }
    await until(() => !stopped.some(({ pid }) => isAlive(pid ?? 0)), 'the keepers to leave');
  });

  test('says hello to whoever waited for it', async () => {
    const assignment = assignmentOf([program('hang')]);
    const keeper = await start(assignment);
    stop(keeper);
    const again = await KeeperConnection.connect(keeper.socketPath, 300);
    goOn(keeper);
    await again?.until(({ phase }) => phase === 'running');
    expect(again).toMatchObject({ isHung: false, pid: keeper.pid, runId: assignment.runId });
    again?.cancel(canceled);
    expect(await keeper.closed).toMatchObject({ outcome: canceled });
  });

  test('begins nothing when it reads of its run after the lease, and gives no renewal more time than it had when it was sent', async () => {
    const [unread, running] = [
      assignmentOf([program('hang')], { ttlMs: 0 }),
      assignmentOf([program('hang')], { ttlMs: 4_000 }),
    ];
    const [late, renewed] = [await pool.take(), await start(running)];
    for (const keeper of [late, renewed]) stop(keeper);
    const sentMs = sharedMs();
    late.assign({ ...unread, lease: { ttlMs: 1_500, sentMs } });
    renewed.renew({ ttlMs: 4_500, sentMs });
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    for (const keeper of [late, renewed]) goOn(keeper);
    expect(await late.closed).toMatchObject({
      phase: 'ended',
      exitCode: null,
      signal: null,
      outcome: { status: 'timed_out', reason: 'runner_lost' },
    });
    expect(output(unread, 'marks')).not.toContain('$ ');
    expect(output(unread)).toBe('');
    expect(await renewed.closed).toMatchObject({ outcome: { status: 'timed_out', reason: 'runner_lost' } });
    expect(sharedMs() - sentMs).toBeLessThan(5_000);
  });
});

test('a pause that is longer than a keeper may take to start fails neither its start nor the next', async () => {
  const paused = new KeeperPool({
    keeperArgs: [keeperFile],
    socketFolder: makeSocketFolder(folder),
    searchPath: '/usr/bin:/bin',
    logFile: join(folder, 'keeper.log'),
    startTimeoutMs: 1_500,
  });
  paused.warm();
  // Nothing of this process goes on meanwhile, as with SIGSTOP or a laptop that is closed.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_500);
  const keeper = await paused.take();
  expect(keeper.isGone).toBe(false);
  keeper.disconnect();
  await paused.close();
});

test('a standby that could not be started is not kept for the next run', async () => {
  const flaky = join(folder, 'flaky.mjs');
  const mark = join(folder, 'failed-once');
  writeFileSync(
    flaky,
    `import { existsSync, writeFileSync } from 'node:fs';\nif (!existsSync(${JSON.stringify(mark)})) { writeFileSync(${JSON.stringify(mark)}, ''); process.exit(1); }\nawait import(${JSON.stringify(keeperFile)});\n`,
  );
  const troubles: unknown[] = [];
  const again = new KeeperPool({
    keeperArgs: [flaky],
    socketFolder: makeSocketFolder(folder),
    searchPath: '/usr/bin:/bin',
    logFile: join(folder, 'keeper.log'),
    onTrouble: (error) => troubles.push(error),
  });
  again.warm();
  const keeper = await again.take();
  expect(keeper.isGone).toBe(false);
  expect(troubles).toHaveLength(1);
  keeper.disconnect();
  await again.close();
});

test('a keeper outlives its runner, and can be found again; a standby does not', async () => {
  const assignment = assignmentOf([program('print-lines', '40', '20')]);
  const runner = join(folder, 'runner.mjs');
  const pathsFile = join(folder, 'sockets.json');
  // A stand-in for the runner: it starts a keeper with a run and a standby, then waits to be killed.
  writeFileSync(
    join(folder, 'entry.ts'),
    `
    import { writeFileSync } from 'node:fs';
    import { KeeperPool } from ${JSON.stringify(join(import.meta.dirname, 'keeper-pool.ts'))};
    const pool = new KeeperPool(${JSON.stringify({ keeperArgs: [keeperFile], socketFolder: makeSocketFolder(folder), searchPath: '/usr/bin:/bin', logFile: join(folder, 'keeper.log') })});
    const keeper = await pool.take();
    keeper.assign(${JSON.stringify(assignment)});
    const standby = await pool.take();
    writeFileSync(${JSON.stringify(pathsFile)}, JSON.stringify([keeper.socketPath, standby.socketPath]));
  `,
  );
  const { buildSync } = await import('esbuild');
  buildSync({
    entryPoints: [join(folder, 'entry.ts')],
    outfile: runner,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
  });
  const child = spawn(process.execPath, [runner], { stdio: 'inherit' });
  const text = (): string => readFileSync(pathsFile, { encoding: 'utf8', flag: 'a+' });
  await until(() => text().endsWith(']'), 'the runner to start its keepers');
  child.kill('SIGKILL');
  const [path = '', standbyPath = ''] = JSON.parse(text()) as string[];
  await new Promise((resolve) => child.once('exit', resolve));

  const adopted = await KeeperConnection.connect(path);
  expect(adopted?.runId).toBe(assignment.runId);
  expect(await adopted?.closed).toMatchObject({ phase: 'ended', outcome: { reason: 'ok' } });
  expect(output(assignment).split('\n')).toHaveLength(41);
  expect(await KeeperConnection.connect(standbyPath)).toBeNull();
});
