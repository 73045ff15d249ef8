import type { RUN_REASONS_BY_STATUS, RunReason, TerminalRunStatus } from '#contract/enums.ts';
import { diskFaultOf } from './disk.ts';

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
  constructor(
    readonly reason: FailureReason,
    message: string,
    readonly paths: string[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get outcome(): Outcome {
    return { status: 'failed', reason: this.reason, message: this.message };
  }
}

/** Every failure as an outcome: those that were expected in their own words, the others as internal. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof RunFailure) return error.outcome;
  const message = error instanceof Error ? error.message : String(error);
  const fault = diskFaultOf(error);
  if (fault === 'full')
    return { status: 'failed', reason: 'disk_full', message: `The disk of the runner is full (${message})` };
  if (fault === 'broken')
    return { status: 'failed', reason: 'internal', message: `The disk of the runner can not be written (${message})` };
  return { status: 'failed', reason: 'internal', message: `The runner failed: ${message}` };
}

/**
 * What a run is called that ended on a full disk: its output may be cut off and its exit code says little. Who ended
 * it, and when, stands.
 */
export function onFullDisk(outcome: Outcome): Outcome {
  if (
    outcome.status === 'canceled' ||
    outcome.status === 'timed_out' ||
    outcome.reason === 'disk_full' ||
    outcome.reason === 'output_limit'
  )
    return outcome;
  return {
    status: 'failed',
    reason: 'disk_full',
    message: `The disk of the runner was full when the run ended, so its output may be incomplete (${outcome.message})`,
  };
}
