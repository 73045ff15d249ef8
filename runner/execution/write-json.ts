import { closeSync, openSync, readFileSync, renameSync } from 'node:fs';
import { removeQuietly, writeWhole } from './disk.ts';

/** Replaces a file as a whole: a reader, or a crash, sees the old value or the new one. Only our own user can read it. */
export function writeJson(path: string, value: unknown): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeWhole(file, `${JSON.stringify(value)}\n`);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
}

/** @returns null when there is no such file */
export function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  return JSON.parse(text);
}
