import { RunFailure } from './outcome.ts';
import type { UserRepository } from './user-repository.ts';

/**
 * Looks before the work begins whether its branch can be made at the end.
 * @throws RunFailure worktree_failed in words for people
 */
export function assertBranchFree({ refs, places }: UserRepository, branch: string): void {
  if (refs.has(`refs/heads/${branch}`))
    throw new RunFailure('worktree_failed', `The branch ${branch} exists already in ${places.topLevel}`);
  const parts = branch.split('/');
  const above = parts
    .slice(1)
    .map((_part, index) => parts.slice(0, index + 1).join('/'))
    .find((name) => refs.has(`refs/heads/${name}`));
  if (above !== undefined)
    throw new RunFailure(
      'worktree_failed',
      `${places.topLevel} has a branch named ${above}, so Git can make no branch ${branch}. Rename it (git branch -m ${above} another-name), then try again.`,
    );
  const below = [...refs.keys()].find((name) => name.startsWith(`refs/heads/${branch}/`));
  if (below !== undefined)
    throw new RunFailure(
      'worktree_failed',
      `${places.topLevel} has a branch ${below.slice('refs/heads/'.length)}, so Git can make no branch ${branch}`,
    );
}
