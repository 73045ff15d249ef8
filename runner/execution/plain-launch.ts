import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { processesIn } from './cgroups.ts';
import { openCheckedFolder } from './checked-folder.ts';
import { inCgroup, plainCommand, WATCHDOG } from './launch-scripts.ts';
import type { Exit, Launch, LaunchOrder } from './launch-order.ts';
import { findRunProcesses, readProcess, readTree, signal } from './processes.ts';

/** A command without a sandbox: a session and group of its own, and a watchdog that ends it when its keeper dies. */
export class PlainLaunch implements Launch {
  readonly group: Promise<number | null>;
  readonly exit: Promise<Exit>;
  readonly stdin: Writable | null = null;
  private readonly pid: number | null;
  /** Unknown: then nothing is held to be ours by its traces. */
  private startTicks = Number.POSITIVE_INFINITY;
  private readonly watchdog: ChildProcess | null = null;

  constructor(private readonly order: LaunchOrder) {
    const folder = openCheckedFolder(order.cwd);
    if (!folder) {
      this.pid = null;
      this.exit = Promise.resolve({
        code: null,
        signal: null,
        cpuSeconds: null,
        failure: { kind: 'moved', message: `${order.cwd} is no longer the folder that was checked` },
      });
      this.group = Promise.resolve(null);
      return;
    }
    const [file = '', ...args] = inCgroup(order.cgroup, plainCommand(order));
    // Its output goes to files, so nothing that keeps them open can hold us up.
    const child = spawn(file, args, { cwd: folder.path, env: order.env, detached: true, stdio: [...order.stdio] });
    closeSync(folder.fd);
    this.stdin = child.stdin;
    this.exit = new Promise<Exit>((resolve) => {
      child.once('exit', (code, name) => resolve({ code, signal: name, failure: null, cpuSeconds: null }));
      child.once('error', (error: NodeJS.ErrnoException) =>
        resolve({
          code: null,
          signal: null,
          cpuSeconds: null,
          failure: { kind: error.code === 'ENOENT' ? 'missing' : 'refused', message: error.message },
        }),
      );
    });
    this.pid = child.pid ?? null;
    this.group = Promise.resolve(this.pid);
    if (this.pid === null) return;
    this.startTicks = readProcess(this.pid)?.startTicks ?? this.startTicks;
    this.watchdog = startWatchdog(this.pid);
  }

  terminate(): void {
    if (this.pid === null) return;
    // Those with a group of their own, looked for while their parents are alive.
    const others = readTree(this.pid).filter(({ group }) => group !== this.pid);
    signal(-this.pid, 'SIGTERM');
    // A stopped process takes its SIGTERM only when it goes on.
    signal(-this.pid, 'SIGCONT');
    for (const { pid } of others) signal(pid, 'SIGTERM');
  }

  kill(): void {
    if (this.pid === null) return;
    signal(-this.pid, 'SIGKILL');
    for (const pid of this.findLeft()) signal(pid, 'SIGKILL');
  }

  findLeft(): number[] {
    const ours = this.watchdog?.pid;
    const { cgroup } = this.order;
    // A cgroup holds all of them, wherever they have gone.
    if (cgroup !== null) return processesIn(cgroup);
    return findRunProcesses(this.order.runId, this.pid, {
      folders: this.order.ownFolders,
      sinceTicks: this.startTicks,
    }).filter((pid) => pid !== ours);
  }

  async release(): Promise<void> {
    this.watchdog?.stdin?.end('done\n');
    await this.exit;
  }
}

/** Nothing tells a process of its parent's death but the end of a pipe; so a shell holds one for each command. */
function startWatchdog(group: number): ChildProcess {
  const watchdog = spawn('/bin/sh', ['-c', WATCHDOG, 'overmind-watchdog', String(group)], {
    cwd: '/',
    env: {},
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watchdog.on('error', (error) =>
    console.error('no watchdog could be started: if this keeper is killed, its runner must find what is left', error),
  );
  // It may have ended with its group.
  watchdog.stdin?.on('error', () => undefined);
  return watchdog;
}
