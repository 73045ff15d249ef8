import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** What says for certain that there is no program for us; anything else says that it could not be found out. */
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG']);

/** Folders of a PATH, each once. Relative ones are left out: they are other folders wherever one stands. */
export function foldersOfPath(searchPath: string): string[] {
  return [...new Set(searchPath.split(delimiter).filter(isAbsolute))];
}

/**
 * A folder that can not be looked into (a network disk that hangs) keeps no program of another one from being found.
 * @param isTrusted asked of each folder first: from the others nothing is taken
 * @returns where the first program of this name is; null: in none of the folders
 * @throws the first such folder's error when nothing was found: the program may be there
 */
export function findProgram(
  name: string,
  folders: readonly string[],
  isTrusted: (folder: string) => boolean = () => true,
): string | null {
  const troubles: unknown[] = [];
  for (const folder of folders) {
    const file = join(folder, name);
    try {
      if (isTrusted(folder) && isExecutableFile(file)) return file;
    } catch (error) {
      if (!isAbsent(error)) troubles.push(error);
    }
  }
  if (troubles.length > 0) throw troubles[0];
  return null;
}

/** Folders can be executable too, and are no programs. @throws the file system's error when it can not say */
export function isExecutableFile(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch (error) {
    if (isAbsent(error)) return false;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return ABSENT.has((error as NodeJS.ErrnoException).code ?? '');
}
