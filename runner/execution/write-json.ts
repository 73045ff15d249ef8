import { closeSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';

/** Replaces a file as a whole: a reader, or a crash, sees the old value or the new one. Only our own user can read it. */
export function writeJson(path: string, value: unknown): void {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, `${JSON.stringify(value)}\n`);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
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
