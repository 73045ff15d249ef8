import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { writeWhole } from '../execution/disk.ts';
import type { Segment, SpoolPosition } from './spool-files.ts';

const JOURNAL_FILE = 'journal.ndjson';

const streamPosition = z.object({ at: z.int(), seen: z.int(), isContinued: z.boolean() });
const JournalRecord = z.object({
  firstSeq: z.int().min(0),
  lines: z.int().min(1),
  from: z.object({ stdout: streamPosition, stderr: streamPosition, marks: z.int() }),
  segments: z.array(z.tuple([z.union([z.literal(1), z.literal(2), z.literal(3)]), z.int()])),
});

/** One numbering pass: enough to make exactly the same batch again from the spool. */
export interface JournalRecord {
  firstSeq: number;
  lines: number;
  from: SpoolPosition;
  segments: Segment[];
}

/**
 * What has been numbered, on disk before it is sent: a runner that was killed between sending and the answer
 * sends the same lines under the same numbers again. Not synced: it has to survive the process, and after a power
 * failure the programs are gone as well.
 */
export class Journal {
  private readonly file: number;

  /**
   * Opens its file for as long as it is used: a process that runs out of descriptors goes on with those it has.
   * @throws the file system's error
   */
  constructor(folder: string) {
    this.file = openSync(join(folder, JOURNAL_FILE), 'a+', 0o600);
    try {
      this.cutTornEnd();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** @throws the file system's error; then nothing of the record is there */
  append(record: JournalRecord): void {
    const { size } = fstatSync(this.file);
    try {
      writeWhole(this.file, `${JSON.stringify(record)}\n`);
    } catch (error) {
      // What did fit would swallow the next record. (A file can be cut on a full disk.)
      ftruncateSync(this.file, size);
      throw error;
    }
  }

  last(): JournalRecord | null {
    return this.find(Number.MAX_SAFE_INTEGER);
  }

  /** @returns the record that holds line `seq`, or else the last one before it */
  find(seq: number): JournalRecord | null {
    const text = this.read().toString();
    let end = text.length - 1;
    while (end > 0) {
      const start = text.lastIndexOf('\n', end - 1) + 1;
      const record = JournalRecord.parse(JSON.parse(text.slice(start, end)));
      if (record.firstSeq <= seq) return record;
      end = start - 1;
    }
    return null;
  }

  close(): void {
    closeSync(this.file);
  }

  /** A record that was not written whole was never sent either. */
  private cutTornEnd(): void {
    const bytes = this.read();
    const whole = bytes.lastIndexOf(0x0a) + 1;
    if (whole < bytes.length) ftruncateSync(this.file, whole);
  }

  private read(): Buffer {
    const bytes = Buffer.allocUnsafe(fstatSync(this.file).size);
    let at = 0;
    while (at < bytes.length) {
      const count = readSync(this.file, bytes, at, bytes.length - at, at);
      if (count === 0) break;
      at += count;
    }
    return bytes.subarray(0, at);
  }
}
