import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { GitError, type Git } from './git.ts';
import type { LandingOrder } from './landing-order.ts';
import { RunFailure } from './outcome.ts';
import {
  assertPlacesAllowed,
  assertPlacesOwned,
  readRepositoryPlaces,
  type RepositoryPlaces,
} from './repository-places.ts';

/** How Git is called: always told where, so that it looks nowhere else. */
export interface GitPlace {
  cwd: string;
  gitDir: string;
}

export interface LandingRepository {
  places: RepositoryPlaces;
  place: GitPlace;
  /** As the order names it, or as it is checked out. */
  baseBranch: string;
  /** The ref that moves: where the base is a symbolic ref, the one it stands for. */
  baseRef: string;
  /** The base under all its names. */
  baseNames: ReadonlySet<string>;
  baseCommit: string;
  /** What is merged. */
  commit: string;
  /** What the result branch points to now; null: it is gone. */
  branchTip: string | null;
}

/**
 * Finds where an order is to land, as things stand now. Runs no program that the repository names.
 * @throws RunFailure path_refused, repo_missing, worktree_failed
 */
export async function openLandingRepository(
  git: Git,
  order: LandingOrder,
): Promise<{ repository: LandingRepository; git: Git }> {
  const { allowed } = order;
  const places = readRepositoryPlaces(order.root);
  assertPlacesAllowed(places, allowed);
  if (!allowed.allowOtherOwners) assertPlacesOwned(places, allowed.runnerName);
  if (existsSync(join(places.commonDir, 'reftable')))
    throw new RunFailure(
      'worktree_failed',
      `${places.topLevel} keeps its refs as a reftable, which is not supported yet`,
    );
  const place: GitPlace = { cwd: places.topLevel, gitDir: places.gitDir };
  const safeGit = await git.neutralize(place);
  const named =
    order.baseBranch === null ? await readSymbolicRef(safeGit, place, 'HEAD') : `refs/heads/${order.baseBranch}`;
  if (!named?.startsWith('refs/heads/')) {
    throw new RunFailure(
      'repo_missing',
      `${places.topLevel} has no branch checked out; say which branch is the base in the agent's config (baseBranch)`,
    );
  }
  const baseBranch = named.slice('refs/heads/'.length);
  const baseRef = (await readSymbolicRef(safeGit, place, named)) ?? named;
  if (!baseRef.startsWith('refs/heads/'))
    throw new RunFailure(
      'repo_missing',
      `The branch ${baseBranch} of ${places.topLevel} stands for ${baseRef}, which is no branch`,
    );
  const baseCommit = await readCommit(safeGit, place, baseRef);
  if (baseCommit === null)
    throw new RunFailure('repo_missing', `The repository ${places.topLevel} has no branch ${baseBranch}`);
  const branchTip = await readCommit(safeGit, place, `refs/heads/${order.branch}`);
  const commit = order.commit ?? branchTip;
  if (commit === null || (await readCommit(safeGit, place, commit)) === null) {
    throw new RunFailure(
      'repo_missing',
      `The branch ${order.branch} that was to be merged is gone from ${places.topLevel}`,
    );
  }
  return {
    git: safeGit,
    repository: {
      places,
      place,
      baseBranch,
      baseRef,
      baseNames: new Set([named, baseRef]),
      baseCommit,
      commit,
      branchTip,
    },
  };
}

/** @returns the commit that a ref or a hash leads to, or null when there is none */
export async function readCommit(git: Git, place: GitPlace, ref: string): Promise<string | null> {
  // 128: a damaged object, or a ref that is none; which of them, `cat-file` says where it matters.
  const { code, stdout } = await git.ask(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], {
    ...place,
    okCodes: [1, 128],
  });
  return code === 0 ? stdout.trim() : null;
}

/** Whether a commit is held by another, as they were made: replacements that somebody set up do not count. */
export async function isAncestor(git: Git, place: GitPlace, commit: string, of: string): Promise<boolean> {
  return (
    (
      await git.ask(['merge-base', '--is-ancestor', commit, of], {
        ...place,
        env: { GIT_NO_REPLACE_OBJECTS: '1' },
        okCodes: [1],
      })
    ).code === 0
  );
}

async function readSymbolicRef(git: Git, place: GitPlace, ref: string): Promise<string | null> {
  try {
    const { code, stdout } = await git.ask(['symbolic-ref', '--quiet', ref], { ...place, okCodes: [1] });
    return code === 0 ? stdout.trim() : null;
  } catch (error) {
    if (error instanceof GitError && /not a git repository/i.test(error.stderr)) {
      throw new RunFailure('repo_missing', `${place.cwd} can not be read as a Git repository: ${error.message}`, [], {
        cause: error,
      });
    }
    throw error;
  }
}
