import { lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { GitError, type Git } from './git.ts';
import { RunFailure } from './outcome.ts';
import { copyPins, removePins } from './pins.ts';
import { LEDGER_FOLDER, readFolderRecord, WORK_FOLDER, writeFolderRecord, type FolderRecord } from './workspace-record.ts';

const MAX_SLUG_CHARS = 40;

/**
 * The folder an earlier attempt had: its name stays, also when the task is called something else by now. One that is
 * being removed is none any more.
 */
export function findFolder(runnerFolder: string, taskId: string): FolderRecord | null {
  const folder = join(runnerFolder, LEDGER_FOLDER);
  if (!lstatSync(folder, { throwIfNoEntry: false })) return null;
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(`-${taskId.slice(-8)}`)) continue;
    const record = readFolderRecord(runnerFolder, name);
    if (record?.taskId === taskId && record.state !== 'removing') return record;
  }
  return null;
}

/**
 * A name that a person can read, with the end of the task's id: words of its title first. Where a folder, a record or a
 * part of one still has it, a number comes between: what is being removed under a name is never a later run's.
 */
export function newFolderName(runnerFolder: string, taskId: string, title: string): string {
  const slug = title.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, MAX_SLUG_CHARS).replace(/-$/, '') || 'task';
  return firstFree(runnerFolder, (number) => `${slug}${number}-${taskId.slice(-8)}`);
}

/**
 * Gives a folder a name, a record and pins of its own, so that the attempt gets a new one in its place.
 * @returns the name
 * @throws RunFailure worktree_failed when it can not be moved: it is immutable, or a disk is mounted there
 */
export async function putAside(git: Git, runnerFolder: string, earlier: FolderRecord, keptWhy: string): Promise<string> {
  const name = firstFree(runnerFolder, (number) => `${earlier.name}-attempt-${earlier.attempts}${number}`);
  const path = join(runnerFolder, WORK_FOLDER, name);
  const recordFolder = join(runnerFolder, LEDGER_FOLDER, name);
  mkdirSync(recordFolder, { recursive: true, mode: 0o700 });
  const record: FolderRecord = { ...earlier, name, path, state: 'kept', keptWhy };
  // The record comes first: pins that a crash leaves are found by it.
  writeFolderRecord(runnerFolder, record);
  const trouble = await copyPins(git, earlier, name);
  if (trouble !== null) writeFolderRecord(runnerFolder, { ...record, keptWhy: `${keptWhy}. ${trouble}` });
  try {
    renameSync(earlier.path, path);
  } catch (error) {
    // With pins that stay, the record stays: the ledger removes both.
    const isUnpinned = await removePins(git, record).then(() => true, (trouble: unknown) => {
      if (trouble instanceof GitError) return false;
      throw trouble;
    });
    if (isUnpinned) rmSync(recordFolder, { recursive: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new RunFailure('worktree_failed', `The folder ${earlier.path} of the earlier attempts can not be put aside (${code}), and not be worked in as it is: ${keptWhy}`, [], { cause: error });
  }
  return name;
}

/** @param nameOf is given '' first, then '-2', '-3' and so on */
function firstFree(runnerFolder: string, nameOf: (number: string) => string): string {
  for (let number = 1; ; number += 1) {
    const name = nameOf(number === 1 ? '' : `-${number}`);
    const isTaken = [WORK_FOLDER, LEDGER_FOLDER].some((room) => lstatSync(join(runnerFolder, room, name), { throwIfNoEntry: false }) !== undefined);
    if (!isTaken) return name;
  }
}
