import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { constants } from 'node:os';
import type { Duplex, Readable, Writable } from 'node:stream';
import { openCheckedFolder } from './checked-folder.ts';
import { MovedError, openMounts, type CheckedMounts } from './checked-mounts.ts';
import { inCgroup, insideCommand } from './launch-scripts.ts';
import type { Exit, Launch, LaunchFailure, LaunchOrder, SandboxCommand } from './launch-order.ts';
import { readProcess, readTree, signal } from './processes.ts';

/** How often we look whether the namespace is gone: its first process is not our child. */
const GONE_POLL_MS = 1;
/** Behind those that our shell and bubblewrap talk over. */
const FIRST_MOUNT_FD = 7;
const SIGNAL_NAMES = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name as NodeJS.Signals]),
);

/**
 * A command in bubblewrap, with a PID namespace of its own: bubblewrap's own process outside, the namespace's first
 * process (which leads the group), our shell, the command. When the first one ends, however it does, the kernel ends
 * all others; and it ends with its parent, which is this keeper.
 */
export class SandboxedLaunch implements Launch {
  readonly group: Promise<number | null>;
  readonly exit: Promise<Exit>;
  readonly stdin: Writable | null = null;
  private init: number | null = null;
  private isTerminating = false;
  private isKilling = false;
  private readonly report = { text: '', bubblewrap: '', exitCode: null as number | null };
  private child: ChildProcess | null = null;
  private gone: Promise<void> = Promise.resolve();

  constructor(order: LaunchOrder, sandbox: SandboxCommand) {
    const opened = openChecked(order.cwd, sandbox);
    if (typeof opened === 'string') {
      this.exit = Promise.resolve(failed({ kind: 'moved', message: opened }));
      this.group = Promise.resolve(null);
      return;
    }
    const { folder, mounts } = opened;
    const [stdin, stdout, stderr] = order.stdio;
    const [file = '', ...args] = inCgroup(order.cgroup, [
      sandbox.file,
      ...mounts.args,
      '--json-status-fd',
      '5',
      '--',
      ...insideCommand(order),
    ]);
    const child = spawn(file, args, {
      cwd: '/',
      env: order.env,
      detached: true,
      stdio: [stdin, stdout, 'pipe', 'pipe', folder.fd, 'pipe', stderr, ...mounts.fds],
    });
    closeSync(folder.fd);
    mounts.close();
    this.child = child;
    this.stdin = child.stdin;
    this.group = new Promise((resolve) => {
      this.onText(5, (text) => {
        const pid = /"child-pid": (\d+)/.exec(text)?.[1];
        if (pid !== undefined && this.init === null) this.begin(Number(pid), resolve);
      });
      child.once('exit', () => resolve(this.init));
      child.once('error', () => resolve(null));
    });
    this.gone = new Promise((resolve) => {
      child.once('close', resolve);
      child.once('error', () => resolve());
    });
    this.exit = this.follow(child, order);
  }

  terminate(): void {
    this.isTerminating = true;
    if (this.init === null) return;
    // The namespace's first process takes no signal that it does not handle, and our shell handles this one.
    signal(-this.init, 'SIGTERM');
    // A stopped process takes its SIGTERM only when it goes on.
    signal(-this.init, 'SIGCONT');
    // Those with a group of their own; whose parent has just ended is still in here.
    for (const { pid, group } of this.members()) if (group !== this.init) signal(pid, 'SIGTERM');
  }

  kill(): void {
    this.isKilling = true;
    if (this.init !== null) signal(this.init, 'SIGKILL');
    else this.child?.kill('SIGKILL');
  }

  findLeft(): number[] {
    const [shell] = this.members();
    return this.members()
      .filter(({ pid, parent }) => pid !== shell?.pid || parent !== this.init)
      .map(({ pid }) => pid);
  }

  async release(): Promise<void> {
    (this.child?.stdio[3] as Duplex | null | undefined)?.end();
    await this.gone;
    // Ended, or ended and not yet waited for by whoever inherits it: then nothing else is left in there.
    while (this.init !== null && !['Z', 'X', undefined].includes(readProcess(this.init)?.state))
      await new Promise((resolve) => setTimeout(resolve, GONE_POLL_MS));
  }

