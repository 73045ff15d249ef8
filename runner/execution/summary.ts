import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Masker } from '../logs/mask.ts';
import { SPOOL_FILES } from '../logs/spool-files.ts';
import { decode } from '../logs/split-lines.ts';

const TAIL_BYTES = 8_192;
const MAX_LINES = 15;
const MAX_CHARS = 2_000;

/** The last words of a run's programs, which is where agents say what they did; null when they said nothing. */
export function summarize(runFolder: string, masker: Masker): string | null {
  return lastLines(join(runFolder, SPOOL_FILES.stdout), masker) ?? lastLines(join(runFolder, SPOOL_FILES.stderr), masker);
}

function lastLines(path: string, masker: Masker): string | null {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    const text = decode(bytes);
    // Unless it is the file's start, the first line is a piece, perhaps of a secret.
    const whole = bytes.length < size ? text.slice(text.indexOf('\n') + 1) : text;
    const lines = stripVTControlCharacters(masker.mask(whole)).split(/\r?\n|\r/).map((line) => line.trimEnd()).filter((line) => line !== '');
    const summary = lines.slice(-MAX_LINES).join('\n').slice(-MAX_CHARS);
    return summary === '' ? null : summary;
  } finally {
    closeSync(file);
  }
}
