import type { RunResult } from '#contract/run-result.ts';
import type { RunSpec } from '#contract/run-spec.ts';
import { isTokenRefused, LeaseLostError, RefusedError, type RunLease } from '../control-plane/control-plane.ts';
import { retrying } from '../control-plane/retry.ts';
import { LogPump } from '../logs/log-pump.ts';
import { writeMark } from '../logs/marks.ts';
import { collectSecrets, createMasker, type Masker } from '../logs/mask.ts';
import { checkRoot } from './check-run-spec.ts';
import { diskFaultOf } from './disk.ts';
import { finishRun, type Finished } from './finish-run.ts';
import type { Git } from './git.ts';
import { readGitSettings } from './git-settings.ts';
import type { KeeperStatus } from './keeper-protocol.ts';
import { KeptPrograms } from './kept-programs.ts';
import { landBranch } from './landing.ts';
import type { LandingOrder } from './landing-order.ts';
import { lookAtLanding } from './landing-outcome.ts';
import { LeaseGuard } from './lease-guard.ts';
import { endLeftProcesses } from './left-processes.ts';
import { onFullDisk, outcomeOf, RunFailure, type Outcome } from './outcome.ts';
import { messageOf, tellArtifacts, tellResult, withLines, type ReportOrder } from './report-run.ts';
import { assertPlacesAllowed, readRepositoryPlaces } from './repository-places.ts';
import type { Ending, RunFolder } from './run-folder.ts';
import type { RunHost } from './run-host.ts';
import { summarize } from './summary.ts';
import { discardWorkspace } from './workspace.ts';

/** How long a fenced run's last lines are still offered to the control plane. */
const FENCED_TAIL_MS = 60_000;
/** A full disk is to be told within seconds: its program gets less time than its agent may give it. */
const FULL_DISK_GRACE_MS = 1_000;
const MAX_MESSAGE_CHARS = 2_000;

/** What becomes of the run's folder. */
type Fate =
  /** All of it was told, or nothing of it is wanted any more. */
  | { is: 'told' }
  /** It is for the runner that starts next. */
  | { is: 'left' }
  /** Something in it was never told. */
  | { is: 'kept'; kind: 'broken' | 'unsent' | 'refused'; why: string };

/** One run on this machine, from its claim (or its adoption by a restarted runner) until the control plane has its result. */
export class LiveRun {
  /** Resolves when nothing is left to do; never rejects. */
  readonly finished: Promise<void>;
  readonly lease: RunLease;
  private readonly masker: Masker;
  private readonly guard: LeaseGuard;
  private readonly stop = new AbortController();
  /** Aborted: a merge is given up, unless the last word has been spoken. */
  private readonly landingStop = new AbortController();
  private readonly fenced = new AbortController();
  private readonly programs: KeptPrograms;
  private pump: LogPump | null = null;
  private onFencedForLong = (): void => undefined;
  private readonly fencedForLong = new Promise<null>((resolve) => {
    this.onFencedForLong = () => resolve(null);
  });

