import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from './start-failure.mjs';

/**
 * A process that can be recognised again: pids are reused, so the moment it started belongs to it.
 * @typedef {{ pid: number, startMark: string }} ProcessIdentity
 */

/**
 * Programs that somebody waits for, so that a stop can end them too.
 * @type {Set<ProcessIdentity>}
 */
const runningChildren = new Set();

/** A test run stops servers of its own, which need a moment; ours may not wait for ever. */
const GROUP_STEPS = /** @type {const} */ ([
  ['SIGTERM', 5_000],
  ['SIGKILL', 2_000],
]);

/**
 * Who is told of them, so that they end with us however we end.
 * @typedef {{ add: (name: string, pid: number, kind: 'group') => void, remove: (name: string) => void }} ChildRecord
 */

/** @type {ChildRecord | undefined} */
let childRecord;

/** @param {ChildRecord} record */
export function recordRunningChildren(record) {
  childRecord = record;
}

/**
 * @typedef {object} RunResult
 * @property {number} code exit code; 128 when a signal ended it
 * @property {string} stdout
 * @property {string} stderr
 */

/**
 * Whether a process runs. A zombie, which nobody has reaped yet, counts as gone.
 * @param {number} pid
 */
export function isAlive(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
  return linuxStat(pid)?.[0] !== 'Z';
}

/**
 * @param {number} pid
 * @returns {ProcessIdentity | undefined} undefined when there is no such process
 */
export function identify(pid) {
  if (!isAlive(pid)) return undefined;
  const stat = linuxStat(pid);
  if (stat) {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return { pid, startMark: `${bootId}:${stat[19]}` };
  }
  const listed = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
  return listed.status === 0 ? { pid, startMark: listed.stdout.trim() } : undefined;
}

/**
 * Whether exactly this process, and not a later one with its pid, still runs.
 * @param {ProcessIdentity} identity
 */
export function isStillRunning(identity) {
  return identify(identity.pid)?.startMark === identity.startMark;
}

/**
 * Ends a process that may not be our child: each signal in turn, each with its time to obey.
 * @param {ProcessIdentity} identity
 * @param {ReadonlyArray<readonly [NodeJS.Signals, number]>} steps signal and milliseconds to wait after it
 * @returns {Promise<boolean>} whether it is gone
 */
export async function endProcess(identity, steps) {
  for (const [signal, waitMs] of steps) {
    if (!isStillRunning(identity)) return true;
    signalProcess(identity.pid, signal);
    const deadline = performance.now() + waitMs;
    while (performance.now() < deadline) {
      if (!isStillRunning(identity)) return true;
      await sleep(20);
    }
  }
  return !isStillRunning(identity);
}

/**
 * Ends a program and what it has started in its group, which may go on when the program itself has gone.
 * @param {ProcessIdentity} leader
 */
export async function endGroup(leader) {
  for (const [signal, waitMs] of GROUP_STEPS) {
    if (!hasGroup(leader)) return;
    signalProcess(-leader.pid, signal);
    const deadline = performance.now() + waitMs;
    while (hasGroup(leader) && performance.now() < deadline) await sleep(20);
  }
}

/**
 * Whether anybody of its group still runs. Its number is not given to another process as long as its group uses it.
 * @param {ProcessIdentity} leader
 */
function hasGroup(leader) {
  const now = identify(leader.pid);
  if (now) return now.startMark === leader.startMark;
  try {
    process.kill(-leader.pid, 0);
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return false;
    if (codeOf(error) !== 'EPERM') throw error;
  }
  // Those that nobody has reaped yet can still be signalled.
  return process.platform !== 'linux' || linuxProcesses().some((pid) => isInGroup(pid, leader.pid));
}

function linuxProcesses() {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/**
 * @param {number} pid
 * @param {number} group
 */
function isInGroup(pid, group) {
  const stat = linuxStat(pid);
  return stat !== undefined && stat[0] !== 'Z' && Number(stat[2]) === group;
}

/**
 * Sends a signal; a process that is gone already is no error.
 * @param {number} pid negative for a process group
 * @param {NodeJS.Signals} signal
 */
export function signalProcess(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (codeOf(error) !== 'ESRCH') throw error;
  }
}

