import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { endsTorn, formatMarks } from './marks.ts';
import { SPOOL_FILES, type ProgramDigit, type StreamDigit } from './spool-files.ts';

const MARK_WINDOW_BYTES = 64 * 1024;

/** Reads the spool files of one run by offset. Holds no bytes: a backlog stays on disk until it is sent. */
export class SpoolReader {
  private readonly files: Record<StreamDigit, number>;
  /** Marks that could not be written, read as if they stood at the end of their file, which no longer grows. */
  private addedMarks: { from: number; bytes: Buffer } | null = null;

  /** @throws the file system's error when a spool file is missing */
  constructor(folder: string) {
    const opened: number[] = [];
    try {
      for (const name of [SPOOL_FILES.stdout, SPOOL_FILES.stderr, SPOOL_FILES.marks])
        opened.push(openSync(join(folder, name), 'r'));
    } catch (error) {
      for (const file of opened) closeSync(file);
      throw error;
    }
    const [stdout = -1, stderr = -1, marks = -1] = opened;
    this.files = { 1: stdout, 2: stderr, 3: marks };
  }

  size(digit: StreamDigit): number {
    if (digit === 3 && this.addedMarks) return this.addedMarks.from + this.addedMarks.bytes.length;
    return fstatSync(this.files[digit]).size;
  }

  /** Adds a system line that is only in memory, after everything the programs have written. */
  addMark(text: string | null, isEnd: boolean): void {
    const { from, bytes } = this.addedMarks ?? {
      from: this.size(3),
      bytes: Buffer.from(endsTorn(this.files[3]) ? '\n' : ''),
    };
    this.addedMarks = {
      from,
      bytes: Buffer.concat([
        bytes,
        Buffer.from(formatMarks([this.size(1), this.size(2)], text, { isEnd, isAside: false })),
      ]),
    };
  }

  read(digit: ProgramDigit, from: number, length: number): Buffer {
    return readAt(this.files[digit], from, length);
  }

  /** @returns the line at `from` without its end, or null when it is not finished yet */
  readMarkLine(from: number, to: number): { text: string; next: number } | null {
    for (let length = Math.min(1_024, to - from); ; length = Math.min(length * 8, to - from, MARK_WINDOW_BYTES)) {
      const bytes = this.readMarks(from, length);
      const feed = bytes.indexOf(0x0a);
      if (feed !== -1) return { text: bytes.toString('utf8', 0, feed), next: from + feed + 1 };
      if (length >= MARK_WINDOW_BYTES) return { text: '', next: from + bytes.length };
      if (length >= to - from) return null;
    }
  }

  private readMarks(from: number, length: number): Buffer {
    const added = this.addedMarks;
    if (!added) return readAt(this.files[3], from, length);
    const stored =
      from < added.from ? readAt(this.files[3], from, Math.min(length, added.from - from)) : Buffer.alloc(0);
    const start = Math.max(0, from - added.from);
    return Buffer.concat([stored, added.bytes.subarray(start, start + length - stored.length)]);
  }

  close(): void {
    for (const file of Object.values(this.files)) closeSync(file);
  }
}

function readAt(file: number, from: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, from));
}
