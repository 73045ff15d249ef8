import { setTimeout as sleep } from 'node:timers/promises';
import { diskFaultOf } from '../execution/disk.ts';
import type { Logger } from '../logger.ts';
import { buildBatch } from './batch.ts';
import { Journal, type JournalRecord } from './journal.ts';
import type { Masker } from './mask.ts';
import { startPosition, type SpoolPosition } from './spool-files.ts';
import { SpoolReader } from './spool-reader.ts';
import { SpoolObserver } from './spool-observer.ts';

/** How long lines wait for a journal that can not be written; by then the run that filled the disk has been ended. */
const JOURNAL_PATIENCE_MS = 3_000;
const JOURNAL_RETRY_MS = 100;
/** A batch costs both ends about as much as a hundred lines do: small ones leave at most this often (bench/log-latency.ts). */
const GATHER_MS = 2;
const SMALL_BATCH_LINES = 100;

/** A batch as it goes to the control plane. Lines are numbered without gaps from `firstSeq`. */
export interface LogBatch {
  firstSeq: number;
  /** One digit a line, see contract/log-streams.ts. */
  streams: string;
  messages: string[];
}

/** Stores a batch durably; resolves with the highest stored seq. Network trouble is retried inside, without an end. */
type SendLogs = (batch: LogBatch, signal: AbortSignal) => Promise<number>;

/** The control plane has fewer lines of this run than were numbered before. */
export class LogGapError extends Error {
  override readonly name = 'LogGapError';
  constructor(readonly expectedSeq: number) {
    super(`The control plane expects line ${expectedSeq} of this run's log`);
  }
}

export interface LogPumpOptions {
  folder: string;
  masker: Masker;
  maxLogBytes: number;
  send: SendLogs;
  logger: Logger;
  /** Called, perhaps more than once, when what is numbered can not be written down: the lines wait. */
  onDiskTrouble: (error: unknown) => void;
}

/**
 * Carries one run's output from the spool to the control plane: observes growth, numbers lines, journals, sends.
 * There is no flush timer: a batch leaves at once when nothing is under way, and gathers only while one is, or when one
 * has only just left.
 */
export class LogPump {
  /** Resolves with the number of lines once the log's end mark and all before it are stored; rejects with what `send` threw for good. */
  readonly finished: Promise<number>;
  private readonly reader: SpoolReader;
  private readonly journal: Journal;
  private readonly observer: SpoolObserver;
  private readonly stop = new AbortController();
  private position: SpoolPosition = startPosition();
  private nextSeq = 0;
  /** No small batch leaves before. */
  private gathersUntilMs = 0;
  private isEnd = false;
  /** The journal could not be written, and lines are sent without it. */
  private isUnjournaled = false;

  constructor(private readonly options: LogPumpOptions) {
    this.reader = new SpoolReader(options.folder);
    try {
      this.journal = new Journal(options.folder);
    } catch (error) {
      this.reader.close();
      throw error;
    }
    this.observer = new SpoolObserver(options.folder, this.reader, options.maxLogBytes, options.logger);
    this.finished = this.run();
    // Whoever is interested awaits `finished`; a pump that is closed without being awaited is no unhandled rejection.
    this.finished.catch(() => undefined);
  }

  /** How many lines the control plane has acknowledged. */
  get sentLines(): number {
    return this.nextSeq;
  }

  /** Adds a system line where the marks file takes none any more. Once the programs of the run have ended only. */
  addMark(text: string | null, isEnd: boolean): void {
    this.reader.addMark(text, isEnd);
    this.observer.lookNow();
  }

  /** Stops sending. What is not sent stays in the spool for the next pump. */
  async close(): Promise<void> {
    this.stop.abort();
    this.observer.close();
    await this.finished.catch(() => undefined);
  }

