import { ActivityEntry, MAX_ACTIVITY_BATCH_BYTES, MAX_ACTIVITY_BATCH_ENTRIES } from '#contract/activity.ts';
import type { ProgramReport } from '#contract/program-report.ts';
import type { RepositoryCheck, RepositoryReport, WorkFolderReport } from '#contract/repositories.ts';
import type { RunSpec } from '#contract/run-spec.ts';
import type { RunResult } from '#contract/run-result.ts';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ActivityGapError, type ActivityBatch } from '../activity/activity-pump.ts';
import {
  LeaseLostError,
  TransientError,
  type ArtifactFile,
  type ControlPlane,
  type LandingReport,
  type LeaseVerdict,
  type RunLease,
  type RunnerAdvert,
  type RunnerCommand,
  type WorkFolderVerdict,
} from '../control-plane/control-plane.ts';
import { LogGapError, type LogBatch } from '../logs/log-pump.ts';
import { until } from './programs.ts';

/** What the control plane knows of one run. */
export interface KnownRun {
  spec: RunSpec;
  lines: string[];
  activity: ActivityEntry[];
  artifacts: { name: string; kind: string; text: string }[];
  result: RunResult | null;
  isLost: boolean;
  /** What it was given the last word for. */
  landing: { baseCommit: string; mergeCommit: string } | null;
  /** What was told of a merge whose run was lost. */
  reported: LandingReport | null;
}

/**
 * Stands in for the API, which belongs to another room: same promises (a repeated claim gets the same run, a repeated
 * batch is stored once, a gap is refused, a result needs every line), no database. The wire itself is tested against the real API.
 */
export class FakeControlPlane implements ControlPlane {
  readonly runs = new Map<string, KnownRun>();
  isAway = false;
  readonly programReports: ProgramReport[] = [];
  readonly repositoryReports: { report: RepositoryReport; requestId: string | null }[] = [];
  readonly folderReports: { report: WorkFolderReport; requestId: string | null }[] = [];
  readonly checks = new Map<string, RepositoryCheck>();
  readonly verdicts = new Map<string, Partial<WorkFolderVerdict>>();
  renewals = 0;
  /** What the runner last said of itself. */
  advert: RunnerAdvert | null = null;
  claimedMs = 0;
  private readonly pending: RunSpec[] = [];
  private readonly claims = new Map<string, KnownRun>();
  private readonly queue: RunnerCommand[] = [];
  private wake: (() => void) | null = null;

  offer(spec: RunSpec): KnownRun {
    const run: KnownRun = {
      spec,
      lines: [],
      activity: [],
      artifacts: [],
      result: null,
      isLost: false,
      landing: null,
      reported: null,
    };
    this.runs.set(spec.runId, run);
    this.pending.push(spec);
    this.tell({ type: 'run_available' });
    return run;
  }

  async ended(run: KnownRun): Promise<RunResult> {
    await until(() => run.result !== null, `the end of run ${run.spec.prompt.title}`, 20_000);
    if (!run.result) throw new Error('no result');
    return run.result;
  }

  tell(command: RunnerCommand): void {
    this.queue.push(command);
    this.wake?.();
  }

  register = async (advert: RunnerAdvert): Promise<{ name: string }> => {
    this.fail();
    this.advert = advert;
    return { name: 'test-runner' };
  };

  claim = async (claimId: string): Promise<RunSpec | null> => {
    this.fail();
    this.claimedMs = performance.now();
    const earlier = this.claims.get(claimId);
    if (earlier) {
      if (earlier.lines.length > 0) return null;
      return earlier.spec;
    }
    const spec = this.pending.shift();
    const run = spec && this.runs.get(spec.runId);
    if (run) this.claims.set(claimId, run);
    return spec ?? null;
  };

  renew = async (leases: readonly RunLease[]): Promise<LeaseVerdict[]> => {
    this.fail();
    this.renewals += 1;
    return leases.map(({ runId }) => {
      const run = this.runs.get(runId);
      return { runId, isRenewed: run !== undefined && !run.isLost && run.result === null, isCancelRequested: false };
    });
  };

