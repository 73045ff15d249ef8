import type { RUN_REASONS_BY_STATUS, RunReason, TerminalRunStatus } from '#contract/enums.ts';

/** How a run ended, with one sentence for people. */
export interface Outcome {
  status: TerminalRunStatus;
  reason: RunReason;
  message: string;
}

export type FailureReason = (typeof RUN_REASONS_BY_STATUS)['failed'][number];

/** A run that can not go on, for a reason that a person understands. Anything else that is thrown is a bug. */
export class RunFailure extends Error {
  override readonly name = 'RunFailure';
  /** @param paths the files it is about, if any */
  constructor(readonly reason: FailureReason, message: string, readonly paths: string[] = [], options?: ErrorOptions) {
    super(message, options);
  }

  get outcome(): Outcome {
    return { status: 'failed', reason: this.reason, message: this.message };
  }
}

/** Every failure as an outcome: those that were expected in their own words, the others as internal. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof RunFailure) return error.outcome;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') return { status: 'failed', reason: 'disk_full', message: 'The disk of the runner is full' };
  return { status: 'failed', reason: 'internal', message: `The runner failed: ${message}` };
}
