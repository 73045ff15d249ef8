import { appendFileSync, closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { cutText } from '#contract/cut-text.ts';
import { writeWhole } from '../execution/disk.ts';
import { SPOOL_FILES } from './spool-files.ts';

/** A system line is ours and short; what it quotes may be long. */
const MAX_TEXT_CHARS = 4_000;

/**
 * One line of marks.spool: a system line and the place it belongs to. `at` are the sizes of the program
 * streams when it was written, so that "the second command starts" never lands among the first one's lines.
 */
export interface Mark {
  at: [stdout: number, stderr: number];
  /** Null: no line, only the end. */
  text: string | null;
  isEnd: boolean;
  /** A program still writes: the line that it has begun goes on behind this one. */
  isAside: boolean;
}

/**
 * Writes a system line after everything the programs have written so far.
 * @param text one or several lines; null with `isEnd` closes the log without a line
 * @throws the file system's error, when the run folder is gone or the disk is full
 */
export function writeMark(folder: string, text: string | null, isEnd = false): void {
  write(folder, text, { isEnd, isAside: false });
}

/** Writes a system line while a program writes: what that one has begun is not divided. @throws as `writeMark` */
export function writeAside(folder: string, text: string): void {
  write(folder, text, { isEnd: false, isAside: true });
}

function write(folder: string, text: string | null, kind: Pick<Mark, 'isEnd' | 'isAside'>): void {
  const at: [number, number] = [sizeOf(join(folder, SPOOL_FILES.stdout)), sizeOf(join(folder, SPOOL_FILES.stderr))];
  const file = openSync(join(folder, SPOOL_FILES.marks), 'a+', 0o600);
  try {
    // A writer that was killed in mid-line leaves a torn line; a new line keeps it from swallowing this one.
    const torn = endsTorn(file) ? '\n' : '';
    writeWhole(file, torn + formatMarks(at, text, kind));
  } finally {
    closeSync(file);
  }
}

/** The lines of marks.spool that say this. */
export function formatMarks(
  at: Mark['at'],
  text: string | null,
  { isEnd, isAside }: Pick<Mark, 'isEnd' | 'isAside'>,
): string {
  const texts = text === null ? [null] : text.split(/\r?\n/).map((line) => cutText(line, MAX_TEXT_CHARS));
  return texts
    .map(
      (line, index) =>
        `${JSON.stringify({ at, text: line, isEnd: isEnd && index === texts.length - 1, isAside } satisfies Mark)}\n`,
    )
    .join('');
}

/** Makes the three files, so that watchers and readers find them from the start. */
export function createSpools(folder: string): void {
  for (const name of Object.values(SPOOL_FILES)) appendFileSync(join(folder, name), '', { mode: 0o600 });
}

/** Whether the last line of an open file is not finished. */
export function endsTorn(file: number): boolean {
  const { size } = fstatSync(file);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(file, last, 0, 1, size - 1);
  return last[0] !== 0x0a;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
