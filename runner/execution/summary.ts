import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { cutText } from '#contract/cut-text.ts';
import type { Masker } from '../logs/mask.ts';
import { SPOOL_FILES } from '../logs/spool-files.ts';
import { decode } from '../logs/split-lines.ts';

const TAIL_BYTES = 8_192;
/** A report is what a person reads: a book's chapter fits. */
const REPORT_BYTES = 256 * 1024;
const MAX_CHARS = 600;
/** Of output without a blank line: it is a log, and only its end can be an answer. */
const MAX_LOG_LINES = 5;

/**
 * What a run's programs said last, to be read as a chat message: the last paragraph of standard output, which is
 * where agents say what they did; when that is empty, the end of standard error, or all of it if it is short.
 * @returns null when they said nothing
 */
export function summarize(runFolder: string, masker: Masker): string | null {
  return (
    lastParagraph(readTail(join(runFolder, SPOOL_FILES.stdout), masker)) ??
    shortOrEnd(readTail(join(runFolder, SPOOL_FILES.stderr), masker))
  );
}

/** All that a run's programs printed, for reading as Markdown; of very much, the end. @returns null when they said nothing */
export function readReport(runFolder: string, masker: Masker): string | null {
  const said = readTail(join(runFolder, SPOOL_FILES.stdout), masker, REPORT_BYTES);
  const text = linesOf(said).join('\n').trim();
  return text === '' ? null : `${text}\n`;
}

/** The text after the last blank line: whole lines, from the end backwards, as many as fit. @returns null for a text of nothing but space */
export function lastParagraph(text: string): string | null {
  const lines = linesOf(text);
  while (lines.at(-1) === '') lines.pop();
  const blank = lines.lastIndexOf('');
  const paragraph = blank === -1 ? lines.slice(-MAX_LOG_LINES) : lines.slice(blank + 1);
  const last = paragraph.at(-1);
  if (last === undefined) return null;
  if (last.length > MAX_CHARS) return `${cutAtWord(last, MAX_CHARS - 1)}…`;
  while (paragraph.join('\n').length > MAX_CHARS) paragraph.shift();
  return paragraph.join('\n');
}

/** A program that was started wrongly says first what is wrong, and last how to ask for help. */
function shortOrEnd(text: string): string | null {
  const whole = linesOf(text).join('\n').trim();
  return whole !== '' && whole.length <= MAX_CHARS ? whole : lastParagraph(text);
}

function linesOf(text: string): string[] {
  return stripVTControlCharacters(text)
    .split(/\r?\n|\r/)
    .map(printable);
}

/** Without what remains of escape sequences, and without the space at the end. */
function printable(line: string): string {
  return line.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '').trimEnd();
}

function cutAtWord(text: string, maxChars: number): string {
  const cut = cutText(text, maxChars);
  const space = cut.lastIndexOf(' ');
  return (space > maxChars / 2 ? cut.slice(0, space) : cut).trimEnd();
}

function readTail(path: string, masker: Masker, maxBytes = TAIL_BYTES): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, maxBytes));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    const text = decode(bytes);
    // Unless it is the file's start, the first line is a piece, perhaps of a secret.
    return masker.mask(bytes.length < size ? text.slice(text.indexOf('\n') + 1) : text);
  } finally {
    closeSync(file);
  }
}
