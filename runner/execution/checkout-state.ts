import { lstatSync } from 'node:fs';
import { namePaths, onDisk, printablePath, type BytePath } from './byte-paths.ts';
import { pathsWithUntrustedFilter } from './checkout-filters.ts';
import type { Git } from './git.ts';
import { IndexCopy } from './index-copy.ts';
import type { LandingOrder } from './landing-order.ts';
import { RunFailure } from './outcome.ts';

/** The column of `status` for the index, and that for the files. */
interface StatusLine {
  path: BytePath;
  isStaged: boolean;
}

/**
 * Brings the copy up to date with the files and holds them against it.
 * @throws RunFailure repo_dirty naming what is not committed, or what can not be told
 */
export async function requireClean(git: Git, copy: IndexCopy, baseBranch: string, order: LandingOrder): Promise<void> {
  // A file whose times or owner changed, but not its content, is up to date. 1: some are not; status names them.
  await git.ask(['update-index', '-q', '--refresh'], { ...copy.call, okCodes: [1] });
  const changed = await readStatus(git, copy);
  if (changed.length === 0) return;
  const { folder } = copy.checkout;
  const filters = await pathsWithUntrustedFilter(
    git,
    copy.call,
    changed.filter(({ isStaged }) => !isStaged).map(({ path }) => path),
    order.allowed,
    'files',
  );
  const dirty = changed.map(({ path }) => path).filter((path) => !filters.has(path));
  if (dirty.length > 0) {
    throw new RunFailure(
      'repo_dirty',
      `${folder} has ${baseBranch} checked out with changes that are not committed (${namePaths(dirty)}). Commit or stash them, then approve again. Nothing was changed.`,
      dirty.map(printablePath),
    );
  }
  const untouched = await pathsAsIndexed(git, copy, [...filters.keys()], order);
  const unknown = [...filters].filter(([path]) => !untouched.has(path));
  const [first] = unknown;
  if (!first) return;
  throw new RunFailure(
    'repo_dirty',
    `${folder} has ${baseBranch} checked out, and whether ${namePaths(unknown.map(([path]) => path))} changed there can not be told: it goes through the filter "${first[1]}", which the policy of runner ${order.allowed.runnerName} does not trust. ` +
      'Run `git status` there, which brings up to date what Git remembers of unchanged files, and commit what it names, or list the filter in "filters" of policy.json; then approve again. Nothing was changed.',
    unknown.map(([path]) => printablePath(path)),
  );
}

async function readStatus(git: Git, copy: IndexCopy): Promise<StatusLine[]> {
  const { bytes } = await git.ask(
    ['status', '--porcelain', '-z', '--untracked-files=no', '--ignore-submodules=all', '--no-renames'],
    copy.call,
  );
  return bytes
    .toString('latin1')
    .split('\0')
    .filter(Boolean)
    .map((line) => ({ path: line.slice(3), isStaged: line[0] !== ' ' }));
}

/**
 * Without its filter, a file's content can not be compared. That it has the size and time of the index's entry is what
 * the user's own Git goes by as well.
 */
async function pathsAsIndexed(
  git: Git,
  copy: IndexCopy,
  paths: readonly BytePath[],
  order: LandingOrder,
): Promise<Set<BytePath>> {
  const isText = (path: BytePath): boolean => !printablePath(path).includes('\\x');
  const asked = paths.filter(isText).map((path) => Buffer.from(path, 'latin1').toString('utf8'));
  if (asked.length === 0) return new Set();
  // The refreshed copy no longer says what the user's Git remembers.
  const fresh = IndexCopy.make(copy.checkout, `${order.path}/index-as-it-is`);
  const { bytes } = await git.ask(['ls-files', '--debug', '-z', '--', ...asked], {
    ...fresh.call,
    env: { ...fresh.call.env, GIT_LITERAL_PATHSPECS: '1' },
  });
  const found = new Set<BytePath>();
  for (const [, path = '', seconds, nanoseconds, size] of bytes
    .toString('latin1')
    .matchAll(/(?:^|\n)([^\0]*)\0 {2}ctime: .*\n {2}mtime: (\d+):(\d+)\n.*\n.*\n {2}size: (\d+)\t.*/g)) {
    const stat = lstatSync(onDisk(copy.checkout.folder, path), { bigint: true, throwIfNoEntry: false });
    const isSame =
      stat?.mtimeNs === BigInt(seconds ?? 0) * 1_000_000_000n + BigInt(nanoseconds ?? 0) &&
      (stat.size & 0xffff_ffffn) === BigInt(size ?? 0);
    if (isSame) found.add(path);
  }
  return found;
}
