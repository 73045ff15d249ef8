import { branchesInUse } from './checkouts.ts';
import { GitError, type Git } from './git.ts';
import { isAncestor, type LandingRepository } from './landing-repository.ts';

/** Where all result branches are; below it a folder a task. */
const OURS = 'overmind/';

/**
 * Removes the task's result branches whose work is in the base now. One with work that is not, and one on which
 * somebody stands, stays.
 * @returns what is to be told: '' when there is nothing to say
 */
export async function removeMergedBranches(
  git: Git,
  repository: LandingRepository,
  branch: string,
  head: string,
): Promise<string> {
  const folder = branch.slice(0, branch.lastIndexOf('/') + 1);
  // Anything else than a branch of ours in a folder of its task is not ours to remove.
  if (!folder.startsWith(OURS) || folder === OURS) return '';
  const listed = await git.run(
    ['for-each-ref', '--format=%(objectname) %(refname)', `refs/heads/${folder}`],
    repository.place,
  );
  const used = await branchesInUse(git, repository);
  const refused: string[] = [];
  for (const line of listed.split('\n').filter(Boolean)) {
    const [commit = '', ref = ''] = line.split(' ');
    if (used.has(ref) || repository.baseNames.has(ref) || !(await isAncestor(git, repository.place, commit, head)))
      continue;
    // Only while it points to what is merged.
    await git.run(['update-ref', '-d', ref, commit], repository.place).catch((error: unknown) => {
      if (!(error instanceof GitError)) throw error;
      refused.push(ref.slice('refs/heads/'.length));
    });
  }
  return refused.length === 0 ? '' : ` ${refused.join(', ')} could not be removed: another Git holds a lock.`;
}