  /** Everything in the namespace but its first process, our shell first. Every orphan in there becomes that one's child. */
  private members(): ReturnType<typeof readTree> {
    return this.init === null ? [] : readTree(this.init).slice(1);
  }

  private begin(pid: number, resolve: (pid: number) => void): void {
    this.init = pid;
    resolve(pid);
    if (this.isKilling) this.kill();
    else if (this.isTerminating) this.terminate();
  }

  private onText(fd: 2 | 3 | 5, take: (text: string) => void): void {
    const streams: readonly unknown[] = this.child?.stdio ?? [];
    const stream = streams[fd] as Readable | null | undefined;
    let text = '';
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      take(text);
    });
    // The other end goes with the sandbox.
    stream?.on('error', () => undefined);
  }

  private async follow(child: ChildProcess, order: LaunchOrder): Promise<Exit> {
    this.onText(2, (text) => (this.report.bubblewrap = text));
    return new Promise<Exit>((resolve) => {
      this.onText(3, (text) => {
        this.report.text = text;
        const exit = readReport(text);
        if (exit) resolve(exit);
      });
      child.once('error', (error) => resolve(failed({ kind: 'sandbox', message: error.message })));
      // Not before all that was written has been read.
      child.once('close', (code, name) => resolve(this.withoutReport(code, name, order)));
    });
  }

  /** Our shell said nothing of the end: it was never there, or was ended by what ended the command. */
  private withoutReport(code: number | null, name: NodeJS.Signals | null, order: LaunchOrder): Exit {
    const { text, bubblewrap } = this.report;
    if (/^moved$/m.test(text))
      return failed({ kind: 'moved', message: `${order.cwd} is no longer the folder that was checked` });
    if (/^missing$/m.test(text))
      return failed({ kind: 'missing', message: `${order.file} is not there, or the sandbox does not show it` });
    if (/^refused$/m.test(text)) return failed({ kind: 'refused', message: `${order.file} may not be executed` });
    const isStarted = /^started$/m.test(text);
    if (!isStarted && !this.isKilling && !this.isTerminating)
      return failed({
        kind: 'sandbox',
        message: lastLine(bubblewrap) || lastLine(text) || `bubblewrap ended with code ${code ?? name}`,
      });
    const signalName = name ?? SIGNAL_NAMES.get((code ?? 0) - 128) ?? 'SIGKILL';
    return { code: null, signal: signalName, failure: null, cpuSeconds: null };
  }
}

/** @returns what is no longer there as it was checked, for people */
function openChecked(
  cwd: string,
  { args, takesDescriptors = false }: SandboxCommand,
): { folder: { fd: number }; mounts: CheckedMounts } | string {
  const folder = openCheckedFolder(cwd);
  if (!folder) return `${cwd} is no longer the folder that was checked`;
  try {
    return { folder, mounts: openMounts(args, takesDescriptors ? FIRST_MOUNT_FD : null) };
  } catch (error) {
    closeSync(folder.fd);
    if (error instanceof MovedError) return error.message;
    throw error;
  }
}

/**
 * What our shell wrote about the end: what it was told of a signal, a line of dashes, the processor time, the code.
 * A shell gives a signal as 128 and its number, as any program may that ends by itself; only a signal is talked about.
 */
function readReport(text: string): Exit | null {
  const found = /^started\n([\s\S]*?)^--\n.*\n(.*)\n(\d+)\n/m.exec(text);
  if (!found) return null;
  const [, said = '', times = '', digits = ''] = found;
  const code = Number(digits);
  const name = code > 128 && said.trim() !== '' ? (SIGNAL_NAMES.get(code - 128) ?? null) : null;
  return { code: name === null ? code : null, signal: name, failure: null, cpuSeconds: secondsOf(times) };
}

/** `0m1.230000s 0m0.040000s`: user and system time of all children. */
function secondsOf(times: string): number {
  let sum = 0;
  for (const [, minutes, seconds = ''] of times.matchAll(/(\d+)m([\d.,]+)s/g))
    sum += Number(minutes) * 60 + Number(seconds.replace(',', '.'));
  return Math.round(sum * 1_000) / 1_000;
}

function failed(failure: LaunchFailure): Exit {
  return { code: null, signal: null, failure, cpuSeconds: null };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
