import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Clock ticks a second, as the kernel reports processor times; 100 on every Linux that Node.js supports. */
const TICKS_A_SECOND = 100;

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

interface ProcessTimes {
  parent: number;
  seconds: number;
}

/** Processor seconds used so far by these processes and all that live below them. */
export function cpuSecondsOfTrees(roots: readonly number[]): number {
  const all = new Map<number, ProcessTimes>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    const times = Number.isInteger(pid) ? readTimes(pid) : null;
    if (times) all.set(pid, times);
  }
  const isBelow = (pid: number): boolean => roots.includes(pid) || (all.has(pid) && isBelow(all.get(pid)?.parent ?? 0));
  let seconds = 0;
  for (const [pid, times] of all) if (isBelow(pid)) seconds += times.seconds;
  return seconds;
}

/** Processor seconds of these processes themselves. */
export function cpuSecondsOf(pids: readonly number[]): number {
  return pids.reduce((seconds, pid) => seconds + (readTimes(pid)?.seconds ?? Number.NaN), 0);
}

function readTimes(pid: number): ProcessTimes | null {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    // Ended since the folder was listed.
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
  // The name stands in brackets and may hold anything; after it come state, parent, … user ticks (12th), system ticks.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), seconds: (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND };
}
