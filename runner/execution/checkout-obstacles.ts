import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { namePaths, onDisk, parentOf, printablePath, type BytePath } from './byte-paths.ts';
import { hasUntrustedFilters, pathsWithUntrustedFilter } from './checkout-filters.ts';
import { filesInTheWay } from './files-in-the-way.ts';
import { GitError, type Git } from './git.ts';
import { explainTrouble } from './git-trouble.ts';
import type { IndexCopy } from './index-copy.ts';
import type { LandingOrder } from './landing-order.ts';
import { RunFailure } from './outcome.ts';
import { listTreeChanges, type TreeChange } from './tree-changes.ts';
import { bytesInWords } from './words.ts';

/** Left free beside what the files need: the index, folders, the file system's own needs. */
const SPARE_BYTES = 4 * 1024 ** 2;

export interface Way {
  from: string;
  to: string;
  baseBranch: string;
}

/**
 * Looks for everything in a clean checkout that would keep it from being taken along once the base has moved.
 * @throws RunFailure repo_dirty naming files of the user's in the way, disk_full, worktree_failed
 */
export async function requireNoObstacles(git: Git, copy: IndexCopy, way: Way, order: LandingOrder): Promise<void> {
  const { folder, gitDir } = copy.checkout;
  const changes = await listTreeChanges(git, copy.call, way.from, way.to);
  await requireFilters(git, copy, changes, way, order);
  requireUnclaimed(folder, changes, await isCaseIgnored(git, copy));
  requireWritable(folder, gitDir, changes);
  await requireSpace(git, copy, changes);
  await rehearse(git, copy, way);
}

/** Asked once more when the base has moved: a moment has passed. */
export async function requireStillUnclaimed(git: Git, copy: IndexCopy, { from, to }: Way): Promise<void> {
  requireUnclaimed(
    copy.checkout.folder,
    await listTreeChanges(git, copy.call, from, to),
    await isCaseIgnored(git, copy),
  );
}

function requireUnclaimed(folder: string, changes: readonly TreeChange[], isCaseIgnored: boolean): void {
  const inTheWay = filesInTheWay(folder, changes, isCaseIgnored);
  if (inTheWay.length === 0) return;
  throw new RunFailure(
    'repo_dirty',
    `${folder} holds files that are not in Git, and the merge would overwrite them: ${namePaths(inTheWay)}. Move them away, then approve again. Nothing was changed.`,
    inTheWay.map(printablePath),
  );
}

async function isCaseIgnored(git: Git, copy: IndexCopy): Promise<boolean> {
  return (
    (
      await git.ask(['config', '--get', '--type=bool', 'core.ignoreCase'], { ...copy.call, okCodes: [1] })
    ).stdout.trim() === 'true'
  );
}

/** What we would write without its filter is not what belongs into the user's files. */
async function requireFilters(
  git: Git,
  copy: IndexCopy,
  changes: readonly TreeChange[],
  { to, baseBranch }: Way,
  order: LandingOrder,
): Promise<void> {
  if (!(await hasUntrustedFilters(git, copy.call, order.allowed))) return;
  const call = { ...copy.call, env: { GIT_INDEX_FILE: `${order.path}/index-of-merge` } };
  await git.run(['-c', 'core.splitIndex=false', 'read-tree', to], call);
  const written = changes.filter(({ after }) => after?.kind === 'file').map(({ path }) => path);
  const filtered = await pathsWithUntrustedFilter(git, call, written, order.allowed, 'index');
  const [first] = filtered;
  if (!first) return;
  const paths = [...filtered.keys()];
  throw new RunFailure(
    'repo_dirty',
    `${copy.checkout.folder} has ${baseBranch} checked out, where ${namePaths(paths)} goes through the filter "${first[1]}", which the policy of runner ${order.allowed.runnerName} does not trust. ` +
      'List it in "filters" of policy.json, or check out another branch there; then approve again. Nothing was changed.',
    paths.map(printablePath),
  );
}

function requireWritable(folder: string, gitDir: string, changes: readonly TreeChange[]): void {
  const parents = new Set(changes.map(({ path }) => nearestFolder(folder, parentOf(path))));
  try {
    accessSync(gitDir, constants.W_OK);
    for (const parent of parents) accessSync(onDisk(folder, parent), constants.W_OK | constants.X_OK);
  } catch (error) {
    throw explainTrouble(error, folder);
  }
}

function nearestFolder(folder: string, path: BytePath): BytePath {
  return path === '' || statSync(onDisk(folder, path), { throwIfNoEntry: false })?.isDirectory()
    ? path
    : nearestFolder(folder, parentOf(path));
}

async function requireSpace(git: Git, copy: IndexCopy, changes: readonly TreeChange[]): Promise<void> {
  const blobs = changes.flatMap(({ after }) => (after && after.kind !== 'submodule' ? [after.blob] : []));
  const sizes = await git.run(['cat-file', '--batch-check=%(objectsize)'], {
    ...copy.call,
    input: blobs.map((blob) => `${blob}\n`).join(''),
  });
  const needed = sizes.split('\n').reduce((sum, line) => sum + (Number.parseInt(line, 10) || 0), 0);
  const { folder } = copy.checkout;
  const { bavail, bsize } = statfsSync(folder);
  if (needed + SPARE_BYTES > bavail * bsize)
    throw new RunFailure(
      'disk_full',
      `The disk of ${folder} has no room for the ${bytesInWords(needed)} of the merge. Nothing was changed.`,
    );
}

/** Git's own look at every file it would touch: it goes as far as it can without writing. */
async function rehearse(git: Git, copy: IndexCopy, { from, to }: Way): Promise<void> {
  try {
    await git.run(['-c', 'core.splitIndex=false', 'read-tree', '--dry-run', '-m', '-u', from, to], copy.call);
  } catch (error) {
    throw refusalOf(error, copy.checkout.folder);
  }
}

/** Whether Git kept from writing because of what it found, rather than failing while it wrote. @source unpack-trees.c */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof GitError &&
    /not uptodate|would be overwritten|would be removed|would lose|Cannot (merge|update)/.test(error.stderr)
  );
}

/** Why Git does not take a checkout along, in a sentence that always names something. */
export function refusalOf(error: unknown, folder: string): unknown {
  const trouble = explainTrouble(error, folder);
  if (!(trouble instanceof GitError)) return trouble;
  const sentences = trouble.stderr
    .split('\n')
    .filter((line) => line.startsWith('error: '))
    .map((line) => line.slice('error: '.length).replace(/\.?$/, ''));
  const paths = sentences.flatMap((sentence) => /'(.+)'/.exec(sentence)?.[1] ?? []);
  return new RunFailure(
    'repo_dirty',
    `${folder} could not be taken along: ${sentences[0] ?? trouble.message}. Nothing was changed.`,
    paths,
    { cause: error },
  );
}
