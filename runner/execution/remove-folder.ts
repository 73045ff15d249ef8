import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { chmod, lstat, readdir, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** Files of another user, or protected ones; a mount, or a program that still writes; a disk that can only be read. */
const REFUSALS: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EBUSY', 'ENOTEMPTY', 'EROFS']);

/** Whether the file system lets us not change or remove something, whatever we try. */
export function isRefusal(error: unknown): error is NodeJS.ErrnoException {
  return REFUSALS.has((error as NodeJS.ErrnoException).code ?? '');
}

/**
 * Removes a file or a folder with all in it; nothing there is fine. Folders that a tool has made read-only are made
 * writable first. Nothing else goes on meanwhile: for what agents have made there is `removeInSteps`.
 * @throws the file system's error when something can not be removed: files of another user, a program that still writes
 */
export function removeFolder(path: string | Buffer): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 2 });
  } catch (error) {
    const { code = '', path: stuck } = error as NodeJS.ErrnoException;
    // Node can name nothing so deep; this program goes down step by step.
    if (code === 'ENAMETOOLONG' && typeof path === 'string')
      return void execFileSync('/bin/rm', ['-rf', '--', path], { stdio: ['ignore', 'ignore', 'pipe'] });
    // Node takes a file that it may not remove for a folder, and complains that it is none: removed by itself it says why.
    // A name that is no UTF-8 is not in its error.
    if (code === 'ENOTDIR') unlinkSync(typeof path === 'string' ? (stuck ?? path) : path);
    else if (!['EACCES', 'EPERM'].includes(code)) throw error;
    if (typeof path === 'string') makeWritable(path);
    rmSync(path, { recursive: true, force: true, maxRetries: 2 });
  }
}

/** The same while everything else goes on: installed packages can be 300,000 files, and take a minute. */
export async function removeInSteps(path: string | Buffer): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true, maxRetries: 2 });
  } catch (error) {
    const { code = '', path: stuck } = error as NodeJS.ErrnoException;
    if (code === 'ENAMETOOLONG' && typeof path === 'string')
      return void (await promisify(execFile)('/bin/rm', ['-rf', '--', path]));
    if (code === 'ENOTDIR') await unlink(typeof path === 'string' ? (stuck ?? path) : path);
    else if (!['EACCES', 'EPERM'].includes(code)) throw error;
    if (typeof path === 'string') await openInSteps(path);
    await rm(path, { recursive: true, force: true, maxRetries: 2 });
  }
}

async function openInSteps(folder: string): Promise<void> {
  const stat = await lstat(folder);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.()) return;
  await chmod(folder, 0o700);
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await openInSteps(join(folder, entry.name));
}

function makeWritable(folder: string): void {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (!stat?.isDirectory() || stat.uid !== process.getuid?.()) return;
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) makeWritable(join(folder, entry.name));
}