/**
 * Runs a program to its end.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions & { input?: string, onLine?: (line: string) => void }} [options]
 * @returns {Promise<RunResult>} rejects only when the program cannot be started at all
 */
export function runToEnd(command, args, options = {}) {
  const { input, onLine, ...spawnOptions } = options;
  return new Promise((resolve, reject) => {
    // A group of its own, so that what it starts can be ended with it.
    const child = spawn(command, args, { ...spawnOptions, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    const ended = child.pid === undefined ? () => {} : recordChild(command, child.pid);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      eachLine(text, onLine);
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => {
      stderr += text;
      eachLine(text, onLine);
    });
    // A program that does not read its input may close it first; its exit code says how it went.
    child.stdin?.on('error', (error) => {
      if (codeOf(error) !== 'EPIPE') reject(error);
    });
    child.stdin?.end(input ?? '');
    child.on('error', (error) => {
      ended();
      reject(error);
    });
    child.on('close', (code) => {
      ended();
      resolve({ code: code ?? 128, stdout, stderr });
    });
  });
}

// Killed between the two, we would leave a program behind that nobody knows of. So it begins as a shell that waits for our
// word, and ends when there comes none; what it becomes then has the same id and start.
const GATE_FD = 3;
const GATE = `read -r go <&${GATE_FD} && exec ${GATE_FD}<&- && exec "$0" "$@"`;

/**
 * Starts a program that goes on without us, but not before somebody who ends it then knows of it.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {import('node:child_process').SpawnOptions & { stdio: readonly [unknown, unknown, unknown] }} options
 * @param {(pid: number) => void} putOnRecord
 */
export function spawnOnRecord(command, args, options, putOnRecord) {
  const child = spawn('/bin/sh', ['-c', GATE, command, ...args], {
    ...options,
    detached: true,
    stdio: /** @type {import('node:child_process').StdioOptions} */ ([...options.stdio, 'pipe']),
  });
  if (child.pid !== undefined) putOnRecord(child.pid);
  const gate = /** @type {import('node:stream').Writable | undefined} */ (child.stdio[GATE_FD] ?? undefined);
  gate?.on('error', () => {}); // it was ended at the gate; "exit" follows
  gate?.end('go\n');
  return child;
}

/**
 * Runs a program to its end, its output going where ours goes.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: NodeJS.ProcessEnv }} options
 * @returns {Promise<number>} the exit code; 128 when a signal ended it
 */
export function runOnTerminal(command, args, options) {
  return new Promise((resolve, reject) => {
    let ended = () => {};
    const child = spawnOnRecord(command, args, { ...options, stdio: ['ignore', 'inherit', 'inherit'] }, (pid) => {
      ended = recordChild(command, pid);
    });
    child.on('error', (error) => {
      ended();
      reject(error);
    });
    child.on('close', (code) => {
      ended();
      resolve(code ?? 128);
    });
  });
}

/**
 * @param {string} command
 * @param {number} pid
 * @returns {() => void} to be called when it has ended
 */
function recordChild(command, pid) {
  const leader = identify(pid);
  if (!leader) return () => {};
  const name = `${path.basename(command)} ${pid}`;
  runningChildren.add(leader);
  childRecord?.add(name, pid, 'group');
  return () => {
    runningChildren.delete(leader);
    childRecord?.remove(name);
  };
}

/** Ends every program that somebody waits for, with what it has started. */
export async function endRunningChildren() {
  await Promise.all([...runningChildren].map(endGroup));
}

/**
 * @param {string} text
 * @param {((line: string) => void) | undefined} onLine
 */
function eachLine(text, onLine) {
  if (!onLine) return;
  for (const line of text.split('\n')) if (line.trim() !== '') onLine(line);
}

/**
 * The fields of /proc/<pid>/stat after the program's name: [0] is the state, [2] the group, [19] the start time in ticks.
 * @param {number} pid
 * @returns {string[] | undefined} undefined where there is no /proc, or no such process
 */
function linuxStat(pid) {
  if (process.platform !== 'linux') return undefined;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return undefined;
    throw error;
  }
}
