import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { patience } from './busyness.ts';
import { sendSignal, treeOf } from './processes.ts';

const READY_TIMEOUT_MS = 60_000;
const RESTART_PAUSE_MS = 300;
const LOOK_MS = 20;

export interface ProgramOptions {
  name: string;
  /** node's arguments. */
  args: readonly string[];
  /** Read at each start. */
  env: () => Readonly<Record<string, string | undefined>>;
  logFile: string;
}

/** A process of ours that ended although nobody had ended it. */
export interface Fall {
  program: string;
  atMs: number;
  how: string;
  lastWords: string;
}

/** One process of the product, started again whenever it ends, as the supervisor does; faults end it and hold it down. */
export class Program {
  readonly falls: Fall[] = [];
  private child: ChildProcess | null = null;
  private isWanted = false;
  private isEndExpected = false;
  private heldDown: Promise<void> = Promise.resolve();
  private running: Promise<void> = Promise.resolve();
  private logStart = 0;

  constructor(private readonly options: ProgramOptions) {}

  get name(): string {
    return this.options.name;
  }

  /** Null while it is down. */
  get pid(): number | null {
    return this.child?.exitCode === null && this.child.signalCode === null ? (this.child.pid ?? null) : null;
  }

  get isReady(): boolean {
    return this.pid !== null && this.output().includes('"msg":"ready"');
  }

  /** Starts it and keeps it up. Resolves when it is ready. */
  async start(): Promise<void> {
    // One that is down only for a moment is started again already; a second one beside it would be no fault of the product's.
    if (!this.isWanted) {
      this.isWanted = true;
      this.isEndExpected = false;
      this.running = this.keepUp();
    }
    await this.ready();
  }

  /** @throws Error with its last words, when it is not ready in time */
  async ready(): Promise<void> {
    const endMs = performance.now() + READY_TIMEOUT_MS * patience();
    while (!this.isReady) {
      if (performance.now() > endMs)
        throw new Error(`${this.name} was not ready within ${READY_TIMEOUT_MS / 1_000} s:\n${this.lastWords()}`);
      await sleep(LOOK_MS);
    }
  }

  /** SIGKILL, and nobody starts it again before `until` has resolved. */
  kill(until: Promise<void>): void {
    this.isEndExpected = true;
    this.heldDown = until;
    this.child?.kill('SIGKILL');
  }

  /** What happens to it until this resolves is our doing: it may end by itself. */
  excuse(until: Promise<unknown>): void {
    this.isEndExpected = true;
    void until.finally(() => (this.isEndExpected = false));
  }

  /** Stops or continues it. @param withChildren as when a whole machine is suspended */
  signal(signal: 'SIGSTOP' | 'SIGCONT', withChildren = false): void {
    const { pid } = this;
    if (pid !== null) for (const each of withChildren ? treeOf(pid) : [pid]) sendSignal(each, signal);
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    this.isWanted = false;
    this.isEndExpected = true;
    this.child?.kill('SIGCONT');
    this.child?.kill('SIGTERM');
    const impatience = setTimeout(() => this.child?.kill('SIGKILL'), 20_000);
    await this.running;
    clearTimeout(impatience);
  }

  /** What it has printed since its last start. */
  output(): string {
    try {
      return readFileSync(this.options.logFile, 'utf8').slice(this.logStart);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
  }

  private async keepUp(): Promise<void> {
    while (this.isWanted) {
      const { code, signal, wasReady } = await this.runOnce();
      // One that can not start because what it stands on is away has not fallen: it is tried again.
      if (this.isWanted && !this.isEndExpected && wasReady)
        this.falls.push({
          program: this.name,
          atMs: performance.now(),
          how: signal ?? `exit code ${code}`,
          lastWords: this.lastWords(),
        });
      await this.heldDown;
      this.isEndExpected = false;
      if (this.isWanted) await sleep(RESTART_PAUSE_MS);
    }
  }

  private async runOnce(): Promise<{ code: number | null; signal: string | null; wasReady: boolean }> {
    this.logStart = statSync(this.options.logFile, { throwIfNoEntry: false })?.size ?? 0;
    const log = openSync(this.options.logFile, 'a');
    // In a group of its own: Ctrl-C is for us, and we end it in order.
    const child = spawn(process.execPath, this.options.args, {
      env: { ...this.options.env() },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.child = child;
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) =>
        resolve({ code, signal, wasReady: this.output().includes('"msg":"ready"') }),
      );
    });
  }

  private lastWords(): string {
    return this.output().split('\n').slice(-12).join('\n').slice(-4_000);
  }
}
