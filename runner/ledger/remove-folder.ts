import { execFile } from 'node:child_process';
import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isInside } from '../execution/paths.ts';
import { GitError, type Git } from '../execution/git.ts';
import { removePins } from '../execution/pins.ts';
import { LEDGER_FOLDER, WORK_FOLDER, writeFolderRecord, type FolderRecord } from '../execution/workspace-record.ts';

/** Owned by another user (as a container with a mounted folder leaves them), or written to by a program that still runs. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'it holds files that belong to another user of the machine',
  EPERM: 'it holds files that are protected, or belong to another user of the machine',
  // So Node says of a file that it may not remove: it takes it for a folder then.
  ENOTDIR: 'it holds files that are protected, or belong to another user of the machine',
  ENOTEMPTY: 'a program still writes in it',
  EBUSY: 'something in it is in use',
  EROFS: 'its disk can only be read',
};

/** A folder that could not be removed; the message goes after "could not be removed:". */
export class UndeletableError extends Error {
  override readonly name = 'UndeletableError';
}

/**
 * Removes a task's folder, our pins of its commits in the user's repository, and last our record of it: what a
 * crash leaves is found by the record. From the first step on no run begins in it: one of the same task takes another
 * name, which is also that of its pins.
 * @param record as it is now: the caller has made sure that no run works there, and goes on from there at once
 * @throws UndeletableError for what this user can not remove now
 */
export async function removeTaskFolder(git: Git, runnerFolder: string, record: FolderRecord): Promise<void> {
  const work = join(runnerFolder, WORK_FOLDER, record.name);
  writeFolderRecord(runnerFolder, { ...record, state: 'removing' });
  // Only ever below our own folder, whatever the record says.
  if (!isInside(join(runnerFolder, WORK_FOLDER), work))
    throw new UndeletableError('its record names a folder that is not ours');
  await removeTree(work);
  await unpin(git, record);
  await removeTree(join(runnerFolder, LEDGER_FOLDER, record.name));
}

async function unpin(git: Git, record: FolderRecord): Promise<void> {
  try {
    await removePins(git, record);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new UndeletableError(`the refs refs/overmind/*/${record.name} could not be removed: ${error.message}`);
  }
}

async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 2, retryDelay: 50 });
  } catch (error) {
    // Node can name nothing so deep; this program goes down step by step.
    if ((error as NodeJS.ErrnoException).code === 'ENAMETOOLONG') return removeDeep(folder);
    if (!hasReason(error)) throw error;
    // Folders that the agent made unwritable can be made writable again: they are ours.
    await openUp(folder);
    await rm(folder, { recursive: true, force: true, maxRetries: 2, retryDelay: 50 }).catch((again: unknown) => {
      throw hasReason(again) ? new UndeletableError(REASONS[again.code ?? ''], { cause: again }) : again;
    });
  }
}

async function removeDeep(folder: string): Promise<void> {
  await promisify(execFile)('/bin/rm', ['-rf', '--', folder]).catch((error: unknown) => {
    throw new UndeletableError('it holds paths that are too long', { cause: error });
  });
}

async function openUp(folder: string): Promise<void> {
  const stat = await lstat(folder).catch(() => null);
  if (!stat?.isDirectory()) return;
  await chmod(folder, 0o700).catch((error: unknown) => {
    if (!hasReason(error)) throw error;
  });
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) if (entry.isDirectory()) await openUp(join(folder, entry.name));
}

function hasReason(error: unknown): error is NodeJS.ErrnoException {
  return ((error as NodeJS.ErrnoException).code ?? '') in REASONS;
}
