import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { readProcess, TICKS_PER_SECOND, type ProcessStat } from '#runner/execution/processes.ts';

export interface StartedProgram {
  pid: number;
  stop(): Promise<void>;
}

/** Starts a program and waits until its output says that it is ready; SIGTERM ends it. */
export async function startProgram(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  isReady: (output: string) => boolean,
  timeoutMs = 60_000,
): Promise<StartedProgram> {
  const child = spawn(process.execPath, args, { env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${name} was not ready in ${timeoutMs / 1000} s:\n${output}`)),
      timeoutMs,
    );
    const take = (bytes: Buffer): void => {
      // Only the start is of interest; later lines are read so that the program is never held up.
      if (output.length < 100_000) output += bytes.toString();
      if (!isReady(output)) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}:\n${output}`)));
    child.once('error', reject);
  });
  if (child.pid === undefined) throw new Error(`Expected ${name} to have a process id`);
  return { pid: child.pid, stop: () => endChild(child) };
}

/** Runs a program to its end. */
export async function runProgram(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  cwd?: string,
): Promise<string> {
  const child = spawn(process.execPath, args, {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd ? { cwd } : {}),
  });
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}:\n${output}`);
  return output;
}

/** A port of loopback that nobody listens on. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo;
        server.close(() => resolve(port));
      });
  });
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}

/**
 * Processor seconds used so far by these processes and all below them, those that have ended included: whoever waited for
 * one was given its time. So it never goes down; only what ended under a parent that ended before it is lost. The kernel
 * counts in steps of 10 ms, each process for itself.
 */
export function cpuSecondsOfTrees(roots: readonly number[]): number {
  for (;;) {
    const counted = readBelow(roots);
    // One that ended meanwhile may be counted twice: for itself, and by its parent.
    if (![...counted].every(([pid, { startTicks }]) => readProcess(pid)?.startTicks === startTicks)) continue;
    return [...counted.values()].reduce((ticks, stat) => ticks + stat.ownTicks + stat.childTicks, 0) / TICKS_PER_SECOND;
  }
}

function readBelow(roots: readonly number[]): Map<number, ProcessStat> {
  const all = new Map<number, ProcessStat>();
  // Children, which came later, before their parents: else the time of one that ends in between would be nowhere.
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  for (const pid of pids.sort((a, b) => b - a)) {
    const stat = readProcess(pid);
    if (stat) all.set(pid, stat);
  }
  const isBelow = (pid: number): boolean => roots.includes(pid) || (all.has(pid) && isBelow(all.get(pid)?.parent ?? 0));
  return new Map([...all].filter(([pid]) => isBelow(pid)));
}

/** Processor seconds of these processes themselves. */
export function cpuSecondsOf(pids: readonly number[]): number {
  return pids.reduce((seconds, pid) => seconds + (readProcess(pid)?.ownTicks ?? Number.NaN) / TICKS_PER_SECOND, 0);
}
