import { realpathSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';

/** Is `path` the folder itself or below it? Both must be resolved already; `/root-evil` is not in `/root`. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** What it means that there is nothing of this name to look at; also a name that no folder can have. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG']);

/** The path with all symbolic links followed, or null when it does not exist or may not be looked at. */
export function realpathOrNull(path: string): string | null {
  // Node.js takes it for a mistake of the program. No file has such a name.
  if (path.includes('\0')) return null;
  try {
    return realpathSync(path);
  } catch (error) {
    return nullWhenAbsent(error);
  }
}

/** The same, without waiting for the disk. */
export async function findRealpath(path: string): Promise<string | null> {
  return realpath(path).catch(nullWhenAbsent);
}

function nullWhenAbsent(error: unknown): null {
  if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return null;
  throw error;
}
