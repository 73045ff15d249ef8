import type { RunGitOutcome } from '#contract/run-result.ts';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { compareTrees } from './compare-trees.ts';
import { identity, type Author } from './commit.ts';
import { GitError, type Git } from './git.ts';
import { RunFailure } from './outcome.ts';
import { openRepository, readBranch, type Repository } from './repository.ts';
import { countInWords } from './words.ts';
import { inWorktree, makeDetachedWorktree, removeWorktree, type Worktree } from './worktree.ts';
import { readJson, writeJson } from './write-json.ts';

/** How often a base branch may move under a merge before it is given up. */
const MAX_MOVES = 10;

export interface MergeOrder {
  root: string;
  baseBranch: string | null;
  branch: string;
  /** Exactly what was approved; null: the branch as it is. */
  commit: string | null;
  /** First line and body of the merge commit. */
  message: string;
  author: Author;
  /** A folder of our own for the temporary worktree. */
  path: string;
  /** Where the step that a crash must not divide is recorded. */
  recordFile: string;
}

export interface Merged {
  git: RunGitOutcome;
  message: string;
}

/** The base branch is about to move, and the user's checkout of it with it. */
const Move = z.strictObject({ checkout: z.string(), from: z.string(), to: z.string(), baseBranch: z.string() });
type Move = z.infer<typeof Move>;

/** Merges into one repository happen one after another: they share the user's checkout and its index. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Merges an approved branch into its base: in a temporary worktree, then the base moves by compare-and-set. Where
 * the user has the base checked out, that checkout is taken along when it is clean. May be repeated after a crash.
 * @throws RunFailure merge_conflict with the files, repo_dirty with the files, repo_missing
 */
export async function mergeBranch(git: Git, order: MergeOrder): Promise<Merged> {
  const before = queues.get(order.root) ?? Promise.resolve();
  const merging = before.then(() => mergeNow(git, order));
  queues.set(order.root, merging.catch(() => undefined));
  return merging;
}

async function mergeNow(plainGit: Git, order: MergeOrder): Promise<Merged> {
  // Before anything: a merge that was cut off between moving the branch and the checkout is finished.
  await finishMove(plainGit, order);
  for (let moves = 0; moves < MAX_MOVES; moves += 1) {
    const repository = await openRepository(plainGit, order.root, order.baseBranch);
    const commit = order.commit ?? (await readBranch(plainGit, repository, order.branch));
    if (commit === null || !(await hasCommit(plainGit, repository, commit))) throw new RunFailure('repo_missing', `The branch ${order.branch} that was to be merged is gone from ${order.root}`);
    const git = await plainGit.neutralize({ cwd: order.root });
    const { baseCommit, baseBranch } = repository;
    if (await isAncestor(git, repository, commit, baseCommit)) return describe(git, repository, order, commit, baseCommit, baseCommit, 'was merged already into');
    const checkout = await findCheckout(git, repository);
    if (checkout !== null) await requireClean(git, checkout, repository);
    const merged = await makeMergeCommit(git, repository, order, commit);
    if (await moveBase(git, { checkout: checkout ?? '', from: baseCommit, to: merged, baseBranch }, order)) return describe(git, repository, order, commit, baseCommit, merged, 'was merged into');
  }
  throw new RunFailure('internal', `The base branch moved ${MAX_MOVES} times while the merge was made; try again when it is quiet`);
}

async function makeMergeCommit(git: Git, repository: Repository, order: MergeOrder, commit: string): Promise<string> {
  const worktree: Worktree = {
    root: order.root, commonDir: repository.commonDir, adminDir: join(repository.commonDir, 'worktrees', basename(order.path)), path: order.path,
    baseBranch: repository.baseBranch, baseCommit: repository.baseCommit, branch: order.branch, startCommit: repository.baseCommit,
  };
  removeWorktree(worktree);
  try {
    const safeGit = await makeDetachedWorktree(git, worktree);
    const place = inWorktree(worktree);
    const env = identity(order.author);
    const { code } = await safeGit.ask(['merge', '--quiet', '--no-ff', '--no-commit', '--no-stat', '--no-verify-signatures', commit], { ...place, env, okCodes: [1, 2] });
    if (code !== 0) await explainConflict(safeGit, worktree, repository, order);
    const tree = (await safeGit.run(['write-tree'], place)).trim();
    return (await safeGit.run(['commit-tree', tree, '-p', repository.baseCommit, '-p', commit, '-F', '-'], { ...place, input: order.message, env })).trim();
  } finally {
    removeWorktree(worktree);
  }
}

