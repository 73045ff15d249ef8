import { accessSync, constants } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { GitError, type Git, type GitCall } from './git.ts';
import { RunFailure } from './outcome.ts';
import type { RepositoryPlaces } from './repository-places.ts';
import type { FolderRecord, Workspace } from './workspace-record.ts';

/** Our own refs in the user's repository: what a task's folder rests on is not collected as garbage. */
export const pinRef = (name: string): string => `refs/overmind/base/${name}`;
/** Where an attempt began that goes on from an earlier one's branch, which somebody may delete meanwhile. */
export const startRef = (name: string): string => `refs/overmind/start/${name}`;

type Pinned = Pick<FolderRecord, 'commonDir' | 'name'>;

const WHY_NOT: Readonly<Record<string, string>> = {
  EROFS: 'it is on a read-only disk',
  EACCES: 'this user may not write it',
  EPERM: 'this user may not write it',
};

/**
 * Before anything is made: whether refs of ours may be written. Git names the file it could not make, and not why.
 * @throws RunFailure worktree_failed
 */
export function assertPinnable({ topLevel, commonDir }: Pick<RepositoryPlaces, 'topLevel' | 'commonDir'>): void {
  for (const folder of ['refs', 'refs/overmind', 'refs/overmind/base', 'refs/overmind/start'])
    try {
      accessSync(join(commonDir, folder), constants.W_OK);
    } catch (error) {
      const why = WHY_NOT[(error as NodeJS.ErrnoException).code ?? ''];
      if (why === undefined) return;
      const message = `The repository ${topLevel} can not be written: ${why}. Nothing was changed.`;
      throw new RunFailure('worktree_failed', message, [], { cause: error });
    }
}

/**
 * Pins what a run's folder rests on: the base, and the commit it started from where that is another. Git waits for the
 * disk here (12 ms beside a checkout), so the run's programs are started meanwhile. Repeating it is harmless.
 * @throws RunFailure worktree_failed
 */
export async function pinCommits(
  git: Git,
  {
    root,
    commonDir,
    name,
    baseCommit,
    startCommit,
  }: Pick<Workspace, 'root' | 'commonDir' | 'name' | 'baseCommit' | 'startCommit'>,
): Promise<void> {
  const start = startCommit === baseCommit ? `delete ${startRef(name)}` : `update ${startRef(name)} ${startCommit}`;
  try {
    await git.run(['update-ref', '--stdin'], {
      ...inside(commonDir),
      input: `update ${pinRef(name)} ${baseCommit}\n${start}\n`,
    });
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const message = `The commits that the task's folder rests on could not be pinned in ${root}: ${error.message}`;
    throw new RunFailure('worktree_failed', message, [], { cause: error });
  }
}

/**
 * Gives a folder that gets another name its own pins: those of its old name go on with the task.
 * @returns why that could not be done, for people; null: it was
 */
export async function copyPins(git: Git, { commonDir, name }: Pinned, to: string): Promise<string | null> {
  try {
    if (!(await isThere(commonDir))) return `The repository it was made from, ${commonDir}, is gone`;
    const listed = await git.run(
      ['for-each-ref', '--format=%(objectname) %(refname)', pinRef(name), startRef(name)],
      inside(commonDir),
    );
    const input = listed
      .split('\n')
      .filter(Boolean)
      .map((line) => {
        const [object = '', ref = ''] = line.split(' ');
        return `update ${ref === pinRef(name) ? pinRef(to) : startRef(to)} ${object}\n`;
      })
      .join('');
    await git.run(['update-ref', '--stdin'], { ...inside(commonDir), input });
    return null;
  } catch (error) {
    if (!(error instanceof GitError) && (error as NodeJS.ErrnoException).code === undefined) throw error;
    return `The commits it rests on could not be pinned in ${commonDir}, where Git may remove them: ${(error as Error).message}`;
  }
}

/** @throws GitError, or the file system's error. Where the repository is gone, so are its refs */
export async function removePins(git: Git, { commonDir, name }: Pinned): Promise<void> {
  if (!(await isThere(commonDir))) return;
  await git.run(['update-ref', '--stdin'], {
    ...inside(commonDir),
    input: [pinRef(name), startRef(name)].map((ref) => `delete ${ref}\n`).join(''),
  });
}

/** One that can not be looked at now is not gone: its disk may be slow, or somebody else's for a moment. */
async function isThere(folder: string): Promise<boolean> {
  try {
    await lstat(folder);
    return true;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

const inside = (commonDir: string): GitCall => ({ cwd: commonDir, gitDir: commonDir });
