import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { KeeperConnection } from './keeper-connection.ts';

const CONNECT_RETRY_MS = 5;
const START_TIMEOUT_MS = 15_000;
/** What one turn of waiting can count for at most. A machine that slept, or a runner that was stopped, has not waited. */
const MAX_TURN_MS = 100;
/** The next standby starts a little later, so that it does not take the processor from the run that just began. */
const REFILL_DELAY_MS = 250;

export interface KeeperPoolOptions {
  /** Arguments for node that start a keeper, without the socket: `['/…/build/keeper.mjs']`. */
  keeperArgs: readonly string[];
  /** An existing folder that only our user can enter, with a short path. */
  socketFolder: string;
  /** The runner's own PATH. */
  searchPath: string;
  /** Where keepers write about their own troubles. */
  logFile: string;
  /** How long a keeper may take to be ready; 15 s if not given. */
  startTimeoutMs?: number;
  /** Hears of a standby that could not be started. */
  onTrouble?: (error: unknown) => void;
}

/** Keeps one keeper warm, so that starting a run does not wait for a Node process to start (about 40 ms). */
export class KeeperPool {
  private standby: Promise<KeeperConnection> | null = null;
  private refill: NodeJS.Timeout | null = null;
  private isClosed = false;

  constructor(private readonly options: KeeperPoolOptions) {}

  /** Starts the standby, if there is none. */
  warm(): void {
    if (this.standby || this.isClosed) return;
    const standby = this.start();
    this.standby = standby;
    // What failed is not kept for the run that comes next; that one starts its own.
    standby.catch((error: unknown) => {
      if (this.standby === standby) this.standby = null;
      this.options.onTrouble?.(error);
    });
  }

  /** @throws Error when no keeper can be started */
  async take(): Promise<KeeperConnection> {
    const taken = this.standby;
    this.standby = null;
    this.refill ??= setTimeout(() => {
      this.refill = null;
      this.warm();
    }, REFILL_DELAY_MS);
    const keeper = await taken?.catch(() => null);
    // A standby may have failed, or have been killed since it started.
    return keeper && !keeper.isGone ? keeper : this.start();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    if (this.refill) clearTimeout(this.refill);
    const standby = await this.standby?.catch(() => null);
    standby?.disconnect();
  }

  private async start(): Promise<KeeperConnection> {
    const socketPath = join(this.options.socketFolder, `${randomBytes(6).toString('hex')}.sock`);
    const log = openSync(this.options.logFile, 'a', 0o600);
    const child = spawn(process.execPath, ['--max-old-space-size=64', ...this.options.keeperArgs, socketPath], {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
      env: { PATH: this.options.searchPath },
    });
    closeSync(log);
    child.unref();
    let failure: Error | null = null;
    child.once('error', (error) => (failure = error));
    child.once(
      'exit',
      (code) =>
        (failure ??= new Error(`A keeper ended with code ${code} before it was ready; see ${this.options.logFile}`)),
    );
    const { startTimeoutMs = START_TIMEOUT_MS } = this.options;
    let waitedMs = 0;
    for (let turnMs = performance.now(); waitedMs < startTimeoutMs;) {
      if (failure) throw failure as Error;
      const connection = await KeeperConnection.connect(socketPath, startTimeoutMs - waitedMs);
      if (connection && !connection.isHung) return connection;
      if (connection) {
        connection.disconnect();
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, CONNECT_RETRY_MS));
      const nowMs = performance.now();
      waitedMs += Math.min(nowMs - turnMs, MAX_TURN_MS);
      turnMs = nowMs;
    }
    throw new Error(`A keeper was not ready within ${startTimeoutMs / 1_000} s; see ${this.options.logFile}`);
  }
}