async function explainConflict(git: Git, worktree: Worktree, repository: Repository, order: MergeOrder): Promise<never> {
  const unmerged = await git.run(['diff', '--name-only', '--diff-filter=U', '-z', '--no-ext-diff', '--no-textconv'], inWorktree(worktree));
  const paths = unmerged.split('\0').filter(Boolean);
  if (paths.length === 0) throw new RunFailure('worktree_failed', `Git refused to merge ${order.branch} into ${repository.baseBranch}`);
  throw new RunFailure('merge_conflict', `${order.branch} conflicts with ${repository.baseBranch} in ${countInWords(paths.length, 'file')}: ${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ' …' : ''}`, paths);
}

/** @returns false when the base has moved meanwhile */
async function moveBase(git: Git, move: Move, order: MergeOrder): Promise<boolean> {
  if (move.checkout !== '') writeJson(order.recordFile, move);
  const { code } = await git.ask(['update-ref', '-m', `overmind: merge ${order.branch}`, `refs/heads/${move.baseBranch}`, move.to, move.from], { cwd: order.root, okCodes: [1, 128] });
  if (code !== 0) {
    if ((await readBranch(git, { root: order.root }, move.baseBranch)) !== move.from) return false;
    throw new RunFailure('repo_dirty', `The branch ${move.baseBranch} is locked by another Git at work in ${order.root}`);
  }
  if (move.checkout !== '') await updateCheckout(git, move, order);
  return true;
}

/** Fast-forwards the user's checkout. Git itself refuses where a file of the user's would be lost: then all is taken back. */
async function updateCheckout(git: Git, move: Move, order: MergeOrder): Promise<void> {
  try {
    // A file whose times or owner changed, but not its content, is up to date; read-tree goes by what the index remembers.
    await git.ask(['update-index', '-q', '--refresh'], { cwd: move.checkout, okCodes: [1] });
    await git.run(['read-tree', '-m', '-u', move.from, move.to], { cwd: move.checkout });
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    await git.run(['update-ref', '-m', 'overmind: take back a merge', `refs/heads/${move.baseBranch}`, move.from, move.to], { cwd: order.root });
    const why = /index\.lock/.test(error.stderr) ? 'another Git is at work there' : error.stderr.trim().replace(/^error: /, '').split('\n')[0]?.replace(/\.$/, '');
    throw new RunFailure('repo_dirty', `${move.checkout} has ${move.baseBranch} checked out and could not be taken along: ${why}. Nothing was changed.`, [], { cause: error });
  }
}

async function finishMove(git: Git, order: MergeOrder): Promise<void> {
  const record = Move.nullable().parse(readJson(order.recordFile));
  if (!record) return;
  if ((await readBranch(git, { root: order.root }, record.baseBranch)) !== record.to) return;
  const safeGit = await git.neutralize({ cwd: order.root });
  // Done already, wholly or not at all: read-tree takes both for granted and changes nothing twice.
  await updateCheckout(safeGit, record, order);
}

/** The folder in which somebody has the base branch checked out. */
async function findCheckout(git: Git, { root, baseBranch }: Repository): Promise<string | null> {
  const listed = await git.run(['worktree', 'list', '--porcelain'], { cwd: root });
  const entry = listed.split('\n\n').find((block) => block.split('\n').includes(`branch refs/heads/${baseBranch}`));
  return entry?.split('\n').find((line) => line.startsWith('worktree '))?.slice('worktree '.length) ?? null;
}

async function requireClean(git: Git, checkout: string, { baseBranch }: Repository): Promise<void> {
  const status = await git.run(['status', '--porcelain', '-z', '--untracked-files=no', '--ignore-submodules=all', '--no-renames'], { cwd: checkout });
  const paths = status.split('\0').filter(Boolean).map((line) => line.slice(3));
  if (paths.length === 0) return;
  throw new RunFailure('repo_dirty', `${checkout} has ${baseBranch} checked out with changes that are not committed (${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ' …' : ''}). Commit or stash them, then approve again. Nothing was changed.`, paths);
}

async function describe(git: Git, repository: Repository, order: MergeOrder, commit: string, base: string, head: string, words: string): Promise<Merged> {
  const from = base === head ? (await git.run(['merge-base', base, commit], { cwd: order.root })).trim() : base;
  const changes = await compareTrees(git, { cwd: order.root }, from, head);
  return {
    message: `${order.branch} ${words} ${repository.baseBranch}`,
    git: { baseBranch: repository.baseBranch, branch: order.branch, baseCommit: base, headCommit: head, filesChanged: changes.files.length, additions: changes.additions, deletions: changes.deletions },
  };
}

async function isAncestor(git: Git, { root }: Repository, commit: string, of: string): Promise<boolean> {
  return (await git.ask(['merge-base', '--is-ancestor', commit, of], { cwd: root, okCodes: [1] })).code === 0;
}

async function hasCommit(git: Git, { root }: Repository, commit: string): Promise<boolean> {
  return (await git.ask(['cat-file', '-e', `${commit}^{commit}`], { cwd: root, okCodes: [1, 128] })).code === 0;
}
