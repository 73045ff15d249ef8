import { compareTrees } from './compare-trees.ts';
import type { Git } from './git.ts';
import { explainTrouble, whyOf } from './git-trouble.ts';
import { removeMergedBranches } from './landing-branches.ts';
import type { Landed, LandingOrder } from './landing-order.ts';
import { isAncestor, type LandingRepository } from './landing-repository.ts';

interface Merged {
  /** The base's commit that has what was approved. */
  head: string;
  /** What else is to be told. */
  note: string;
}

/** What is told of a merge that stands. Whatever fails from here on is told along with it, and makes nothing undone. */
export async function tellLanded(
  git: Git,
  repository: LandingRepository,
  order: LandingOrder,
  { head, note }: Merged,
): Promise<Landed> {
  const { baseBranch, baseCommit, commit, branchTip, place } = repository;
  const { branch } = order;
  const isNew = head !== baseCommit;
  const notes: string[] = [];
  const tried = async <T>(step: () => Promise<T>, instead: T, what: string): Promise<T> => {
    try {
      return await step();
    } catch (error) {
      notes.push(` ${what}: ${whyOf(explainTrouble(error, place.cwd))}`);
      return instead;
    }
  };
  const size = await tried(
    () => sizeOf(git, repository, head),
    { filesChanged: 0, additions: 0, deletions: 0 },
    'How much it changed could not be counted',
  );
  const kept = await tried(
    () => removeMergedBranches(git, repository, branch, head),
    '',
    `The task's merged branches could not be removed`,
  );
  await order.onStep?.('branches_removed');
  const isElsewhere =
    branchTip !== null &&
    branchTip !== commit &&
    !(await tried(
      () => isAncestor(git, place, branchTip, head),
      true,
      `Whether ${branch} has moved since the review could not be told`,
    ));
  const moved = isElsewhere
    ? ` ${branch} has moved since the review, to ${branchTip.slice(0, 10)}: only ${commit.slice(0, 10)}, which was approved, was merged.`
    : '';
  const more = `${moved}${kept}${note}${notes.join('')}`;
  return {
    message: `${branch} ${isNew ? 'was merged into' : 'was merged already into'} ${baseBranch}${more === '' ? '' : `.${more}`}`,
    git: { baseBranch, branch, baseCommit, headCommit: head, ...size },
  };
}

/** What was merged already is counted from where it parted from the base. */
async function sizeOf(
  git: Git,
  { baseCommit, commit, place }: LandingRepository,
  head: string,
): Promise<{ filesChanged: number; additions: number; deletions: number }> {
  const from =
    head === baseCommit
      ? (await git.ask(['merge-base', baseCommit, commit], { ...place, okCodes: [1] })).stdout.trim()
      : baseCommit;
  const { files, additions, deletions } = await compareTrees(git, place, from, head);
  return { filesChanged: files.length, additions, deletions };
}
