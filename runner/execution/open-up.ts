import { chmodSync, lstatSync, readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { onDisk, statOrNull, type BytePath } from './byte-paths.ts';

/** Makes a folder of ours usable. Modes of folders are nothing that Git keeps. @returns whether that changed anything */
export function openFolder(path: string | Buffer): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o700) === 0o700) return false;
  chmodSync(path, stat.mode | 0o700);
  return true;
}

/** Opens the folders above a file, from the top down and through no link. @returns whether that changed anything */
export function openAbove(base: string, path: BytePath): boolean {
  let changed = false;
  for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
    const folder = onDisk(base, path.slice(0, end));
    if (statOrNull(folder)?.isDirectory() !== true) break;
    changed = openFolder(folder) || changed;
  }
  return changed;
}

/**
 * An agent may have closed its own folder, or parts of its repository: what is ours is opened before it is read.
 * Somebody who may read everything has nothing to open.
 */
export function openAgentFolder(path: string): void {
  if (process.getuid?.() === 0) return;
  openFolder(path);
  const waiting = [join(path, '.git')];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    openFolder(folder);
    for (const entry of entriesOf(folder)) {
      const file = join(folder, entry.name);
      if (entry.isDirectory()) waiting.push(file);
      else if (entry.isFile()) openFile(file);
    }
  }
}

/** Where there is no folder, or one of somebody else's that is closed, nothing can be opened. */
function entriesOf(folder: string): Dirent[] {
  try {
    return lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() === true
      ? readdirSync(folder, { withFileTypes: true })
      : [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return [];
    throw error;
  }
}

function openFile(file: string): void {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat?.isFile() && stat.uid === process.getuid?.() && (stat.mode & 0o400) === 0)
    chmodSync(file, stat.mode | 0o600);
}
