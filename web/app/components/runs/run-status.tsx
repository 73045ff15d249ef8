import { clsx } from 'clsx';
import {
  Ban,
  CircleCheck,
  CircleDashed,
  CircleHelp,
  CircleX,
  GitMerge,
  Hourglass,
  LoaderCircle,
  Unplug,
  type LucideIcon,
} from 'lucide-react';

export type RunStatus = 'PENDING' | 'STARTED' | 'STREAMING' | 'COMPLETED' | 'FAILED' | 'TIMED_OUT' | 'CANCELED';

interface Look {
  Icon: LucideIcon;
  className: string;
  word: string;
}

const LOOKS: Record<RunStatus, Look> = {
  PENDING: { Icon: CircleDashed, className: 'text-queued', word: 'Waiting' },
  STARTED: { Icon: LoaderCircle, className: 'text-in-progress', word: 'Running' },
  STREAMING: { Icon: LoaderCircle, className: 'text-in-progress', word: 'Running' },
  COMPLETED: { Icon: CircleCheck, className: 'text-done', word: 'Completed' },
  FAILED: { Icon: CircleX, className: 'text-failed', word: 'Failed' },
  TIMED_OUT: { Icon: Hourglass, className: 'text-failed', word: 'Timed out' },
  CANCELED: { Icon: Ban, className: 'text-canceled', word: 'Canceled' },
};

const LOST: Look = { Icon: Unplug, className: 'text-failed', word: 'Lost' };
const OUTCOME_UNKNOWN: Look = { Icon: CircleHelp, className: 'text-blocked', word: 'Outcome unknown' };
const MERGED: Look = { Icon: GitMerge, className: 'text-done', word: 'Merged' };
const NOT_MERGED: Look = { Icon: CircleX, className: 'text-failed', word: 'Not merged' };

/** What a run is called by. */
export interface RunEnd {
  status: RunStatus;
  reason: string | null;
  /** What the runner of a merge found when it came back. */
  landingIsMerged: boolean | null;
}

/** Its runner went away: no time limit was reached, and the rest of its log may still come. */
export function hasLostRunner({ status, reason }: Pick<RunEnd, 'status' | 'reason'>): boolean {
  return status === 'TIMED_OUT' && (reason === 'RUNNER_LOST' || reason === 'OUTCOME_UNKNOWN');
}

function lookOf(run: RunEnd): Look {
  if (!hasLostRunner(run)) return LOOKS[run.status];
  if (run.landingIsMerged !== null) return run.landingIsMerged ? MERGED : NOT_MERGED;
  return run.reason === 'OUTCOME_UNKNOWN' ? OUTCOME_UNKNOWN : LOST;
}

export function isLiveRun(status: RunStatus): boolean {
  return status === 'PENDING' || status === 'STARTED' || status === 'STREAMING';
}

export function isRunning(status: RunStatus): boolean {
  return status === 'STARTED' || status === 'STREAMING';
}

export function runStatusWord(run: RunEnd): string {
  return lookOf(run).word;
}

/** The icon of a run's status; the word stands beside it, or is read out when `isAlone`. */
export function RunStatusIcon({
  run,
  isAlone = false,
  className,
}: {
  run: RunEnd;
  isAlone?: boolean;
  className?: string;
}) {
  const { Icon, className: colour, word } = lookOf(run);
  return (
    <span className={clsx('inline-flex shrink-0 items-center gap-1.5', className)}>
      <Icon
        aria-hidden
        className={clsx(
          'size-3.5',
          colour,
          isRunning(run.status) && 'animate-spin [animation-duration:2.4s] motion-reduce:animate-none',
        )}
      />
      {isAlone ? <span className="sr-only">{word}</span> : null}
    </span>
  );
}