  appendLogs = async (lease: RunLease, batch: LogBatch): Promise<number> => {
    this.fail();
    const run = this.require(lease, true);
    if (batch.firstSeq > run.lines.length) throw new LogGapError(run.lines.length);
    batch.messages.forEach((message, index) => {
      const line = `${batch.streams[index]}:${message}`;
      const known = run.lines[batch.firstSeq + index];
      if (known !== undefined && known !== line)
        throw new Error(`Line ${batch.firstSeq + index} was sent as ${known}, now as ${line}`);
      run.lines[batch.firstSeq + index] = line;
    });
    return run.lines.length - 1;
  };

  appendActivity = async (lease: RunLease, batch: ActivityBatch): Promise<number> => {
    this.fail();
    return storeActivity(this.require(lease).activity, batch);
  };

  uploadArtifact = async (lease: RunLease, artifact: ArtifactFile): Promise<void> => {
    this.fail();
    this.require(lease).artifacts.push({
      name: artifact.name,
      kind: artifact.kind,
      text: readFileSync(artifact.file, 'utf8'),
    });
  };

  complete = async (lease: RunLease, result: RunResult): Promise<void> => {
    this.fail();
    const run = this.require(lease);
    if (result.lineCount !== run.lines.length) throw new LogGapError(run.lines.length);
    run.result = result;
  };

  requestLanding = async (lease: RunLease, commits: { baseCommit: string; mergeCommit: string }): Promise<void> => {
    this.fail();
    this.require(lease).landing = commits;
  };

  reportLanding = async (lease: RunLease, report: LandingReport): Promise<void> => {
    this.fail();
    this.require(lease, true).reported = report;
  };

  reportRepositories = async (report: RepositoryReport, requestId: string | null): Promise<void> => {
    this.fail();
    this.repositoryReports.push({ report, requestId });
  };

  reportPrograms = async (report: ProgramReport): Promise<void> => {
    this.fail();
    this.programReports.push(report);
  };

  answerRepositoryCheck = async (requestId: string, check: RepositoryCheck): Promise<void> => {
    this.fail();
    this.checks.set(requestId, check);
  };

  /** Every folder's task is open, unless a test says otherwise. */
  reportWorkFolders = async (report: WorkFolderReport, requestId: string | null): Promise<WorkFolderVerdict[]> => {
    this.fail();
    this.folderReports.push({ report, requestId });
    return report.folders.map(({ name }) => ({
      name,
      task: 'open',
      isMerged: false,
      overForMs: 0,
      ...this.verdicts.get(name),
    }));
  };

  async *commands(signal: AbortSignal): AsyncGenerator<RunnerCommand> {
    yield { type: 'connected' };
    while (!signal.aborted) {
      const next = this.queue.shift();
      if (next) yield next;
      else
        await Promise.race([
          new Promise<void>((resolve) => (this.wake = resolve)),
          sleep(60_000, undefined, { signal, ref: false }).catch(() => undefined),
        ]);
    }
  }

  private fail(): void {
    if (this.isAway) throw new TransientError('the control plane is away');
  }

  private require(lease: RunLease, isTail = false): KnownRun {
    const run = this.runs.get(lease.runId);
    if (!run || run.spec.lease.token !== lease.token || (run.isLost && !isTail)) throw new LeaseLostError(lease.runId);
    return run;
  }
}

/** A batch that begins where the others end is stored, one that is there already changes nothing, and any other is refused. */
export function storeActivity(stored: ActivityEntry[], { firstSeq, entries }: ActivityBatch): number {
  if (firstSeq > stored.length) throw new ActivityGapError(stored.length);
  if (entries.length === 0 || entries.length > MAX_ACTIVITY_BATCH_ENTRIES) throw new Error(`${entries.length} entries`);
  if (Buffer.byteLength(JSON.stringify(entries)) > MAX_ACTIVITY_BATCH_BYTES) throw new Error('too many bytes');
  const parsed = entries.map((entry) => ActivityEntry.parse(entry));
  const known = stored.slice(firstSeq, firstSeq + parsed.length);
  if (JSON.stringify(known) !== JSON.stringify(parsed.slice(0, known.length)))
    throw new Error(`Entries from ${firstSeq} were sent differently before`);
  if (known.length > 0 && known.length < parsed.length) throw new ActivityGapError(stored.length);
  if (known.length === 0) stored.push(...parsed);
  return stored.length - 1;
}
