import { closeSync, existsSync, fstatSync, ftruncateSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { diskFaultOf, writeWhole } from '../execution/disk.ts';
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
  /** Null: the disk takes nothing. */
  private file: number | null;

  /**
   * Opens its file for as long as it is used: a process that runs out of descriptors goes on with those it has. On a
   * disk that takes nothing it is read, and opened when there is something to write.
   * @throws the file system's error
   */
  constructor(folder: string) {
    this.path = join(folder, JOURNAL_FILE);
    try {
      this.file = openWhole(this.path);
    } catch (error) {
      if (diskFaultOf(error) === null) throw error;
      this.file = null;
    }
  }

  /** @throws the file system's error; then nothing of the record is there */
  append(record: JournalRecord): void {
    this.file ??= openWhole(this.path);
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
    let end = text.lastIndexOf('\n');
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
  }

  private read(): Buffer {
    if (this.file !== null) return readAll(this.file);
    return existsSync(this.path) ? readFileSync(this.path) : Buffer.alloc(0);
  }
}

/** Opens a journal for reading and adding. A record that was not written whole was never sent either, and is cut off. */
function openWhole(path: string): number {
  const file = openSync(path, 'a+', 0o600);
  try {
    const bytes = readAll(file);
    const whole = bytes.lastIndexOf(0x0a) + 1;
    if (whole < bytes.length) ftruncateSync(file, whole);
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function readAll(file: number): Buffer {
  const bytes = Buffer.allocUnsafe(fstatSync(file).size);
  let at = 0;
  while (at < bytes.length) {
    const count = readSync(file, bytes, at, bytes.length - at, at);
    if (count === 0) break;
    at += count;
  }
  return bytes.subarray(0, at);
}
