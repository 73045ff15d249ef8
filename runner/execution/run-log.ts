import { setTimeout as sleep } from 'node:timers/promises';
import { isTokenRefused, LeaseLostError } from '../control-plane/control-plane.ts';
import { retrying } from '../control-plane/retry.ts';
import { LogPump } from '../logs/log-pump.ts';
import { writeMark } from '../logs/marks.ts';
import { DESCRIPTORS_RETRY_MS, isOutOfDescriptors } from './descriptors.ts';
import { messageOf } from './report-run.ts';
import type { RunContext } from './run-context.ts';

export interface RunLogOptions {
  /** The control plane does not take lines under this lease any more. */
  onLeaseLost: () => void;
  /** The log can not be stored, and could not be stored later. */
  onUnstorable: (error: unknown) => void;
  /** Called, perhaps more than once, when the log's numbers can not be written down: the lines wait. */
  onDiskTrouble: (error: unknown) => void;
}

/** How long an ended run's log waits for them. */
const DESCRIPTORS_PATIENCE_MS = 10_000;

/** What became of a log. */
export interface StoredLines {
  /** How many the control plane has. */
  lines: number;
  /** Why these are not all; null: they are. */
  why: string | null;
}

/**
 * The log of one run on its way to the control plane: sent while it grows, ended by its last line, sent again when
 * lines were lost.
 */
export class RunLog {
  private pump: LogPump | null = null;
  /** Until it is tried again to begin. */
  private retry: NodeJS.Timeout | null = null;
  /** The last line, where the disk did not take it: every pump is given it. */
  private endInMemory: string | null = null;

  constructor(
    private readonly run: RunContext,
    private readonly options: RunLogOptions,
  ) {}

  /**
   * Sends what there is, and what is still to come; once it has begun, it goes on by itself. Where no file can be opened
   * at the moment, it begins later.
   * @throws what will not pass
   */
  start(): void {
    if (this.pump) return;
    try {
      this.begin();
    } catch (error) {
      if (!isOutOfDescriptors(error)) throw error;
      this.run.host.logger.warn(
        { err: error, runId: this.run.spec.runId },
        'the log of a run waits for a file to open',
      );
      this.retry ??= setTimeout(() => this.startAgain(), DESCRIPTORS_RETRY_MS);
    }
  }

  private startAgain(): void {
    this.retry = null;
    try {
      this.start();
    } catch (error) {
      this.options.onUnstorable(error);
    }
  }

  private begin(): void {
    const { host, spec, folder, masker, held } = this.run;
    const { controlPlane, logger } = host;
    const pump = new LogPump({
      folder: folder.path,
      masker,
      logger,
      maxLogBytes: Math.min(spec.limits.maxLogBytes, host.policy.limits.maxLogBytes),
      send: (batch, signal) => retrying(() => controlPlane.appendLogs(held.lease, batch), signal),
      onDiskTrouble: (error) => this.options.onDiskTrouble(error),
    });
    this.pump = pump;
    if (this.endInMemory !== null) pump.addMark(this.endInMemory, true);
    pump.finished.catch((error: unknown) => {
      if (error instanceof LeaseLostError) return this.options.onLeaseLost();
      if (isTokenRefused(error)) return host.onTokenRefused(error);
      if (held.isLeft || this.pump !== pump) return;
      logger.error({ err: error, runId: spec.runId }, 'the log of a run can not be stored');
      this.options.onUnstorable(error);
    });
  }

  async close(): Promise<void> {
    if (this.retry) clearTimeout(this.retry);
    await this.pump?.close();
  }

  /** Writes the last line. On a disk that does not take it, it is sent from memory. */
  markEnd(text: string): void {
    const { host, spec, folder } = this.run;
    try {
      writeMark(folder.path, text, true);
    } catch (error) {
      const what = 'the last line of a log is not on disk; it is sent from memory';
      host.logger.warn({ err: error, runId: spec.runId }, what);
      this.addEndMark(text);
    }
  }

  /** Every line is stored, or some can not be. @throws LeaseLostError, or any error once the run is left */
  async allLines(): Promise<StoredLines> {
    try {
      const pump = await this.begun();
      return { lines: await pump.finished, why: null };
    } catch (error) {
      if (this.run.held.isOver(error)) throw error;
      return { lines: this.pump?.sentLines ?? 0, why: messageOf(error) };
    }
  }

  /** Sends again what the control plane has lost. @returns the number of lines */
  async resend(): Promise<number> {
    const before = this.pump;
    this.pump = null;
    await before?.close();
    return (await this.allLines()).lines;
  }

  /**
   * Sends the last lines of a run whose lease is lost.
   * @returns false when the control plane has not taken them for too long
   */
  async sendTail(): Promise<boolean> {
    const pump = await this.begun();
    const lines = await Promise.race([pump.finished, this.run.held.lostForLong]);
    return lines !== null;
  }

  /** The pump, as soon as it can be had. @throws what keeps it from beginning for too long */
  private async begun(): Promise<LogPump> {
    const untilMs = performance.now() + DESCRIPTORS_PATIENCE_MS;
    while (!this.pump) {
      try {
        this.begin();
      } catch (error) {
        if (!isOutOfDescriptors(error) || performance.now() > untilMs || this.run.held.isLeft) throw error;
        await sleep(DESCRIPTORS_RETRY_MS);
      }
    }
    return this.pump;
  }

  private addEndMark(text: string): void {
    this.endInMemory = text;
    try {
      if (this.pump) this.pump.addMark(text, true);
      else this.start();
    } catch (error) {
      // The report finds that the log can not be stored, and says so.
      const { host, spec } = this.run;
      host.logger.error({ err: error, runId: spec.runId }, 'the log of a run can not be read');
    }
  }
}
