import { mkdirSync, readFileSync, rmdirSync, writeFileSync, readdirSync, accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { ProcessLimits } from './launch-order.ts';

const CONTROLLERS = ['memory', 'pids', 'cpu'] as const;
/** Over which cpu.max is counted; the kernel's own default. */
const CPU_PERIOD_US = 100_000;
const RUN_PREFIX = 'overmind-run-';

export interface CgroupFiles {
  /** Where cgroup v2 is mounted. */
  mount: string;
  /** Which cgroup this process is in, as /proc/self/cgroup has it. */
  ownCgroupFile: string;
  pid: number;
}

const SYSTEM_FILES: CgroupFiles = { mount: '/sys/fs/cgroup', ownCgroupFile: '/proc/self/cgroup', pid: process.pid };

/**
 * cgroup v2 as a systemd unit with `Delegate=yes`, or a container, hands it to us: a folder of our own, in which we may
 * make others. Limits then hold for all processes of a run together.
 */
export class Cgroups {
  private constructor(private readonly folder: string) {}

  /** @returns null with the reason when there is none that may be written */
  static open(files: CgroupFiles = SYSTEM_FILES): { cgroups: Cgroups; why: null } | { cgroups: null; why: string } {
    try {
      const own = /^0::(\/.*)$/m.exec(readFileSync(files.ownCgroupFile, 'utf8'))?.[1];
      if (own === undefined) return { cgroups: null, why: 'this system has no cgroup v2' };
      const folder = join(files.mount, own);
      const controllers = readWords(join(folder, 'cgroup.controllers'));
      const missing = CONTROLLERS.filter((name) => !controllers.includes(name));
      if (missing.length > 0) return { cgroups: null, why: `its cgroup has no controller for ${missing.join(', ')}` };
      const others = readWords(join(folder, 'cgroup.procs')).filter((pid) => Number(pid) !== files.pid);
      if (others.length > 0) return { cgroups: null, why: 'other programs share its cgroup' };
      accessSync(join(folder, 'cgroup.subtree_control'), constants.W_OK);
      moveAside(folder, files.pid);
      writeFileSync(join(folder, 'cgroup.subtree_control'), CONTROLLERS.map((name) => `+${name}`).join(' '));
      for (const name of readdirSync(folder)) if (name.startsWith(RUN_PREFIX)) removeCgroup(join(folder, name));
      return { cgroups: new Cgroups(folder), why: null };
    } catch (error) {
      return { cgroups: null, why: (error as Error).message };
    }
  }

  /** Makes the folder of a run, with its limits. @returns its path */
  make(runId: string, { maxMemoryBytes, maxProcesses, maxCpus }: ProcessLimits): string {
    const folder = join(this.folder, `${RUN_PREFIX}${runId}`);
    mkdirSync(folder, { recursive: true });
    const set = (name: string, value: string): void => writeFileSync(join(folder, name), value);
    if (maxMemoryBytes !== null) {
      set('memory.max', String(maxMemoryBytes));
      // One process that is killed for memory would leave the others in an odd state: all or none.
      set('memory.oom.group', '1');
    }
    if (maxProcesses !== null) set('pids.max', String(maxProcesses));
    if (maxCpus !== null) set('cpu.max', `${Math.ceil(maxCpus * CPU_PERIOD_US)} ${CPU_PERIOD_US}`);
    return folder;
  }
}

/** A cgroup that has others below it may hold no process itself: we move into one of our own. */
function moveAside(folder: string, pid: number): void {
  const leaf = join(folder, 'overmind-runner');
  mkdirSync(leaf, { recursive: true });
  writeFileSync(join(leaf, 'cgroup.procs'), String(pid));
}

/** The most memory that a run's processes had together; null when the kernel does not say (before 5.19). */
export function peakMemoryOf(cgroup: string): number | null {
  const [peak] = readWords(join(cgroup, 'memory.peak'));
  return peak === undefined ? null : Number(peak);
}

/** Live processes in a run's cgroup: nothing can leave it. */
export function processesIn(cgroup: string): number[] {
  return readWords(join(cgroup, 'cgroup.procs')).map(Number);
}

/** Takes a run's folder away, unless something is alive in it. */
export function removeCgroup(cgroup: string): void {
  try {
    rmdirSync(cgroup);
  } catch (error) {
    // Busy: its keeper is at work, and takes it away itself.
    if (!['ENOENT', 'EBUSY', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function readWords(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split(/\s+/).filter(Boolean);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
