import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { SPOOL_FILES, type ProgramDigit, type StreamDigit } from './spool-files.ts';

const MARK_WINDOW_BYTES = 64 * 1024;

/** Reads the spool files of one run by offset. Holds no bytes: a backlog stays on disk until it is sent. */
export class SpoolReader {
  private readonly files: Record<StreamDigit, number>;

  /** @throws the file system's error when a spool file is missing */
  constructor(folder: string) {
    this.files = { 1: openSync(join(folder, SPOOL_FILES.stdout), 'r'), 2: openSync(join(folder, SPOOL_FILES.stderr), 'r'), 3: openSync(join(folder, SPOOL_FILES.marks), 'r') };
  }

  size(digit: StreamDigit): number {
    return fstatSync(this.files[digit]).size;
  }

  read(digit: ProgramDigit, from: number, length: number): Buffer {
    return readAt(this.files[digit], from, length);
  }

  /** @returns the line at `from` without its end, or null when it is not finished yet */
  readMarkLine(from: number, to: number): { text: string; next: number } | null {
    for (let length = Math.min(1_024, to - from); ; length = Math.min(length * 8, to - from, MARK_WINDOW_BYTES)) {
      const bytes = readAt(this.files[3], from, length);
      const feed = bytes.indexOf(0x0a);
      if (feed !== -1) return { text: bytes.toString('utf8', 0, feed), next: from + feed + 1 };
      if (length >= MARK_WINDOW_BYTES) return { text: '', next: from + bytes.length };
      if (length >= to - from) return null;
    }
  }

  close(): void {
    for (const file of Object.values(this.files)) closeSync(file);
  }
}

function readAt(file: number, from: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  return bytes.subarray(0, readSync(file, bytes, 0, length, from));
}
