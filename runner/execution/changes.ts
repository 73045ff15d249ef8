import { rmSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import picomatch from 'picomatch';
import { GitError, type Git } from './git.ts';
import { RunFailure } from './outcome.ts';
import { inWorktree, type Worktree } from './worktree.ts';

const SYMLINK = '120000';
const NESTED_REPOSITORY = '160000';

export interface Changes {
  /** The tree that holds everything the run left, and how it differs from the base. */
  tree: string;
  files: { path: string; mode: string; blob: string }[];
  additions: number;
  deletions: number;
}

export interface PathRules {
  allowedGlobs: readonly string[];
  deniedGlobs: readonly string[];
}

/** One path that may not be changed, and why, for people. */
export interface Violation {
  path: string;
  why: string;
}

/**
 * Takes the worktree's files into its index and compares them with the base: commits that the agent made itself
 * count as well as files it left. Only plumbing, which runs no hooks, looks into no nested repository, and is
 * pointed at Git's own record of the worktree rather than at what the agent left there.
 */
export async function collectChanges(git: Git, worktree: Worktree): Promise<Changes> {
  const place = inWorktree(worktree);
  // Left by a git that was killed with the run; nothing of the run is alive any more.
  rmSync(join(worktree.adminDir, 'index.lock'), { force: true });
  try {
    const listed = await git.run(['ls-files', '-z', '--modified', '--deleted', '--others', '--exclude-standard'], place);
    // A name that ends in a slash is a repository of its own, made by the agent: it can not be committed here.
    const paths = [...new Set(listed.split('\0'))].filter((path) => path !== '' && !path.endsWith('/'));
    if (paths.length > 0) await git.run(['update-index', '--add', '--remove', '--replace', '-z', '--stdin'], { ...place, input: `${paths.join('\0')}\0` });
    const tree = (await git.run(['write-tree'], place)).trim();
    return await compareTrees(git, place, worktree.baseCommit, tree);
  } catch (error) {
    if (error instanceof GitError) throw new RunFailure('worktree_failed', `Git could not take in what the run changed: ${error.message}`, [], { cause: error });
    throw error;
  }
}

/** What differs between two trees or commits, renames as removed and added. */
export async function compareTrees(git: Git, place: { cwd: string; gitDir?: string }, base: string, tree: string): Promise<Changes> {
  const listed = await git.run(['diff-tree', '-r', '-z', '--raw', '--numstat', '--no-renames', '--no-ext-diff', '--no-textconv', '--no-abbrev', base, tree, '--'], place);
  const changes: Changes = { tree, files: [], additions: 0, deletions: 0 };
  const fields = listed.split('\0');
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] ?? '';
    if (field.startsWith(':')) {
      const [, mode = '', , blob = ''] = field.split(' ');
      index += 1;
      changes.files.push({ path: fields[index] ?? '', mode, blob });
      continue;
    }
    const [additions, deletions] = field.split('\t');
    // Binary files count as `-`.
    changes.additions += Number.parseInt(additions ?? '', 10) || 0;
    changes.deletions += Number.parseInt(deletions ?? '', 10) || 0;
  }
  return changes;
}

/** Changed paths that the rules do not allow. Denied outranks allowed; letters' case does not save a denied name. */
export async function findViolations(git: Git, worktree: Worktree, changes: Changes, rules: PathRules): Promise<Violation[]> {
  const isDenied = picomatch([...rules.deniedGlobs], { dot: true, nocase: true });
  const isAllowed = picomatch([...rules.allowedGlobs], { dot: true });
  const violations: Violation[] = [];
  for (const file of changes.files) {
    if (rules.deniedGlobs.length > 0 && isDenied(file.path)) violations.push({ path: file.path, why: 'may not be changed' });
    else if (!isAllowed(file.path)) violations.push({ path: file.path, why: 'is outside the allowed paths' });
    else if (file.mode === NESTED_REPOSITORY) violations.push({ path: file.path, why: 'is a repository inside the repository' });
    else if (file.mode === SYMLINK) {
      const target = await git.run(['cat-file', 'blob', file.blob], inWorktree(worktree));
      if (leadsOutside(file.path, target)) violations.push({ path: file.path, why: `is a link that leads outside the repository (${target})` });
    }
  }
  return violations;
}

function leadsOutside(link: string, target: string): boolean {
  if (isAbsolute(target)) return true;
  const way = normalize(join(dirname(link), target));
  return way === '..' || way.startsWith('../') || way === '.git' || way.startsWith('.git/');
}
