import type { RunSpec } from '#contract/run-spec.ts';
import { LeaseLostError, RefusedError, type RunLease } from '../control-plane/control-plane.ts';
import { retrying } from '../control-plane/retry.ts';
import { LogPump } from '../logs/log-pump.ts';
import { writeMark } from '../logs/marks.ts';
import { collectSecrets, createMasker, type Masker } from '../logs/mask.ts';
import { checkRoot } from './check-run-spec.ts';
import { finishRun, type Finished } from './finish-run.ts';
import type { KeeperStatus } from './keeper-protocol.ts';
import { KeptPrograms } from './kept-programs.ts';
import { landBranch } from './landing.ts';
import type { LandingOrder } from './landing-order.ts';
import { lookAtLanding } from './landing-outcome.ts';
import { outcomeOf, RunFailure, type Outcome } from './outcome.ts';
import type { Ending, RunFolder } from './run-folder.ts';
import type { RunHost } from './run-host.ts';
import { summarize } from './summary.ts';
import { discardWorkspace } from './workspace.ts';

/** How long a fenced run's last lines are still offered to the control plane. */
const FENCED_TAIL_MS = 60_000;

/** One run on this machine, from its claim (or its adoption by a restarted runner) until the control plane has its result. */
export class LiveRun {
  /** Resolves when nothing is left to do; never rejects. `true`: nothing is left on disk either. */
  readonly finished: Promise<boolean>;
  readonly lease: RunLease;
  private readonly masker: Masker;
  private readonly stop = new AbortController();
  /** Aborted: a merge is given up, unless the last word has been spoken. */
  private readonly landingStop = new AbortController();
  private readonly programs: KeptPrograms;
  private pump: LogPump | null = null;
  private isFenced = false;
  private onFencedForLong = (): void => undefined;
  private readonly fencedForLong = new Promise<null>((resolve) => {
    this.onFencedForLong = () => resolve(null);
  });

  /** @param claimSentMs when the claim was sent, on the monotonic clock: its lease counts from then at the latest */
  constructor(private readonly host: RunHost, readonly spec: RunSpec, private readonly folder: RunFolder, leaseSentMs: number) {
    this.lease = { runId: spec.runId, token: spec.lease.token };
    this.masker = createMasker([...collectSecrets(host.env, host.policy.secretEnvNames, spec.env), ...host.ownSecrets, spec.lease.token]);
    this.programs = new KeptPrograms({ host, spec, folder, leaseSentMs, leaving: this.stop.signal, onOutput: () => this.startPump() });
    this.finished = this.live();
  }

  /**
   * Ends the run's programs; what they print meanwhile is kept.
   * @param maxGraceMs between SIGTERM and SIGKILL, when the agent's own grace is longer
   */
  cancel(outcome: Outcome, maxGraceMs = Number.POSITIVE_INFINITY): void {
    this.landingStop.abort();
    this.programs.end(outcome, maxGraceMs);
  }

  /** False while nobody would end its programs when its lease ends. */
  get isInGoodHands(): boolean {
    return this.programs.isInGoodHands;
  }

  /** @param sentMs when the renewal was *sent*: the server's clock can only have started later */
  renewed(sentMs: number): void {
    this.programs.renewed(sentMs);
  }

  /** Another attempt may be under way: end everything, say nothing but the log's tail. */
  fence(): void {
    if (this.isFenced) return;
    this.isFenced = true;
    setTimeout(this.onFencedForLong, FENCED_TAIL_MS).unref();
    this.host.logger.warn({ runId: this.spec.runId }, 'the lease is lost; ending the run');
    this.cancel({ status: 'timed_out', reason: 'runner_lost', message: 'Ended: the lease of this run is lost' });
  }

  /** Leaves the run to its keeper and to the runner that starts next. */
  async leave(): Promise<void> {
    this.stop.abort();
    this.landingStop.abort();
    this.programs.disconnect();
    await this.pump?.close();
    await this.finished;
  }

