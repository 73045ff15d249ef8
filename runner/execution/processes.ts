import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { isInside } from './paths.ts';

/** Clock ticks a second in /proc; Linux shows 100 to user space on every architecture Node runs on. */
export const TICKS_PER_SECOND = 100;
/** Put into every child's environment: how processes that left their group are still found. */
export const RUN_ID_VARIABLE = 'OVERMIND_RUN_ID';

const hasProc = existsSync('/proc/self/stat');

export interface ProcessStat {
  /** Of its program, at most 15 characters. */
  name: string;
  state: string;
  parent: number;
  group: number;
  session: number;
  startTicks: number;
  /** CPU ticks of its own. */
  ownTicks: number;
  /** CPU ticks of children that ended and were waited for. */
  childTicks: number;
}

/** @returns null when there is no such process, or no /proc */
export function readProcess(pid: number | 'self'): ProcessStat | null {
  const text = readProcFile(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The name in parentheses may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (index: number): number => Number(fields[index]);
  return {
    name: text.slice(text.indexOf('(') + 1, text.lastIndexOf(')')),
    state: fields[0] ?? '?',
    parent: at(1),
    group: at(2),
    session: at(3),
    startTicks: at(19),
    ownTicks: at(11) + at(12),
    childTicks: at(13) + at(14),
  };
}

export interface TreeProcess extends ProcessStat {
  pid: number;
}

/** A live process, first, and all that descend from it and have not been orphaned since. Empty when there is none. */
export function readTree(root: number): TreeProcess[] {
  const found: TreeProcess[] = [];
  const waiting = [root];
  for (let pid = waiting.shift(); pid !== undefined; pid = waiting.shift()) {
    const stat = readProcess(pid);
    if (!stat || isDead(stat)) continue;
    found.push({ pid, ...stat });
    waiting.push(...readChildren(pid));
  }
  return found;
}

/** Where processes of a run give themselves away although they have left their group and emptied their environment. */
export interface RunTraces {
  /** Folders of this run alone: whoever works in them, or has its standard output in them, belongs to it. */
  folders: readonly string[];
  /** When its first process was started; what is older does not belong to it. */
  sinceTicks: number;
}

/**
 * Live processes of a run without a sandbox: of its process group, of its session, and those that made a session of
 * their own (double-forked daemons) but still carry the run's id in the environment they started with, or work in its
 * folder, or write into its output. Zombies do not count.
 * @param group null: by the environment alone
 */
export function findRunProcesses(runId: string, group: number | null, traces: RunTraces | null = null): number[] {
  if (!hasProc) return group !== null && isGroupAlive(group) ? [group] : [];
  const marker = `${RUN_ID_VARIABLE}=${runId}\0`;
  const found: number[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const stat = readProcess(pid);
    if (!stat || isDead(stat)) continue;
    const isInGroup = group !== null && (stat.group === group || stat.session === group);
    if (
      isInGroup ||
      (readProcFile(`/proc/${pid}/environ`)?.includes(marker) ?? false) ||
      leavesTraces(pid, stat, traces)
    )
      found.push(pid);
  }
  return found;
}

/** @returns the live process of ours whose command line ends with this argument; null: there is none, or there are several */
export async function findByLastArgument(argument: string): Promise<number | null> {
  const found = hasProc ? findInProc(argument) : await findWithPs(argument);
  return found.length === 1 ? (found[0] ?? null) : null;
}

function findInProc(argument: string): number[] {
  const isOurs = (pid: number): boolean => whileThere(() => statSync(`/proc/${pid}`).uid) === process.getuid?.();
  return readdirSync('/proc')
    .map(Number)
    .filter(
      (pid) =>
        Number.isInteger(pid) &&
        isOurs(pid) &&
        readProcFile(`/proc/${pid}/cmdline`, 'utf8')?.endsWith(`\0${argument}\0`),
    );
}

async function findWithPs(argument: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)('/bin/ps', ['-xww', '-o', 'pid=,command=']);
  return stdout
    .split('\n')
    .filter((line) => line.endsWith(` ${argument}`))
    .map((line) => Number.parseInt(line, 10));
}

function leavesTraces(pid: number, stat: ProcessStat, traces: RunTraces | null): boolean {
  if (!traces || stat.startTicks < traces.sinceTicks) return false;
  return ['cwd', 'fd/0', 'fd/1', 'fd/2'].some((name) => {
    const target = readProcLink(`/proc/${pid}/${name}`);
    return target !== null && traces.folders.some((folder) => isInside(folder, target));
  });
}

/** Sends a signal to a process, or to a group when negative. @returns false when there is none */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ESRCH') return false;
    // A setuid program of the group that we may not signal; the rest of the group got it.
    if (code === 'EPERM') return true;
    throw error;
  }
}

/** CPU seconds of all children of this process that have ended and were waited for, theirs included; null when unknown. */
export function readChildCpuSeconds(): number | null {
  const own = readProcess('self');
  return own ? own.childTicks / TICKS_PER_SECOND : null;
}

/** Resident memory of a process and its descendants in bytes; null when unknown. Shared pages count in each. */
export function readTreeMemory(root: number): number | null {
  let sum: number | null = null;
  const waiting = [root];
  for (let pid = waiting.pop(); pid !== undefined; pid = waiting.pop()) {
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(readProcFile(`/proc/${pid}/status`) ?? '')?.[1];
    if (resident !== undefined) sum = (sum ?? 0) + Number(resident) * 1_024;
    waiting.push(...readChildren(pid));
  }
  return sum;
}

function isGroupAlive(group: number): boolean {
  return signal(-group, 0);
}

function isDead({ state }: ProcessStat): boolean {
  return state === 'Z' || state === 'X';
}

/** Each thread has the children that it started itself. */
function readChildren(pid: number): number[] {
  return (whileThere(() => readdirSync(`/proc/${pid}/task`)) ?? [])
    .flatMap((thread) => (readProcFile(`/proc/${pid}/task/${thread}/children`) ?? '').split(' '))
    .filter(Boolean)
    .map(Number);
}

/** @returns null when it is not there (any more), or not ours to read */
export function readProcFile(path: string, encoding: 'latin1' | 'utf8' = 'latin1'): string | null {
  return whileThere(() => readFileSync(path, encoding));
}

function readProcLink(path: string): string | null {
  return whileThere(() => readlinkSync(path));
}

function whileThere<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    // Processes come and go while they are looked at; those of others may not be read.
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM', 'ENOTDIR'].includes(code)) return null;
    throw error;
  }
}
