import type { ArtifactKind } from '#contract/enums.ts';
import type { RunResult } from '#contract/run-result.ts';
import type { RunSpec } from '#contract/run-spec.ts';
import type { ProgramReport } from '#contract/program-report.ts';
import type { RepositoryCheck, RepositoryReport, WorkFolderReport } from '#contract/repositories.ts';
import type { ActivityBatch } from '../activity/activity-pump.ts';
import type { LogBatch } from '../logs/log-pump.ts';

/** Proof that a run is ours; every write about a run carries it. */
export interface RunLease {
  runId: string;
  token: string;
}

export interface RunnerAdvert {
  labels: string[];
  capacity: number;
  version: string;
  isDraining: boolean;
  /** Why its runs are not sandboxed, one sentence; null: they are. */
  sandboxNote: string | null;
}

export interface ArtifactFile {
  kind: ArtifactKind;
  /** The name people see: a path in the repository, or `changes.diff`. */
  name: string;
  mediaType: string;
  /** Where its bytes are on this machine. */
  file: string;
  /** More about it, for those who do not want to read it: how large a diff is. */
  metadata?: Record<string, number> | undefined;
}

export type RunnerCommand =
  /** The stream of commands is open: what happened before may have been missed. */
  | { type: 'connected' }
  | { type: 'disconnected' }
  /** The socket was refused as one without rights is: whether the token is, the next request tells. */
  | { type: 'refused' }
  | { type: 'run_available' }
  | { type: 'cancel'; runId: string; reason: 'by_user' | 'by_task_cancel' | 'superseded' | 'budget'; message: string }
  | RunnerRequest;

/** What somebody waits for. Each is answered under its id. */
export type RunnerRequest =
  | { type: 'look'; requestId: string }
  | { type: 'check'; requestId: string; path: string }
  | { type: 'remove_work_folder'; requestId: string; name: string };

/** What the server says of a work folder's task. */
export interface WorkFolderVerdict {
  name: string;
  /** `live`: a run works or waits; `open`: it may go on; `deleted`: there is none any more; `unknown`: it never ran on this runner. */
  task: 'live' | 'open' | 'done' | 'canceled' | 'archived' | 'deleted' | 'unknown';
  isMerged: boolean;
  /** How long it has been done, canceled or archived; 0: it is not. */
  overForMs: number;
}

/** What the server says of one lease that was to be renewed. */
export interface LeaseVerdict {
  runId: string;
  isRenewed: boolean;
  /** Somebody wants it to stop; said again in case the command was missed. */
  isCancelRequested: boolean;
}

/** How a merge went, as the repository shows it. */
export interface LandingReport {
  isMerged: boolean;
  /** The base's commit that has it; null: none has. */
  headCommit: string | null;
  /** What else people have to know: a checkout that is behind its branch. */
  note?: string;
}

/** All that the runner says to the control plane and hears from it. Network trouble is a `TransientError`. */
export interface ControlPlane {
  register(advert: RunnerAdvert): Promise<{ name: string }>;
  /**
   * @param claimId used again, it gets the same run again, while nothing was heard of that
   * @returns null when there is nothing for this runner to do, or when the run of a repeated claim has gone on
   */
  claim(claimId: string): Promise<RunSpec | null>;
  renew(leases: readonly RunLease[]): Promise<LeaseVerdict[]>;
  /** @returns the highest stored seq. @throws LeaseLostError, LogGapError */
  appendLogs(lease: RunLease, batch: LogBatch): Promise<number>;
  /** @returns the highest stored seq. @throws LeaseLostError, ActivityGapError */
  appendActivity(lease: RunLease, batch: ActivityBatch): Promise<number>;
  /** @throws LeaseLostError */
  uploadArtifact(lease: RunLease, artifact: ArtifactFile): Promise<void>;
  /** @throws LeaseLostError, LogGapError when other lines are stored than the result says */
  complete(lease: RunLease, result: RunResult): Promise<void>;
  /**
   * The last word before an approved commit moves its base: from the answer on, nobody can cancel the merge.
   * @throws LeaseLostError; RefusedError when the merge is canceled, or its task has gone another way
   */
  requestLanding(lease: RunLease, commits: { baseCommit: string; mergeCommit: string }): Promise<void>;
  /** How a merge went whose run was taken away meanwhile. @throws LeaseLostError when it never was this runner's */
  reportLanding(lease: RunLease, report: LandingReport): Promise<void>;
  /** @param requestId the request it answers; null: nobody asked */
  reportRepositories(report: RepositoryReport, requestId: string | null): Promise<void>;
  reportPrograms(report: ProgramReport): Promise<void>;
  answerRepositoryCheck(requestId: string, check: RepositoryCheck): Promise<void>;
  reportWorkFolders(report: WorkFolderReport, requestId: string | null): Promise<WorkFolderVerdict[]>;
  /** Reconnects by itself, for ever, until the signal is aborted. */
  commands(signal: AbortSignal): AsyncIterable<RunnerCommand>;
}

/** The network or the server is away for now, or something that is not the control plane answers: the same call is worth repeating. */
export class TransientError extends Error {
  override readonly name = 'TransientError';
  /** How long whoever answered asks us to wait; null: it did not say. */
  readonly retryAfterMs: number | null;
  /** The HTTP status of an answer that was not the control plane's own; null: there was none, or it was. */
  readonly foreignStatus: number | null;
  constructor(
    message: string,
    {
      retryAfterMs = null,
      foreignStatus = null,
      ...options
    }: ErrorOptions & { retryAfterMs?: number | null; foreignStatus?: number | null } = {},
  ) {
    super(message, options);
    this.retryAfterMs = retryAfterMs;
    this.foreignStatus = foreignStatus;
  }
}

/** A run was given to us in words that this version does not understand: nobody works on it. */
export class UnreadableRunError extends Error {
  override readonly name = 'UnreadableRunError';
  constructor(
    readonly lease: RunLease,
    options: ErrorOptions & { cause: Error },
  ) {
    super(
      `This runner does not understand what it was given to do (${options.cause.message}); it may be older than the control plane`,
      options,
    );
  }
}

/** Another attempt may be under way: this runner may change nothing more about the run. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
  constructor(
    readonly runId: string,
    message = 'The lease of this run is lost',
  ) {
    super(message);
  }
}

/** Whether the control plane knows this runner's token no more: no other call would fare better. */
export function isTokenRefused(error: unknown): error is RefusedError {
  return error instanceof RefusedError && error.code === 'UNAUTHENTICATED';
}

/** The control plane refuses what we say, and would refuse it again. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
