import { randomUUID } from 'node:crypto';
import { accessSync, constants, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { access, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { cutText } from '#contract/cut-text.ts';
import { inWorkspace } from './agent-repository.ts';
import { onDisk, parentOf, printablePath, splitPaths, statOrNull, type BytePath } from './byte-paths.ts';
import { GitError, type Git } from './git.ts';
import { RunFailure } from './outcome.ts';
import { copyPins, removePins } from './pins.ts';
import { isRefusal } from './remove-folder.ts';
import {
  LEDGER_FOLDER,
  readFolderRecord,
  WORK_FOLDER,
  writeFolderRecord,
  type FolderRecord,
  type Workspace,
} from './workspace-record.ts';

const MAX_SLUG_CHARS = 40;
/** Files that are tried one by one, some seconds' worth. */
const MAX_TRIED = 100_000;

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
  const words = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  const slug = cutText(words, MAX_SLUG_CHARS).replace(/-$/, '') || 'task';
  return firstFree(runnerFolder, (number) => `${slug}${number}-${taskId.slice(-8)}`);
}

/**
 * Gives a folder a name, a record and pins of its own, so that the attempt gets a new one in its place.
 * @returns the name
 * @throws RunFailure worktree_failed when it can not be moved: it is immutable, or a disk is mounted there
 */
export async function putAside(
  git: Git,
  runnerFolder: string,
  earlier: FolderRecord,
  keptWhy: string,
): Promise<string> {
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
    const isUnpinned = await removePins(git, record).then(
      () => true,
      (trouble: unknown) => {
        if (trouble instanceof GitError) return false;
        throw trouble;
      },
    );
    if (isUnpinned) rmSync(recordFolder, { recursive: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new RunFailure(
      'worktree_failed',
      `The folder ${earlier.path} of the earlier attempts can not be put aside (${code}), and not be worked in as it is: ${keptWhy}`,
      [],
      { cause: error },
    );
  }
  return name;
}

/**
 * What in a folder resists, and would do so in every later attempt: only that makes it one to put aside. The trouble can
 * as well be the user's repository, or a filter's server.
 * @returns its path and why; null: nothing in the folder
 */
export async function findStuck(git: Git, workspace: Workspace, error: unknown): Promise<string | null> {
  if (error instanceof GitError) return firstStuck(workspace.path, await stillToChange(git, workspace));
  if (!isRefusal(error)) return null;
  const { path, dest, code = '' } = error as NodeJS.ErrnoException & { dest?: string };
  const isInside = (file = ''): boolean => file === workspace.path || file.startsWith(`${workspace.path}/`);
  // A copy is refused where it comes from, too.
  const refused = isInside(path)
    ? path
    : [dest].find((file) => isInside(file) && isAllowed(path ?? '', constants.R_OK));
  if (refused !== undefined) return `${printablePath(Buffer.from(refused).toString('latin1'))} (${code})`;
  // A program that can not begin in a folder is refused under its own name.
  return error.syscall?.startsWith('spawn') && !isAllowed(workspace.path, constants.X_OK)
    ? `${workspace.path} (${code})`
    : null;
}

/** Git says in words only what it was refused, and a filter's words are among them: what it still has to write is tried. */
async function stillToChange(git: Git, workspace: Workspace): Promise<BytePath[]> {
  try {
    return splitPaths(
      (
        await git.ask(
          ['diff-index', '-z', '--name-only', '--no-renames', workspace.startCommit],
          inWorkspace(workspace),
        )
      ).bytes,
    );
  } catch (error) {
    if (error instanceof GitError) return [];
    throw error;
  }
}

async function firstStuck(base: string, paths: readonly BytePath[]): Promise<string | null> {
  const waiting = paths.toReversed();
  for (let tried = 0; tried < MAX_TRIED; tried += 1) {
    const path = waiting.pop();
    if (path === undefined) return null;
    try {
      for (const inside of await tryToChange(base, path)) waiting.push(inside);
    } catch (error) {
      if (isRefusal(error)) return `${printablePath(path)} (${error.code})`;
    }
  }
  return null;
}

/**
 * Changes nothing: what is there is moved and moved back, from the top down and through no link.
 * @returns what is in it, where it is a folder
 * @throws the file system's error
 */
async function tryToChange(base: string, path: BytePath): Promise<BytePath[]> {
  for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
    const at = end === -1 ? path : path.slice(0, end);
    const isFolder = statOrNull(onDisk(base, at))?.isDirectory();
    if (isFolder === undefined) {
      await access(onDisk(base, parentOf(at)), constants.W_OK | constants.X_OK);
      return [];
    }
    if (isFolder && end !== -1) continue;
    const elsewhere = onDisk(base, `${parentOf(at)}/.overmind-${randomUUID()}`);
    await rename(onDisk(base, at), elsewhere);
    await rename(elsewhere, onDisk(base, at));
    if (!isFolder) return [];
    return (await readdir(onDisk(base, at), { encoding: 'buffer' })).map((name) => `${at}/${name.toString('latin1')}`);
  }
}

function isAllowed(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** @param nameOf is given '' first, then '-2', '-3' and so on */
function firstFree(runnerFolder: string, nameOf: (number: string) => string): string {
  for (let number = 1; ; number += 1) {
    const name = nameOf(number === 1 ? '' : `-${number}`);
    const isTaken = [WORK_FOLDER, LEDGER_FOLDER].some(
      (room) => lstatSync(join(runnerFolder, room, name), { throwIfNoEntry: false }) !== undefined,
    );
    if (!isTaken) return name;
  }
}