  /**
   * @param leaseSentMs when the claim or the last renewal was sent, on the monotonic clock: its lease counts from then at the latest
   * @param isOurs false: the lease was lost while no runner was here; nothing is done but to end it
   */
  constructor(private readonly host: RunHost, readonly spec: RunSpec, private readonly folder: RunFolder, leaseSentMs: number, isOurs = true) {
    this.lease = { runId: spec.runId, token: spec.lease.token };
    this.masker = createMasker([...collectSecrets(host.env, host.policy.secretEnvNames, spec.env), ...host.ownSecrets, spec.lease.token]);
    this.guard = new LeaseGuard(host.controlPlane, this.lease, spec.lease.durationMs, performance.now() - leaseSentMs);
    this.programs = new KeptPrograms({
      host, spec, folder, leaseSentMs, leaving: this.stop.signal, onOutput: () => this.startPump(), requireLease: () => this.requireLease(),
    });
    if (!isOurs) this.fence();
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

  /**
   * @param sentMs when the renewal was *sent*: the server's clock can only have started later
   * @param sentAwakeOrAsleepMs the same moment, on the clock that runs while the machine sleeps
   */
  renewed(sentMs: number, sentAwakeOrAsleepMs: number): void {
    this.guard.renewed(sentAwakeOrAsleepMs);
    this.programs.renewed(sentMs);
  }

  /** Another attempt may be under way: end everything, say nothing but the log's tail. */
  fence(): void {
    if (this.isFenced) return;
    this.fenced.abort();
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

  private get isFenced(): boolean {
    return this.fenced.signal.aborted;
  }

  private async live(): Promise<void> {
    const fate = await this.liveToItsEnd();
    await this.pump?.close();
    this.programs.disconnect();
    // The runner must outlive whatever its runs leave.
    try {
      if (fate.is === 'told') this.clearUp();
      if (fate.is === 'kept') this.host.leftovers.keep(this.folder.path, fate.kind, fate.why);
    } catch (error) {
      this.host.logger.error({ err: error, runId: this.spec.runId }, 'what a run left could not be cleared up');
    }
    this.host.reserve.keep();
  }

  /** Never rejects: whatever goes wrong with one run is that run's fate. */
  private async liveToItsEnd(): Promise<Fate> {
    const { logger } = this.host;
    const { runId } = this.spec;
    try {
      if (!this.isFenced) return await this.workAndReport();
    } catch (error) {
      if (this.stop.signal.aborted) return { is: 'left' };
      if (isTokenRefused(error)) {
        this.host.onTokenRefused(error);
        return { is: 'left' };
      }
      if (!this.isFenced && !(error instanceof LeaseLostError)) {
        logger.error({ err: error, runId }, 'the run could not be brought to its end; its lease will run out');
        await this.endPrograms();
        return { is: 'kept', kind: 'refused', why: messageOf(error) };
      }
    }
    this.fence();
    // What became of a merge is the repository's to say, and the next runner's when it can not be told now.
    if (this.spec.kind === 'merge' && !(await this.tellLanding())) return { is: 'left' };
    return this.sendTail();
  }

  private async workAndReport(): Promise<Fate> {
    const ending = await this.decide();
    this.requireOurs();
    return this.report(ending);
  }

  /** How the run ended, whatever happens to it. @throws LeaseLostError, or any error once the run is left */
  private async decide(): Promise<Ending> {
    try {
      return this.folder.ending ?? (await this.work());
    } catch (error) {
      if (this.isOver(error)) throw error;
      // Whatever went wrong, nothing of the run may go on.
      await this.endPrograms();
      return this.end(null, this.failed(error, null), 0);
    }
  }

  /** Does the work and decides how it ended. */
  private async work(): Promise<Ending> {
    const startedMs = performance.now();
    const done = this.spec.kind === 'merge' ? await this.merge() : await this.runCommands();
    this.requireOurs();
    return this.end(done.status, done.finished, Math.round(performance.now() - startedMs) / 1_000);
  }

  /** Writes down how it ended: the log's last line, and the result. What the disk does not take is told from memory. */
  private end(status: KeeperStatus | null, finished: Finished, wallSeconds: number): Ending {
    const message = this.masker.mask(finished.outcome.message).slice(0, MAX_MESSAGE_CHARS);
    const result: RunResult = {
      runId: this.spec.runId, status: finished.outcome.status, reason: finished.outcome.reason, message, exitCode: status?.exitCode ?? null,
      summary: this.spec.kind === 'merge' ? message : this.summarize(), lineCount: 0, git: finished.git, paths: finished.paths.slice(0, 1_000).map((path) => this.masker.mask(path).slice(0, 4_096)),
      metrics: {
        wallSeconds: status?.wallSeconds ?? wallSeconds, cpuSeconds: status?.cpuSeconds ?? null, peakMemoryBytes: status?.peakMemoryBytes ?? null,
        lines: 0, inputTokens: null, outputTokens: null, costUsd: null,
      },
    };
    const ending: Ending = { artifacts: finished.artifacts, result };
    this.markEnd(result.status === 'completed' ? message : `${result.status.replace('_', ' ')}: ${message}`);
    try {
      this.folder.ending = ending;
    } catch (error) {
      this.host.logger.warn({ err: error, runId: this.spec.runId }, 'how a run ended is not on disk; it is told from memory');
    }
    return ending;
  }

  private async merge(): Promise<{ status: null; finished: Finished }> {
    this.startPump();
    const { programs } = this;
    try {
      const { git, order } = await this.prepareLanding();
      const landed = await landBranch(git, order);
      return { status: null, finished: { outcome: { status: 'completed', reason: 'ok', message: landed.message }, git: landed.git, paths: [], artifacts: [] } };
    } catch (error) {
      // Nothing was moved. Whoever has the run now, or took it back, says how it ends.
      if (this.isOver(error)) throw error;
      const outcome = programs.stopping?.outcome ?? (error instanceof RefusedError ? { status: 'canceled' as const, reason: 'superseded' as const, message: error.message } : null);
      if (outcome && !(error instanceof RunFailure)) return { status: null, finished: { outcome, git: null, paths: [], artifacts: [] } };
      return { status: null, finished: this.failed(error, null) };
    }
  }

  /** With a Git that knows what the user has set up for himself: his checkout is as his own Git made it. */
  private async prepareLanding(): Promise<{ git: Git; order: LandingOrder }> {
    const { spec, folder, host } = this;
    const { policy, runnerName } = host.search;
    const root = checkRoot(spec, host.search);
    const places = readRepositoryPlaces(root);
    assertPlacesAllowed(places, policy.roots, runnerName);
    const { format, filters } = await readGitSettings(host.git, { places, env: host.env, trustedFilters: policy.filters });
    const subject = `Merge task "${spec.prompt.title.replace(/\s+/g, ' ').trim()}"`;
    const order: LandingOrder = {
      runId: spec.runId, root, baseBranch: spec.baseBranch, branch: spec.branch, commit: spec.mergeCommit, reviewedBaseCommit: spec.reviewedBaseCommit,
      message: `${subject}\n\nTask: ${spec.taskId ?? 'none'}\nBranch: ${spec.branch}\n`, author: { name: 'OvermindOps', email: 'runner@overmind.invalid' },
      path: folder.file('landing'), recordFile: folder.file('merge.json'),
      allowed: { roots: policy.roots, allowOtherOwners: policy.allowOtherOwners, runnerName, filters: new Set(filters.trusted.keys()), otherFilters: filters.untrusted },
      lastWord: (commits) => host.controlPlane.requestLanding(this.lease, commits), signal: this.landingStop.signal, ...(host.onLandingStep ? { onStep: host.onLandingStep } : {}),
    };
    return { git: host.git.trusting([...format.filter(([key]) => key.startsWith('core.')), ...[...filters.trusted.values()].flat()]), order };
  }

  /**
   * The run was taken away while it merged, and the control plane may not know what became of it: the repository does.
   * @returns false when that is left to the next runner
   */
  private async tellLanding(): Promise<boolean> {
    const { controlPlane, logger } = this.host;
    const { runId } = this.spec;
    try {
      const { git, order } = await this.prepareLanding();
      const outcome = await lookAtLanding(git, order);
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
      this.requireOurs();
      await this.requireLease();
      const isDiskFull = this.host.reserve.releaseWhenFull();
      const { spec, folder, host, masker } = this;
      const { workspace } = folder;
      const order = { spec, folder, workspace, workFolder: workspace?.path ?? spec.repoRoot, runnerFolder: host.runnerFolder, outcome, policy: host.policy, masker, logger: host.logger };
      const finished = await finishRun(host.git, order).catch((error: unknown) => this.failed(error, outcome));
      return { status, finished: isDiskFull ? { ...finished, outcome: onFullDisk(finished.outcome) } : finished };
    } catch (error) {
      if (!this.stop.signal.aborted) await this.discardUnused();
      if (this.isOver(error)) throw error;
      return { status: null, finished: this.failed(error, null) };
    }
  }

  /** Nothing has run yet: no branch that holds nothing stays behind. */
  private async discardUnused(): Promise<void> {
    if (this.programs.isStarted) return;
    try {
      const unused = this.folder.workspace;
      if (unused) await discardWorkspace(this.host.git, this.host.runnerFolder, unused);
    } catch (error) {
      // Why the run was not begun is what is told.
      this.host.logger.warn({ err: error, runId: this.spec.runId }, 'what was made for a run that was not begun could not be removed');
    }
  }

  /** What failed outside the run's own programs. When these had failed already, their reason stands. */
  private failed(error: unknown, outcome: Outcome | null): Finished {
    if (!(error instanceof RunFailure)) this.host.logger.error({ err: error, runId: this.spec.runId }, 'a run failed inside the runner');
    const stands = outcome !== null && outcome.status !== 'completed';
    const judged = stands ? outcome : outcomeOf(error);
    // Not everything that fails for want of room says so.
    const isDiskFull = diskFaultOf(error) === 'full' || (!(error instanceof RunFailure) && this.host.reserve.releaseWhenFull());
    return { outcome: isDiskFull ? onFullDisk(judged) : judged, git: null, paths: error instanceof RunFailure ? error.paths : [], artifacts: [] };
  }

  /** Whether an error ends all work on the run, and not just the run. */
  private isOver(error: unknown): boolean {
    return this.stop.signal.aborted || this.isFenced || error instanceof LeaseLostError || isTokenRefused(error);
  }

  /** @throws Error, when the run was left; LeaseLostError, when it is not ours any more */
  private requireOurs(): void {
    if (this.stop.signal.aborted) throw new Error('left to the next runner');
    if (this.isFenced) throw new LeaseLostError(this.spec.runId);
  }

  /** Before what can not be taken back. @throws LeaseLostError */
  private async requireLease(): Promise<void> {
    await this.guard.require(AbortSignal.any([this.stop.signal, this.fenced.signal]));
    this.requireOurs();
  }

  /** Ends whatever of the run may be alive, also when our own files of it can not be read. Never rejects. */
  private async endPrograms(): Promise<void> {
    this.cancel({ status: 'timed_out', reason: 'runner_lost', message: 'Ended: the runner has lost this run' });
    try {
      await this.programs.gone();
      await endLeftProcesses(this.spec.runId, null);
    } catch (error) {
      this.host.logger.error({ err: error, runId: this.spec.runId }, 'the programs of a run could not be ended');
    }
  }

  private startPump(): void {
    if (this.pump) return;
    const { controlPlane, logger } = this.host;
    const pump = new LogPump({
      folder: this.folder.path, masker: this.masker, maxLogBytes: Math.min(this.spec.limits.maxLogBytes, this.host.policy.limits.maxLogBytes), logger,
      send: (batch, signal) => retrying(() => controlPlane.appendLogs(this.lease, batch), signal), onDiskTrouble: (error) => this.onDiskTrouble(error),
    });
    this.pump = pump;
    pump.finished.catch((error: unknown) => {
      if (error instanceof LeaseLostError) return this.fence();
      if (isTokenRefused(error)) return this.host.onTokenRefused(error);
      if (this.stop.signal.aborted || this.pump !== pump) return;
      logger.error({ err: error, runId: this.spec.runId }, 'the log of a run can not be stored');
      this.cancel({ status: 'failed', reason: 'internal', message: `Ended: its log can not be stored (${messageOf(error)})` });
    });
  }

  /** The log's numbers can not be written down: what fills the disk is ended, and what is kept for the end is given up then. */
  private onDiskTrouble(error: unknown): void {
    if (this.programs.stopping === null) this.cancel(outcomeOf(error), FULL_DISK_GRACE_MS);
  }

  /** The last line. On a disk that does not take it, it is sent from memory. */
  private markEnd(text: string): void {
    try {
      writeMark(this.folder.path, text, true);
    } catch (error) {
      this.host.logger.warn({ err: error, runId: this.spec.runId }, 'the last line of a log is not on disk; it is sent from memory');
      this.addEndMark(text);
    }
  }

  private addEndMark(text: string): void {
    try {
      this.startPump();
      this.pump?.addMark(text, true);
    } catch (error) {
      // The report finds that the log can not be stored, and says so.
      this.host.logger.error({ err: error, runId: this.spec.runId }, 'the log of a run can not be read');
    }
  }

  private summarize(): string | null {
    try {
      return summarize(this.folder.path, this.masker);
    } catch (error) {
      this.host.logger.warn({ err: error, runId: this.spec.runId }, 'the output of a run can not be read for its summary');
      return null;
    }
  }

  /** Tells the control plane, in this order: every line, the artifacts, the result. @throws LeaseLostError */
  private async report(ending: Ending): Promise<Fate> {
    const { controlPlane, logger } = this.host;
    const order: ReportOrder = {
      controlPlane, lease: this.lease, guard: this.guard, masker: this.masker, logger, signal: AbortSignal.any([this.stop.signal, this.fenced.signal]), resend: () => this.resend(),
    };
    const log = await this.allLines();
    this.requireOurs();
    const notes = await tellArtifacts(order, ending.artifacts);
    this.requireOurs();
    const result = withLines(withWords(ending.result, log.why, notes), log.lines);
    const refusal = await tellResult(order, result);
    logger.info({ runId: this.spec.runId, status: result.status, reason: result.reason, lines: log.lines }, 'run ended');
    if (refusal !== null) return { is: 'kept', kind: 'refused', why: refusal };
    return log.why === null ? { is: 'told' } : { is: 'kept', kind: 'unsent', why: log.why };
  }

  /** @returns how many lines are stored, and why these are not all; null: they are. @throws LeaseLostError */
  private async allLines(): Promise<{ lines: number; why: string | null }> {
    try {
      this.startPump();
      return { lines: (await this.pump?.finished) ?? 0, why: null };
    } catch (error) {
      if (this.isOver(error)) throw error;
      return { lines: this.pump?.sentLines ?? 0, why: messageOf(error) };
    }
  }

  private async resend(): Promise<number> {
    const before = this.pump;
    this.pump = null;
    await before?.close();
    return (await this.allLines()).lines;
  }

  /** The lease is lost: the programs are ended, and what they have printed may still be told, as evidence; nothing else. */
  private async sendTail(): Promise<Fate> {
    try {
      await this.programs.endLeft();
      if (this.folder.ending === null) this.markEnd('timed out: Ended: the lease of this run is lost');
      this.startPump();
      const lines = await Promise.race([this.pump?.finished ?? 0, this.fencedForLong]);
      if (lines !== null) return { is: 'told' };
      return { is: 'kept', kind: 'unsent', why: `The control plane did not take the last lines within ${FENCED_TAIL_MS / 1_000} s after the lease was lost` };
    } catch (error) {
      if (this.stop.signal.aborted) return { is: 'left' };
      if (isTokenRefused(error)) this.host.onTokenRefused(error);
      await this.endPrograms();
      return { is: 'kept', kind: 'unsent', why: messageOf(error) };
    }
  }

  private clearUp(): void {
    this.host.leftovers.remove(this.folder.path);
  }
}

/** The result with what became of its log and its files. */
function withWords(result: RunResult, logTrouble: string | null, notes: readonly string[]): RunResult {
  const isSaid = logTrouble === null || result.message.includes(logTrouble);
  const message = [isSaid ? result.message : `Its log could not be stored (${logTrouble}). It had ended as ${result.status}: ${result.message}`, ...notes].join('. ').slice(0, MAX_MESSAGE_CHARS);
  return logTrouble === null || result.status === 'canceled' ? { ...result, message } : { ...result, message, status: 'failed', reason: 'internal' };
}
