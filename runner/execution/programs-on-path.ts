import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Folders of a PATH, each once. Relative ones are left out: they are other folders wherever one stands. */
export function foldersOfPath(searchPath: string): string[] {
  return [...new Set(searchPath.split(delimiter).filter(isAbsolute))];
}

/** @returns where the first program of this name is; null: in none of the folders */
export function findProgram(name: string, folders: readonly string[]): string | null {
  return folders.map((folder) => join(folder, name)).find(isExecutableFile) ?? null;
}

/** Folders can be executable too, and are no programs. */
export function isExecutableFile(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false; // the question itself: absent, not executable and out of reach (a disk that hangs) are the same answer
  }
}
