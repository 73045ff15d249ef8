import { constants, type Stats } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, readlink, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Enough to keep the disk busy; all that were begun are waited for before anything else is done. */
const AT_ONCE = 16;

export interface CopyOrder {
  /** Asked of each file and folder before it is looked into. */
  isKept: (file: string, stat: Stats) => Promise<boolean>;
  signal: AbortSignal;
}

/**
 * Copies a file, a link as it is, or a folder with all in it; shares the blocks where the disk can. In steps: a runner
 * that stood still for as long as a large folder takes would renew no lease, and be taken for dead.
 * @param target nothing is there yet
 * @throws the file system's error, or the signal's reason; nothing is being written any more then, and what was made is the caller's to remove
 */
export async function copyTree(source: string, target: string, { isKept, signal }: CopyOrder): Promise<void> {
  const waiting = [{ from: source, to: target }];
  const folders: { path: string; mode: number }[] = [];
  const copyOne = async ({ from, to }: { from: string; to: string }): Promise<void> => {
    const stat = await lstat(from);
    if (!(await isKept(from, stat))) return;
    if (stat.isSymbolicLink()) return symlink(await readlink(from), to);
    if (!stat.isDirectory()) return copyFile(from, to, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    await mkdir(to, { mode: 0o700 });
    folders.push({ path: to, mode: stat.mode & 0o7777 });
    for (const name of await readdir(from)) waiting.push({ from: join(from, name), to: join(to, name) });
  };
  while (waiting.length > 0) {
    signal.throwIfAborted();
    const turns = await Promise.allSettled(waiting.splice(-AT_ONCE).map(copyOne));
    for (const turn of turns) if (turn.status === 'rejected') throw turn.reason;
  }
  // Last, and from below: a folder may be one that nothing can be put into.
  for (const { path, mode } of folders.reverse()) await chmod(path, mode);
}
