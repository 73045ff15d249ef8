import { isTokenRefused, LeaseLostError } from '../control-plane/control-plane.ts';
import { retrying } from '../control-plane/retry.ts';
import { LogPump } from '../logs/log-pump.ts';
import { writeMark } from '../logs/marks.ts';
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

  constructor(
    private readonly run: RunContext,
    private readonly options: RunLogOptions,
  ) {}

  /** Sends what there is, and what is still to come; once it has begun, it goes on by itself. */
  start(): void {
    if (this.pump) return;
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
    pump.finished.catch((error: unknown) => {
      if (error instanceof LeaseLostError) return this.options.onLeaseLost();
      if (isTokenRefused(error)) return host.onTokenRefused(error);
      if (held.isLeft || this.pump !== pump) return;
      logger.error({ err: error, runId: spec.runId }, 'the log of a run can not be stored');
      this.options.onUnstorable(error);
    });
  }

  async close(): Promise<void> {
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
      this.start();
      return { lines: (await this.pump?.finished) ?? 0, why: null };
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
    this.start();
    const lines = await Promise.race([this.pump?.finished ?? 0, this.run.held.lostForLong]);
    return lines !== null;
  }

  private addEndMark(text: string): void {
    try {
      this.start();
      this.pump?.addMark(text, true);
    } catch (error) {
      // The report finds that the log can not be stored, and says so.
      const { host, spec } = this.run;
      host.logger.error({ err: error, runId: spec.runId }, 'the log of a run can not be read');
    }
  }
}