  private async run(): Promise<number> {
    try {
      await this.resume(this.journal.last());
      this.observer.start(this.position);
      while (!this.isEnd) {
        this.stop.signal.throwIfAborted();
        const gatherMs = this.gathersUntilMs - performance.now();
        if (gatherMs > 0) await sleep(gatherMs, undefined, { signal: this.stop.signal });
        const batch = buildBatch(
          { reader: this.reader, masker: this.options.masker },
          this.position,
          this.observer.segments,
        );
        const record = {
          firstSeq: this.nextSeq,
          lines: batch.messages.length,
          from: this.position,
          segments: this.observer.segments.slice(0, batch.segmentsDone + 1),
        };
        // Before anything is waited for: the observer goes on looking, and may let the last of them grow.
        this.observer.drop(batch.segmentsDone);
        this.position = batch.position;
        this.isEnd = batch.isEnd;
        if (batch.messages.length > 0) {
          if (batch.messages.length < SMALL_BATCH_LINES) this.gathersUntilMs = performance.now() + GATHER_MS;
          await this.record(record);
          await this.deliver(batch, this.nextSeq);
        } else if (batch.segmentsDone === 0 && !this.isEnd) {
          await this.observer.changed();
        }
      }
      return this.nextSeq;
    } finally {
      this.observer.close();
      this.journal.close();
      this.reader.close();
    }
  }

  /**
   * Sends the recorded batch again, exactly as it was: the control plane recognises what it has.
   * @param fromSeq only the lines from here on; null: all
   */
  private async resume(record: JournalRecord | null, fromSeq: number | null = null): Promise<void> {
    if (!record) return;
    const source = { reader: this.reader, masker: this.options.masker };
    const batch = buildBatch(source, record.from, record.segments, record.lines, Number.POSITIVE_INFINITY);
    const known = fromSeq === null ? 0 : Math.min(fromSeq - record.firstSeq, batch.messages.length);
    this.position = batch.position;
    this.isEnd = batch.isEnd;
    this.nextSeq = record.firstSeq + known;
    if (known === batch.messages.length) return;
    await this.deliver({ streams: batch.streams.slice(known), messages: batch.messages.slice(known) }, this.nextSeq);
  }

  /**
   * Writes down what is about to be sent. On a disk that takes nothing the lines wait; a disk that still takes nothing
   * after that must not cost them: they are sent all the same, and only a runner that is killed now would not know.
   */
  private async record(record: JournalRecord): Promise<void> {
    const untilMs = performance.now() + (this.isUnjournaled ? 0 : JOURNAL_PATIENCE_MS);
    for (;;) {
      try {
        this.journal.append(record);
        this.isUnjournaled = false;
        return;
      } catch (error) {
        if (diskFaultOf(error) === null) throw error;
        this.options.onDiskTrouble(error);
        if (performance.now() >= untilMs) return this.goOnWithoutJournal(error);
      }
      await sleep(JOURNAL_RETRY_MS, undefined, { signal: this.stop.signal });
    }
  }

  private goOnWithoutJournal(error: unknown): void {
    if (!this.isUnjournaled)
      this.options.logger.warn(
        { err: error },
        'the numbers of log lines can not be written down; the lines are sent all the same',
      );
    this.isUnjournaled = true;
  }

  private async deliver(lines: Pick<LogBatch, 'streams' | 'messages'>, firstSeq: number): Promise<void> {
    try {
      await this.options.send({ firstSeq, streams: lines.streams, messages: lines.messages }, this.stop.signal);
      this.nextSeq = firstSeq + lines.messages.length;
    } catch (error) {
      if (!(error instanceof LogGapError)) throw error;
      if (error.expectedSeq < firstSeq) return this.rewind(error);
      // It has the first of them already, from a runner that could not write down how it had packed them.
      const known = error.expectedSeq - firstSeq;
      if (known === 0 || known >= lines.messages.length) throw error;
      await this.deliver(
        { streams: lines.streams.slice(known), messages: lines.messages.slice(known) },
        error.expectedSeq,
      );
    }
  }

  /** The control plane lost lines it had acknowledged (a restored backup): they are numbered again from the journal. */
  private async rewind(gap: LogGapError): Promise<void> {
    const record = this.journal.find(gap.expectedSeq);
    if (!record) throw gap;
    this.options.logger.warn({ expectedSeq: gap.expectedSeq }, 'the control plane lost log lines; sending them again');
    await this.resume(record, gap.expectedSeq);
    this.observer.restart(this.position);
  }
}
