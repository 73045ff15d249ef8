import { readdirSync } from 'node:fs';
import { readProcess as readStat, readProcFile } from '#runner/execution/processes.ts';

/** A process as /proc shows it. */
export interface ProcessInfo {
  pid: number;
  parent: number;
  /** One letter: R, S, T (stopped), Z (zombie) … */
  state: string;
  command: string;
}

/** Every process that is alive; zombies, which only wait to be reaped, are not. */
export function listProcesses(): ProcessInfo[] {
  return readdirSync('/proc')
    .map(Number)
    .filter(Number.isInteger)
    .flatMap((pid) => readProcess(pid) ?? []);
}

export function readProcess(pid: number): ProcessInfo | null {
  const stat = readStat(pid);
  const command = readProcFile(`/proc/${pid}/cmdline`);
  if (stat === null || command === null || stat.state === 'Z' || stat.state === 'X') return null;
  return { pid, parent: stat.parent, state: stat.state, command: command.replaceAll('\0', ' ').trim() };
}

/** A variable of the environment that a process was started with. */
export function readVariable(pid: number, name: string): string | null {
  const found = readProcFile(`/proc/${pid}/environ`)
    ?.split('\0')
    .find((entry) => entry.startsWith(`${name}=`));
  return found === undefined ? null : found.slice(name.length + 1);
}

/** A process and everything below it. */
export function treeOf(root: number, all = listProcesses()): number[] {
  return [root, ...all.filter(({ parent }) => parent === root).flatMap(({ pid }) => treeOf(pid, all))];
}

/** @returns false when there is no such process any more */
export function sendSignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
