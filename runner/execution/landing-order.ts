import type { RunGitOutcome } from '#contract/run-result.ts';
import type { GitPerson } from '#contract/neutral-git.ts';
import type { PlaceLimits } from './repository-places.ts';

/** Between two of these a crash or a stop can come; tests make it come. In this order. */
export const LANDING_STEPS = [
  'opened',
  'prepared',
  'checked',
  'locked',
  'granted',
  'recorded',
  'committed',
  'files_written',
  'index_written',
  'checkout_updated',
  'branches_removed',
] as const;
export type LandingStep = (typeof LANDING_STEPS)[number];

/** What is about to become of the base. */
export interface LandingCommits {
  baseCommit: string;
  /** Equal to the base commit when everything was merged already. */
  mergeCommit: string;
}

/** An approved commit on its way into its base branch. */
export interface LandingOrder {
  runId: string;
  /** The repository's folder, or one within it; links followed. */
  root: string;
  /** Null: the branch that is checked out. */
  baseBranch: string | null;
  branch: string;
  /** Exactly what was approved; null: the branch as it is. */
  commit: string | null;
  /** What the reviewed diff was made against; null: not known. */
  reviewedBaseCommit: string | null;
  /** First line and body of the merge commit. */
  message: string;
  author: GitPerson;
  /** A folder of our own for what is prepared aside. */
  path: string;
  /** Where the steps that a crash must not divide are recorded. */
  recordFile: string;
  /** What this machine allows. */
  allowed: PlaceLimits & {
    allowOtherOwners: boolean;
    /** Filters that the given Git runs; all others are off. */
    filters: ReadonlySet<string>;
    /** Filters that are set up for this user, and that it does not run. */
    otherFilters: readonly string[];
  };
  /**
   * Asks the control plane under the lease, with the branch locked. When it answers, nobody can cancel the merge any more.
   * @throws LeaseLostError, RefusedError: then nothing is moved; TransientError: then it is tried again
   */
  lastWord(commits: LandingCommits): Promise<void>;
  /** Aborted: the merge is given up, up to the last word. */
  signal: AbortSignal;
  /** For tests: how long a Git that can not say where the branch is, is asked again after a crash. */
  answerPatienceMs?: number;
  onStep?(step: LandingStep): void | Promise<void>;
}

export interface Landed {
  git: RunGitOutcome;
  message: string;
}
