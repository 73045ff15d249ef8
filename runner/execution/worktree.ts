import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { GitError, type Git } from './git.ts';
import { RunFailure } from './outcome.ts';
import { openRepository, readBranch, type Repository } from './repository.ts';
import { writeJson } from './write-json.ts';

/** One run's worktree, as recorded in workspace.json before it is made: what a crash leaves is found by it. */
export const Worktree = z.strictObject({
  root: z.string(),
  commonDir: z.string(),
  /** Git's own record of the worktree, in the repository's `.git/worktrees/`. */
  adminDir: z.string(),
  path: z.string(),
  baseBranch: z.string(),
  /** What the result is compared with: where the work and the base branch part. */
  baseCommit: z.string(),
  branch: z.string(),
  startCommit: z.string(),
});
export type Worktree = z.infer<typeof Worktree>;

export interface WorktreeOrder {
  root: string;
  baseBranch: string | null;
  branch: string;
  startFromBranch: string | null;
  /** A folder of our own; its name must be new in the repository. */
  path: string;
  /** Where to record it before anything is made. */
  recordFile: string;
}

/**
 * Makes a branch and a worktree for a run.
 * @returns the worktree, and a Git that runs none of the programs which this repository's config names
 * @throws RunFailure repo_missing or worktree_failed
 */
export async function makeWorktree(git: Git, order: WorktreeOrder): Promise<{ worktree: Worktree; git: Git; note: string | null }> {
  const repository = await openRepository(git, order.root, order.baseBranch);
  const { startCommit, baseCommit, note } = await findStart(git, repository, order.startFromBranch);
  const worktree: Worktree = {
    root: order.root, commonDir: repository.commonDir, adminDir: join(repository.commonDir, 'worktrees', basename(order.path)), path: order.path,
    baseBranch: repository.baseBranch, baseCommit, branch: order.branch, startCommit,
  };
  writeJson(order.recordFile, worktree);
  mkdirSync(dirname(order.path), { recursive: true, mode: 0o700 });
  try {
    // Without files first: they are written by a Git that knows which filters are in force in this very worktree.
    await git.run(['worktree', 'add', '--quiet', '--no-checkout', '-b', order.branch, '--', order.path, startCommit], { cwd: order.root });
    return { worktree, git: await checkOut(git, worktree), note };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const isTaken = /already exists/.test(error.stderr);
    throw new RunFailure('worktree_failed', isTaken ? `The branch ${order.branch} exists already in ${order.root}` : `Git could not make a worktree of ${order.root}: ${error.message}`, [], { cause: error });
  }
}

/** A detached worktree of one commit, for a merge. */
export async function makeDetachedWorktree(git: Git, worktree: Worktree): Promise<Git> {
  mkdirSync(dirname(worktree.path), { recursive: true, mode: 0o700 });
  await git.run(['worktree', 'add', '--quiet', '--no-checkout', '--detach', '--', worktree.path, worktree.startCommit], { cwd: worktree.root });
  return checkOut(git, worktree);
}

/** Removes the worktree and Git's record of it; the branch stays. Harmless when there is nothing. */
export function removeWorktree(worktree: Pick<Worktree, 'path' | 'adminDir'>): void {
  removeFolder(worktree.path);
  // Only ever Git's record of this very folder: pruning would also take the user's own worktrees that are unmounted just now.
  const pointer = join(worktree.adminDir, 'gitdir');
  if (lstatSync(pointer, { throwIfNoEntry: false }) && dirname(readFileSync(pointer, 'utf8').trim()) === worktree.path) removeFolder(worktree.adminDir);
}

/** Removes a worktree in which nothing was done yet, and its branch with it. */
export async function discardWorktree(git: Git, worktree: Worktree): Promise<void> {
  removeWorktree(worktree);
  // Only while it still points to where it began.
  await git.ask(['update-ref', '-d', `refs/heads/${worktree.branch}`, worktree.startCommit], { cwd: worktree.root, okCodes: [1, 128] });
}

/** How Git is called inside a worktree: by its recorded place, whatever has become of the `.git` file in it. */
export function inWorktree(worktree: Pick<Worktree, 'path' | 'adminDir'>): { cwd: string; gitDir: string } {
  return { cwd: worktree.path, gitDir: worktree.adminDir };
}

async function checkOut(git: Git, worktree: Worktree): Promise<Git> {
  const safeGit = await git.neutralize(inWorktree(worktree));
  await safeGit.run(['read-tree', '--reset', '-u', 'HEAD'], inWorktree(worktree));
  return safeGit;
}

async function findStart(git: Git, repository: Repository, startFromBranch: string | null): Promise<{ startCommit: string; baseCommit: string; note: string | null }> {
  const { baseCommit, root, baseBranch } = repository;
  if (startFromBranch === null) return { startCommit: baseCommit, baseCommit, note: null };
  const startCommit = await readBranch(git, repository, startFromBranch);
  if (startCommit === null) return { startCommit: baseCommit, baseCommit, note: `The branch ${startFromBranch} of the earlier attempt is gone: this one starts from ${baseBranch}` };
  const { code, stdout } = await git.ask(['merge-base', startCommit, baseCommit], { cwd: root, okCodes: [1] });
  return { startCommit, baseCommit: code === 0 ? stdout.trim() : baseCommit, note: `Continues from ${startFromBranch}` };
}

function removeFolder(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 2 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    // Some tools make their caches read-only.
    makeWritable(path);
    rmSync(path, { recursive: true, force: true, maxRetries: 2 });
  }
}

function makeWritable(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true })) if (entry.isDirectory()) makeWritable(join(folder, entry.name));
}
