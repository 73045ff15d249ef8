import { lstatSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { GitError, type Git } from './git.ts';
import { readGitSettings, type GitSettings } from './git-settings.ts';
import { RunFailure } from './outcome.ts';
import type { RepositoryPlaces } from './repository-places.ts';

/** The user's repository as a run finds it. */
export interface UserRepository {
  places: RepositoryPlaces;
  /** The project's folder within it; empty: the top. */
  subfolder: string;
  baseBranch: string;
  baseCommit: string;
  /** Its refs as they are now: name → object. Not the stash, and not ours. */
  refs: Map<string, string>;
  settings: GitSettings;
}

export interface RepositoryOrder {
  /** The project's folder, links followed: the repository's top or a folder below it. */
  folder: string;
  places: RepositoryPlaces;
  /** Null: the branch that is checked out. */
  baseBranch: string | null;
  env: Readonly<Record<string, string | undefined>>;
  trustedFilters: readonly string[];
}

/** How Git is called about the user's repository itself: by its known place, without its files. */
export function inUserRepository({ places }: { places: Pick<RepositoryPlaces, 'topLevel' | 'gitDir'> }): {
  cwd: string;
  gitDir: string;
  workTree: null;
} {
  return { cwd: places.topLevel, gitDir: places.gitDir, workTree: null };
}

/** @throws RunFailure repo_missing when there is no branch or commit to start from, or it can not be read */
export async function openUserRepository(git: Git, order: RepositoryOrder): Promise<UserRepository> {
  const { places, folder } = order;
  const place = inUserRepository({ places });
  const baseBranch = order.baseBranch ?? currentBranch(places);
  try {
    const [listed, settings] = await Promise.all([
      git.run(['for-each-ref', '--format=%(objectname) %(objecttype) %(refname)'], place),
      readGitSettings(git, order),
    ]);
    const refs = new Map<string, string>();
    for (const line of listed.split('\n')) {
      const [object = '', , ...name] = line.split(' ');
      if (object !== '') refs.set(name.join(' '), object);
    }
    const baseCommit = refs.get(`refs/heads/${baseBranch}`);
    if (baseCommit === undefined)
      throw new RunFailure(
        'repo_missing',
        refs.size === 0 || order.baseBranch === null
          ? `The repository ${places.topLevel} has no commit yet: make a first one`
          : `The repository ${places.topLevel} has no branch ${baseBranch}`,
      );
    return { places, subfolder: relative(places.topLevel, folder), baseBranch, baseCommit, refs, settings };
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new RunFailure(
      'repo_missing',
      `${places.topLevel} can not be read as a Git repository: ${error.message}`,
      [],
      { cause: error },
    );
  }
}

/** The branch a checkout is on, from its HEAD. @throws RunFailure when it is on none */
export function currentBranch(places: RepositoryPlaces): string {
  const head = readHead(places.gitDir);
  const branch = head?.startsWith('ref: refs/heads/') ? head.slice('ref: refs/heads/'.length) : null;
  const underWay =
    branch === null
      ? UNDER_WAY.find(([file]) => lstatSync(join(places.gitDir, file), { throwIfNoEntry: false }))?.[1]
      : undefined;
  if (underWay !== undefined)
    throw new RunFailure(
      'repo_missing',
      `${places.topLevel} is in the middle of ${underWay}, so no branch is checked out. Finish or abort it, or say which branch is the base in the agent's config (baseBranch).`,
    );
  if (branch === null)
    throw new RunFailure(
      'repo_missing',
      `${places.topLevel} has no branch checked out; say which branch is the base in the agent's config (baseBranch)`,
    );
  if (branch === '.invalid')
    throw new RunFailure('repo_missing', `${places.topLevel} keeps its refs as a reftable, which is not supported yet`);
  return branch;
}

/** What takes HEAD off its branch for a while. */
const UNDER_WAY = [
  ['rebase-merge', 'a rebase'],
  ['rebase-apply', 'a rebase'],
  ['BISECT_LOG', 'a bisection'],
] as const;

function readHead(gitDir: string): string | null {
  const path = join(gitDir, 'HEAD');
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isFile() && stat.size < 4_096 ? readFileSync(path, 'utf8').trim() : null;
}