  private async live(): Promise<boolean> {
    const { logger } = this.host;
    const { runId } = this.spec;
    try {
      const ending = this.folder.ending ?? (await this.work());
      if (this.stop.signal.aborted) return false;
      await this.report(ending);
    } catch (error) {
      if (this.stop.signal.aborted) return false;
      if (!(error instanceof LeaseLostError)) logger.error({ err: error, runId }, 'the run could not be brought to its end; its lease will run out');
      // Whatever went wrong, nothing of the run may go on.
      this.cancel({ status: 'timed_out', reason: 'runner_lost', message: 'Ended: the runner has lost this run' });
      await this.programs.gone();
      if (error instanceof LeaseLostError) this.isFenced = true;
    } finally {
      await this.pump?.close();
      this.programs.disconnect();
    }
    if (this.spec.kind === 'merge' && this.isFenced && !(await this.tellLanding())) return false;
    this.clearUp();
    return true;
  }

  /** Does the work and decides how it ended. */
  private async work(): Promise<Ending> {
    const startedMs = performance.now();
    const done = this.spec.kind === 'merge' ? await this.merge() : await this.runCommands();
    if (this.stop.signal.aborted) throw new Error('left to the next runner');
    const { status, finished } = done;
    const message = this.masker.mask(finished.outcome.message).slice(0, 2_000);
    const ending: Ending = {
      artifacts: finished.artifacts,
      result: {
        runId: this.spec.runId, status: finished.outcome.status, reason: finished.outcome.reason, message, exitCode: status?.exitCode ?? null,
        summary: this.spec.kind === 'merge' ? message : summarize(this.folder.path, this.masker), lineCount: 0, git: finished.git, paths: finished.paths.slice(0, 1_000).map((path) => path.slice(0, 4_096)),
        metrics: {
          wallSeconds: status?.wallSeconds ?? Math.round(performance.now() - startedMs) / 1_000, cpuSeconds: status?.cpuSeconds ?? null, peakMemoryBytes: status?.peakMemoryBytes ?? null,
          lines: 0, inputTokens: null, outputTokens: null, costUsd: null,
        },
      },
    };
    writeMark(this.folder.path, ending.result.status === 'completed' ? message : `${ending.result.status.replace('_', ' ')}: ${message}`, true);
    this.folder.ending = ending;
    return ending;
  }

  private async merge(): Promise<{ status: null; finished: Finished }> {
    this.startPump();
    const { spec, host, programs } = this;
    try {
      const landed = await landBranch(host.git, this.landingOrder());
      return { status: null, finished: { outcome: { status: 'completed', reason: 'ok', message: landed.message }, git: landed.git, paths: [], artifacts: [] } };
    } catch (error) {
      if (this.stop.signal.aborted) throw error;
      // Nothing was moved. Whoever has the run now, or took it back, says how it ends.
      if (this.isFenced || error instanceof LeaseLostError) throw new LeaseLostError(spec.runId);
      const outcome = programs.stopping?.outcome ?? (error instanceof RefusedError ? { status: 'canceled' as const, reason: 'superseded' as const, message: error.message } : null);
      if (outcome && !(error instanceof RunFailure)) return { status: null, finished: { outcome, git: null, paths: [], artifacts: [] } };
      return { status: null, finished: this.failed(error, null) };
    }
  }

  private landingOrder(): LandingOrder {
    const { spec, folder, host } = this;
    const { policy, runnerName } = host.search;
    const subject = `Merge task "${spec.prompt.title.replace(/\s+/g, ' ').trim()}"`;
    return {
      runId: spec.runId, root: checkRoot(spec, host.search), baseBranch: spec.baseBranch, branch: spec.branch, commit: spec.mergeCommit, reviewedBaseCommit: spec.reviewedBaseCommit,
      message: `${subject}\n\nTask: ${spec.taskId ?? 'none'}\nBranch: ${spec.branch}\n`, author: { name: 'OvermindOps', email: 'runner@overmind.invalid' },
      path: folder.file('landing'), recordFile: folder.file('merge.json'),
      allowed: { roots: policy.roots, allowOtherOwners: policy.allowOtherOwners, runnerName, filters: new Set() },
      lastWord: (commits) => host.controlPlane.requestLanding(this.lease, commits), signal: this.landingStop.signal, ...(host.onLandingStep ? { onStep: host.onLandingStep } : {}),
    };
  }

