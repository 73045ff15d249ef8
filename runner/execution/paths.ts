import { realpathSync } from 'node:fs';
import { isAbsolute, relative, sep } from 'node:path';

/** Is `path` the folder itself or below it? Both must be resolved already; `/root-evil` is not in `/root`. */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

/** What it means that there is nothing of this name to look at; also a name that no folder can have. */
const NOT_THERE = ['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG'];

/** The path with all symbolic links followed, or null when it does not exist or may not be looked at. */
export function realpathOrNull(path: string): string | null {
  // Node.js takes it for a mistake of the program. No file has such a name.
  if (path.includes('\0')) return null;
  try {
    return realpathSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (NOT_THERE.includes(code)) return null;
    throw error;
  }
}
