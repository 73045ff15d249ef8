import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  link(worktree, `ref: refs/heads/${order.branch}`);
  const [checkedOut, branched] = await checkOutAndBranch(git, worktree);
  if (checkedOut.status === 'fulfilled' && branched.status === 'fulfilled') return { worktree, git: checkedOut.value, note };
  // A branch that was there before is somebody else's, and stays.
  if (branched.status === 'fulfilled') await discardWorktree(git, worktree);
  removeWorktree(worktree);
  rmSync(order.recordFile, { force: true });
  throw asFailure(branched.status === 'rejected' ? branched.reason : (checkedOut as PromiseRejectedResult).reason, order);
}

/**
 * The files and the branch do not wait for each other. The files are begun first: they take longest, and starting a
 * program holds this process up for milliseconds.
 */
async function checkOutAndBranch(git: Git, worktree: Worktree): Promise<[PromiseSettledResult<Git>, PromiseSettledResult<string>]> {
  const { branch, startCommit, root } = worktree;
  try {
    const safeGit = await git.neutralize(inWorktree(worktree));
    const files = safeGit.run(['read-tree', '--reset', '-u', startCommit], inWorktree(worktree)).then(() => safeGit);
    // Zeros: the branch must be new.
    const ref = git.run(['update-ref', `refs/heads/${branch}`, startCommit, '0'.repeat(startCommit.length)], { cwd: root });
    return await Promise.allSettled([files, ref]);
  } catch (reason) {
    return [{ status: 'rejected', reason }, { status: 'rejected', reason }];
  }
}

function asFailure(error: unknown, { branch, root }: WorktreeOrder): unknown {
  if (!(error instanceof GitError)) return error;
  const isTaken = /already exists|cannot lock ref/.test(error.stderr);
  return new RunFailure('worktree_failed', isTaken ? `The branch ${branch} exists already in ${root}` : `Git could not make a worktree of ${root}: ${error.message}`, [], { cause: error });
}

/** A detached worktree of one commit, for a merge. */
export async function makeDetachedWorktree(git: Git, worktree: Worktree): Promise<Git> {
  link(worktree, worktree.startCommit);
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

/**
 * Registers a worktree without files, as gitrepository-layout(5) and git-worktree(1) lay it out. `git worktree add`
 * does the same with three processes more, a third of the time from claim to process, and checks files out with
 * whatever filters are configured.
 * @throws RunFailure for a repository that keeps its refs in another way (reftable)
 */
function link(worktree: Worktree, head: string): void {
  if (existsSync(join(worktree.commonDir, 'reftable'))) throw new RunFailure('worktree_failed', `${worktree.root} keeps its refs as a reftable, which is not supported yet`);
  mkdirSync(worktree.path, { recursive: true, mode: 0o700 });
  mkdirSync(worktree.adminDir, { recursive: true });
  writeFileSync(join(worktree.adminDir, 'gitdir'), `${join(worktree.path, '.git')}\n`);
  writeFileSync(join(worktree.adminDir, 'commondir'), '../..\n');
  writeFileSync(join(worktree.adminDir, 'HEAD'), `${head}\n`);
  writeFileSync(join(worktree.path, '.git'), `gitdir: ${worktree.adminDir}\n`);
}

/** Writes the files, by a Git that knows which filters are in force in this very worktree. */
async function checkOut(git: Git, worktree: Worktree): Promise<Git> {
  const safeGit = await git.neutralize(inWorktree(worktree));
  await safeGit.run(['read-tree', '--reset', '-u', worktree.startCommit], inWorktree(worktree));
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