  /**
   * The run was taken away while it merged, and the control plane may not know what became of it: the repository does.
   * @returns false when that is left to the next runner
   */
  private async tellLanding(): Promise<boolean> {
    const { controlPlane, git, logger } = this.host;
    const { runId } = this.spec;
    try {
      const outcome = await lookAtLanding(git, this.landingOrder());
      await retrying(() => controlPlane.reportLanding(this.lease, outcome), this.stop.signal);
      logger.info({ runId, isMerged: outcome.isMerged }, 'told how a merge went whose lease was lost');
    } catch (error) {
      if (this.stop.signal.aborted) return false;
      logger.warn({ err: error, runId }, 'how a merge went, whose lease was lost, could not be told');
    }
    return true;
  }

  private async runCommands(): Promise<{ status: KeeperStatus | null; finished: Finished }> {
    try {
      const status = await this.programs.run();
      const outcome: Outcome = status?.outcome ?? this.programs.stopping?.outcome ?? { status: 'failed', reason: 'internal', message: 'The keeper of this run was ended from outside, and the run with it' };
      if (this.stop.signal.aborted) throw new Error('left to the next runner');
      const { spec, folder, host, masker } = this;
      const workspace = folder.workspace;
      // Another attempt may be at work already: what this one left is looked at by people, not by us.
      if (this.isFenced) return { status, finished: { outcome, git: null, paths: [], artifacts: [] } };
      const order = { spec, folder, workspace, workFolder: workspace?.path ?? spec.repoRoot, runnerFolder: host.runnerFolder, outcome, policy: host.policy, masker };
      const finished = await finishRun(host.git, order).catch((error: unknown) => this.failed(error, outcome));
      return { status, finished };
    } catch (error) {
      if (this.stop.signal.aborted) throw error;
      // Nothing has run yet: no branch that holds nothing stays behind.
      const unused = this.folder.workspace;
      if (unused && !this.programs.isStarted) await discardWorkspace(this.host.git, this.host.runnerFolder, unused);
      return { status: null, finished: this.failed(error, null) };
    }
  }

  /** What failed outside the run's own programs. When these had failed already, their reason stands. */
  private failed(error: unknown, outcome: Outcome | null): Finished {
    if (!(error instanceof RunFailure)) this.host.logger.error({ err: error, runId: this.spec.runId }, 'a run failed inside the runner');
    const stands = outcome !== null && outcome.status !== 'completed';
    return { outcome: stands ? outcome : outcomeOf(error), git: null, paths: error instanceof RunFailure ? error.paths : [], artifacts: [] };
  }

  private startPump(): void {
    const { controlPlane, logger } = this.host;
    this.pump ??= new LogPump({
      folder: this.folder.path, masker: this.masker, maxLogBytes: Math.min(this.spec.limits.maxLogBytes, this.host.policy.limits.maxLogBytes), logger,
      send: (batch, signal) => retrying(() => controlPlane.appendLogs(this.lease, batch), signal),
    });
    this.pump.finished.catch((error: unknown) => {
      if (error instanceof LeaseLostError) return this.fence();
      if (this.stop.signal.aborted) return;
      logger.error({ err: error, runId: this.spec.runId }, 'the log of a run can not be stored');
      this.cancel({ status: 'failed', reason: 'internal', message: 'Ended: its log can not be stored' });
    });
  }

  /** Tells the control plane, in this order: every line, the artifacts, the result. */
  private async report(ending: Ending): Promise<void> {
    this.startPump();
    const { controlPlane, logger } = this.host;
    const { signal } = this.stop;
    const lineCount = await Promise.race([this.pump?.finished ?? 0, this.fencedForLong]);
    if (this.isFenced || lineCount === null) return;
    for (const artifact of ending.artifacts) {
      await retrying(() => controlPlane.uploadArtifact(this.lease, artifact), signal).catch((error: unknown) => {
        if (!(error instanceof RefusedError)) throw error;
        logger.warn({ err: error, runId: this.spec.runId, artifact: artifact.name }, 'an artifact was refused');
      });
    }
    const result = { ...ending.result, lineCount, metrics: { ...ending.result.metrics, lines: lineCount } };
    await retrying(() => controlPlane.complete(this.lease, result), signal);
    logger.info({ runId: this.spec.runId, status: result.status, reason: result.reason, lines: lineCount }, 'run ended');
  }

  private clearUp(): void {
    this.folder.remove();
  }
}
