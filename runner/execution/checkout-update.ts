import { lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { joinPaths, onDisk, parentOf, printablePath, splitPaths, type BytePath } from './byte-paths.ts';
import type { CheckoutLock } from './checkout-lock.ts';
import type { Git, GitCall } from './git.ts';
import type { IndexCopy } from './index-copy.ts';
import { isEither } from './same-content.ts';
import { listTreeChanges } from './tree-changes.ts';

/** A checkout of many gigabytes may take its time; cut off in the middle it would be half done. */
const CHECKOUT_TIMEOUT_MS = 3_600_000;
/** The copy is written as one file, whatever the repository is set up for. */
const WHOLE_INDEX = ['-c', 'core.splitIndex=false'];

type Call = GitCall & { gitDir: string };

/**
 * Takes a clean checkout from one commit to another. Git looks at every file before it writes the first.
 * @throws GitError; the index is as it was then, and files may have been written
 */
export async function writeFiles(git: Git, copy: IndexCopy, from: string, to: string): Promise<void> {
  await git.run([...WHOLE_INDEX, 'read-tree', '-m', '-u', from, to], { ...copy.call, timeoutMs: CHECKOUT_TIMEOUT_MS });
}

/** A checkout that is locked, its index copied, between two commits. */
interface Between {
  copy: IndexCopy;
  lock: CheckoutLock;
  other: string;
  target: string;
}

/**
 * Brings a checkout that was left between two commits to one of them, by what is in its files: those that are as either
 * commit has them, or begin so, are ours. A file that somebody has changed since stays as it is, and shows as changed.
 * @returns the paths that were left
 */
export async function settleCheckout(git: Git, between: Between): Promise<string[]> {
  const { copy, lock, other, target } = between;
  const call: Call = { ...copy.call, timeoutMs: CHECKOUT_TIMEOUT_MS };
  const isThere =
    (
      await git.ask(['diff-index', '--cached', '--quiet', '--ignore-submodules=none', target, '--'], {
        ...call,
        okCodes: [1],
      })
    ).code === 0;
  // By the index alone (-i): the files are looked at one by one.
  if (!isThere) {
    await git.run([...WHOLE_INDEX, 'read-tree', '-i', '-m', other, target], call);
    // Before the files, for which the disk may have no room: with the old index, the next commit would undo what the branch has.
    lock.install(copy.file);
  }
  const left = await settleFiles(git, call, between);
  lock.install(copy.file);
  return left;
}

async function settleFiles(git: Git, call: Call, { other, target }: Between): Promise<string[]> {
  await git.ask([...WHOLE_INDEX, 'update-index', '-q', '--refresh'], { ...call, okCodes: [1] });
  const differing = new Set(
    splitPaths((await git.ask(['diff-files', '--name-only', '-z', '--ignore-submodules=all'], call)).bytes),
  );
  const left: BytePath[] = [];
  const toWrite: BytePath[] = [];
  const changes = await listTreeChanges(git, call, other, target);
  const folder = call.cwd;
  for (const { path, before, after } of changes) {
    if (before?.kind === 'submodule' || after?.kind === 'submodule' || (after !== null && !differing.has(path)))
      continue;
    const found = lstatSync(onDisk(folder, path), { throwIfNoEntry: false });
    if (!found) {
      if (after !== null) toWrite.push(path);
      // A pipe would never let go of who reads it.
    } else if (!(found.isFile() || found.isSymbolicLink()) || !(await isEither(git, call, path, [before, after])))
      left.push(path);
    else if (after === null) removeFile(folder, path);
    else toWrite.push(path);
  }
  await git.ask([...WHOLE_INDEX, 'checkout-index', '-f', '-q', '-z', '--stdin'], {
    ...call,
    input: joinPaths(toWrite.filter((path) => isReachable(folder, path))),
  });
  await git.ask([...WHOLE_INDEX, 'update-index', '-q', '--refresh'], { ...call, okCodes: [1] });
  return left.map(printablePath);
}

/** With the folders that it leaves empty, as Git does. */
function removeFile(folder: string, path: BytePath): void {
  unlinkSync(onDisk(folder, path));
  for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent)) {
    try {
      rmdirSync(onDisk(folder, parent));
    } catch (error) {
      if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return;
      throw error;
    }
  }
}

/** No link or file of the user's stands where a folder on the way must be. */
function isReachable(folder: string, path: BytePath): boolean {
  for (let parent = parentOf(path); parent !== ''; parent = parentOf(parent)) {
    const stat = lstatSync(onDisk(folder, parent), { throwIfNoEntry: false });
    if (stat && !stat.isDirectory()) return false;
  }
  return true;
}
