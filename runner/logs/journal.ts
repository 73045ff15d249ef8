import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readFileSync, truncateSync } from 'node:fs';
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
  private readonly path: string;
  private file: number | null = null;

  constructor(folder: string) {
    this.path = join(folder, JOURNAL_FILE);
    cutTornEnd(this.path);
  }

  /** @throws the file system's error; then nothing of the record is there */
  append(record: JournalRecord): void {
    this.file ??= openSync(this.path, 'a', 0o600);
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
    if (!existsSync(this.path)) return null;
    const text = readFileSync(this.path, 'utf8');
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
    if (this.file !== null) closeSync(this.file);
    this.file = null;
  }
}

/** A record that was not written whole was never sent either. */
function cutTornEnd(path: string): void {
  if (!existsSync(path)) return;
  const bytes = readFileSync(path);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  if (whole < bytes.length) truncateSync(path, whole);
}
