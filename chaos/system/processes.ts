import { readdirSync, readFileSync } from 'node:fs';

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
  const stat = readProcFile(`/proc/${pid}/stat`);
  const command = readProcFile(`/proc/${pid}/cmdline`);
  if (stat === null || command === null) return null;
  // The name stands in brackets and may hold anything.
  const [state = '?', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X'
    ? null
    : { pid, parent: Number(parent), state, command: command.replaceAll('\0', ' ').trim() };
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

function readProcFile(path: string): string | null {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    // Processes come and go while they are looked at; those of others may not be read.
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
