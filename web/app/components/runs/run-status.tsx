import { clsx } from 'clsx';
import { Ban, CircleCheck, CircleDashed, CircleX, Hourglass, LoaderCircle, type LucideIcon } from 'lucide-react';

export type RunStatus = 'PENDING' | 'STARTED' | 'STREAMING' | 'COMPLETED' | 'FAILED' | 'TIMED_OUT' | 'CANCELED';

const LOOKS: Record<RunStatus, { Icon: LucideIcon; className: string; word: string }> = {
  PENDING: { Icon: CircleDashed, className: 'text-queued', word: 'Waiting' },
  STARTED: { Icon: LoaderCircle, className: 'text-in-progress', word: 'Running' },
  STREAMING: { Icon: LoaderCircle, className: 'text-in-progress', word: 'Running' },
  COMPLETED: { Icon: CircleCheck, className: 'text-done', word: 'Completed' },
  FAILED: { Icon: CircleX, className: 'text-failed', word: 'Failed' },
  TIMED_OUT: { Icon: Hourglass, className: 'text-failed', word: 'Timed out' },
  CANCELED: { Icon: Ban, className: 'text-canceled', word: 'Canceled' },
};

export function isLiveRun(status: RunStatus): boolean {
  return status === 'PENDING' || status === 'STARTED' || status === 'STREAMING';
}

export function isRunning(status: RunStatus): boolean {
  return status === 'STARTED' || status === 'STREAMING';
}

export function runStatusWord(status: RunStatus): string {
  return LOOKS[status].word;
}

/** A run's status as icon, with its word beside it or read out. */
export function RunStatusIcon({ status, hasWord = false, className }: { status: RunStatus; hasWord?: boolean; className?: string }) {
  const { Icon, className: colour, word } = LOOKS[status];
  return (
    <span className={clsx('inline-flex shrink-0 items-center gap-1.5', hasWord && `text-xs font-medium ${colour}`, className)}>
      <Icon aria-hidden className={clsx('size-3.5', colour, isRunning(status) && 'animate-spin [animation-duration:2.4s] motion-reduce:animate-none')} />
      <span className={hasWord ? undefined : 'sr-only'}>{word}</span>
    </span>
  );
}
