import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { MAX_ACTIVITY_BATCH_BYTES, MAX_ACTIVITY_BATCH_ENTRIES, type ActivityEntry } from '#contract/activity.ts';
import type { Logger } from '../logger.ts';
import { SPOOL_FILES } from '../logs/spool-files.ts';
import { SpoolWatch } from '../logs/spool-watch.ts';
import { ActivityReader, type ActivityReaderOptions } from '../readers/activity/activity-reader.ts';

/** Read in one go; other runs of this process are not to wait longer for it. */
const PIECE_BYTES = 64 * 1024;
/** Few entries leave at most this often: what an agent does comes in bursts. */
const GATHER_MS = 5;

/** Entries as they go to the control plane, numbered without gaps from `firstSeq`. */
export interface ActivityBatch {
  firstSeq: number;
  entries: ActivityEntry[];
}

/** Stores a batch durably; resolves with the highest stored seq. Network trouble is retried inside, without an end. */
type SendActivity = (batch: ActivityBatch, signal: AbortSignal) => Promise<number>;

/** The control plane has another number of this run's entries. */
export class ActivityGapError extends Error {
  override readonly name = 'ActivityGapError';
  constructor(readonly expectedSeq: number) {
    super(`The control plane expects entry ${expectedSeq} of this run's activity`);
  }
}

export interface ActivityPumpOptions extends ActivityReaderOptions {
  /** The run's. */
  folder: string;
  /** Where in the spool of standard output the agent's own output begins. */
  from: number;
  send: SendActivity;
  logger: Logger;
}

/**
 * Carries what one run's agent does from the spool to the control plane while it works. It writes nothing down: the spool
 * gives the same entries under the same numbers whenever it is read, so a new pump reads it from the start, and learns
 * from the control plane what that has.
 */
export class ActivityPump {
  /** Resolves when all of it is stored, which is not before `finish` was called; rejects with what `send` threw for good. */
  readonly finished: Promise<void>;
  private readonly file: number;
  private readonly watch: SpoolWatch;
  private readonly stop = new AbortController();
  private reader: ActivityReader;
  private at: number;
  /** The spool has something that was not read, as far as we know. */
  private hasGrown = true;
  /** It grows no more. */
  private isWhole = false;
  private isRead = false;
  private wake: (() => void) | null = null;
  /** How many entries were read, those that need not be sent included. */
  private readEntries = 0;
  /** The first entry that the control plane does not have. */
  private nextSeq = 0;
  /** What was read from `nextSeq` on. */
  private waiting: ActivityEntry[] = [];

  /** @throws the file system's error when the spool can not be opened */
  constructor(private readonly options: ActivityPumpOptions) {
    const { folder, logger, from } = options;
    this.file = openSync(join(folder, SPOOL_FILES.stdout), 'r');
    this.reader = this.newReader();
    this.at = from;
    this.watch = new SpoolWatch({
      folder,
      logger,
      onNotice: (name) => {
        if (name === null || name === SPOOL_FILES.stdout) this.grow();
      },
      onTime: () => this.grow(),
    });
    this.finished = this.run();
    // Whoever is interested awaits `finished`; a pump that is closed without being awaited is no unhandled rejection.
    this.finished.catch(() => undefined);
  }

  /** The agent has ended, and with it its output. */
  async finish(): Promise<void> {
    this.isWhole = true;
    this.grow();
    await this.finished;
  }

  /** Stops sending. What is not sent is for the next pump. */
  async close(): Promise<void> {
    this.stop.abort();
    this.wake?.();
    await this.finished.catch(() => undefined);
  }

  private grow(): void {
    this.hasGrown = true;
    this.wake?.();
  }

  private async run(): Promise<void> {
    const buffer = Buffer.allocUnsafe(PIECE_BYTES);
    try {
      for (;;) {
        this.stop.signal.throwIfAborted();
        await this.read(buffer);
        if (this.waiting.length > 0) await this.sendNext();
        else if (this.isRead) return;
        else await this.grown();
      }
    } finally {
      this.watch.close();
      closeSync(this.file);
    }
  }

  /** Reads what there is, until a batch is full. */
  private async read(buffer: Buffer): Promise<void> {
    while (!this.isRead && this.waiting.length < MAX_ACTIVITY_BATCH_ENTRIES) {
      const { isWhole } = this;
      this.hasGrown = false;
      const count = readSync(this.file, buffer, 0, PIECE_BYTES, this.at);
      this.at += count;
      if (count > 0) this.reader.push(buffer.subarray(0, count));
      else if (isWhole) this.reader.end();
      this.isRead = this.reader.isFull || (count === 0 && isWhole);
      this.keep(this.reader.take());
      if (count === 0) return;
      await turn();
      this.stop.signal.throwIfAborted();
    }
  }

  private keep(entries: ActivityEntry[]): void {
    const known = Math.max(0, this.nextSeq - this.readEntries);
    this.readEntries += entries.length;
    this.waiting = this.waiting.concat(entries.slice(known));
  }

  private async grown(): Promise<void> {
    if (this.hasGrown || this.stop.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
    this.wake = null;
  }

  private async sendNext(): Promise<void> {
    const entries = firstBatch(this.waiting);
    const { signal } = this.stop;
    const gathersUntilMs = performance.now() + GATHER_MS;
    try {
      const lastSeq = await this.options.send({ firstSeq: this.nextSeq, entries }, signal);
      this.goTo(lastSeq + 1);
    } catch (error) {
      if (!(error instanceof ActivityGapError) || error.expectedSeq === this.nextSeq) throw error;
      this.goTo(error.expectedSeq);
    }
    const gatherMs = gathersUntilMs - performance.now();
    if (gatherMs > 0 && entries.length < MAX_ACTIVITY_BATCH_ENTRIES) await sleep(gatherMs, undefined, { signal });
  }

  /** @param seq what the control plane wants next */
  private goTo(seq: number): void {
    if (seq === this.nextSeq)
      throw new Error(`The control plane took entry ${seq} of a run's activity, and has it not`);
    if (seq > this.nextSeq) this.waiting = this.waiting.slice(seq - this.nextSeq);
    else this.startOver();
    this.nextSeq = seq;
  }

  /** The control plane lost entries it had acknowledged (a restored backup): they are read again. */
  private startOver(): void {
    this.options.logger.warn({}, "the control plane lost entries of a run's activity; sending them again");
    this.reader = this.newReader();
    this.at = this.options.from;
    this.isRead = false;
    this.readEntries = 0;
    this.waiting = [];
  }

  private newReader(): ActivityReader {
    return new ActivityReader(this.options);
  }
}

function firstBatch(entries: readonly ActivityEntry[]): ActivityEntry[] {
  let bytes = 2;
  let count = 0;
  for (const entry of entries.slice(0, MAX_ACTIVITY_BATCH_ENTRIES)) {
    bytes += Buffer.byteLength(JSON.stringify(entry)) + 1;
    if (bytes > MAX_ACTIVITY_BATCH_BYTES && count > 0) break;
    count += 1;
  }
  return entries.slice(0, count);
}
