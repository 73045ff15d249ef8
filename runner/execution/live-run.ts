import type { RunSpec } from '#contract/run-spec.ts';
import { isTokenRefused, LeaseLostError, type RunLease } from '../control-plane/control-plane.ts';
import { collectSecrets, createMasker } from '../logs/mask.ts';
import { HeldLease, LOST_TAIL_MS } from './held-lease.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import { messageOf, tellArtifacts, tellResult, withLines, withWords, type ReportOrder } from './report-run.ts';
import type { RunContext } from './run-context.ts';
import type { Ending, RunFolder } from './run-folder.ts';
import type { RunHost } from './run-host.ts';
import { RunActivity } from './run-activity.ts';
import { RunLog } from './run-log.ts';
import { RunWork } from './run-work.ts';

/** A full disk is to be told within seconds: its program gets less time than its agent may give it. */
const FULL_DISK_GRACE_MS = 1_000;

/** What becomes of the run's folder. */
type Fate =
  /** All of it was told, or nothing of it is wanted any more. */
  | { is: 'told' }
  /** It is for the runner that starts next. */
  | { is: 'left' }
  /** Something in it was never told. */
  | { is: 'kept'; kind: 'broken' | 'unsent' | 'refused'; why: string };

/**
 * One run on this machine, from its claim (or its adoption by a restarted runner) until the control plane has its
 * result: its work is done, its log sent, its result told, in the time that its lease is held.
 */
export class LiveRun {
  /** Resolves when nothing is left to do; never rejects. */
  readonly finished: Promise<void>;
  private begin!: () => void;
  /** Resolves when its programs are with their keeper, its merge is under way, or it has ended without; never rejects. */
  readonly begun = new Promise<void>((resolve) => {
    this.begin = resolve;
  });
  private readonly run: RunContext;
  private readonly held: HeldLease;
  private readonly log: RunLog;
  private readonly activity: RunActivity;
  private readonly work: RunWork;

  /**
   * @param leaseSentMs when the claim or the last renewal was sent, on the monotonic clock: its lease counts from then
   *   at the latest
   * @param isOurs false: the lease was lost while no runner was here; nothing is done but to end it
   */
  constructor(
    private readonly host: RunHost,
    readonly spec: RunSpec,
    private readonly folder: RunFolder,
    leaseSentMs: number,
    isOurs = true,
  ) {
    const { durationMs, token } = spec.lease;
    const secrets = [...collectSecrets(host.env, host.policy.secretEnvNames, spec.env), ...host.ownSecrets, token];
    const lease = { runId: spec.runId, token };
    this.held = new HeldLease(host.controlPlane, lease, durationMs, performance.now() - leaseSentMs);
    this.run = { host, spec, folder, held: this.held, masker: createMasker(secrets) };
    this.log = new RunLog(this.run, {
      onLeaseLost: () => this.fence(),
      onUnstorable: (error) => this.onLogUnstorable(error),
      onDiskTrouble: (error) => this.onDiskTrouble(error),
    });
    this.activity = new RunActivity(this.run, () => this.fence());
    this.work = new RunWork(this.run, this.log, {
      leaseSentMs,
      onBegun: () => this.begin(),
      onAgentOutput: (from) => this.activity.begin(from),
    });
    if (!isOurs) this.fence();
    this.finished = this.live();
    void this.finished.then(() => this.begin());
  }

  get lease(): RunLease {
    return this.held.lease;
  }

  /**
   * Ends the run's programs; what they print meanwhile is kept.
   * @param maxGraceMs between SIGTERM and SIGKILL, when the agent's own grace is longer
   */
  cancel(outcome: Outcome, maxGraceMs?: number): void {
    this.work.cancel(outcome, maxGraceMs);
  }

  /** False while nobody would end its programs when its lease ends. */
  get isInGoodHands(): boolean {
    return this.work.programs.isInGoodHands;
  }

  /**
   * @param sentMs when the renewal was *sent*: the server's clock can only have started later
   * @param sentAwakeOrAsleepMs the same moment, on the clock that runs while the machine sleeps
   */
  renewed(sentMs: number, sentAwakeOrAsleepMs: number): void {
    this.held.guard.renewed(sentAwakeOrAsleepMs);
    this.work.programs.renewed(sentMs);
  }

  /** Another attempt may be under way: end everything, say nothing but the log's tail. */
  fence(): void {
    if (this.held.isLost) return;
    this.held.lose();
    this.host.logger.warn({ runId: this.spec.runId }, 'the lease is lost; ending the run');
    this.cancel({ status: 'timed_out', reason: 'runner_lost', message: 'Ended: the lease of this run is lost' });
  }

  /** Leaves the run to its keeper and to the runner that starts next. */
  async leave(): Promise<void> {
    this.held.leave();
    this.work.landing.giveUp();
    this.work.programs.disconnect();
    await Promise.all([this.log.close(), this.activity.close()]);
    await this.finished;
  }

  private async live(): Promise<void> {
    const fate = await this.liveToItsEnd();
    await Promise.all([this.log.close(), this.activity.close()]);
    this.work.programs.disconnect();
    // The runner must outlive whatever its runs leave.
    try {
      if (fate.is === 'told') this.host.leftovers.remove(this.folder.path);
      if (fate.is === 'kept') this.host.leftovers.keep(this.folder.path, fate.kind, fate.why);
    } catch (error) {
      this.host.logger.error({ err: error, runId: this.spec.runId }, 'what a run left could not be cleared up');
    }
    this.host.reserve.keep();
  }

  /** Never rejects: whatever goes wrong with one run is that run's fate. */
  private async liveToItsEnd(): Promise<Fate> {
    const { held, work, host, spec } = this;
    try {
      if (!held.isLost) return await this.workAndReport();
    } catch (error) {
      if (held.isLeft) return { is: 'left' };
      if (isTokenRefused(error)) {
        host.onTokenRefused(error);
        return { is: 'left' };
      }
      if (!held.isLost && !(error instanceof LeaseLostError)) {
        const what = 'the run could not be brought to its end; its lease will run out';
        host.logger.error({ err: error, runId: spec.runId }, what);
        await work.endPrograms();
        return { is: 'kept', kind: 'refused', why: messageOf(error) };
      }
    }
    this.fence();
    // What became of a merge is the repository's to say, and the next runner's when it can not be told now.
    if (spec.kind === 'merge' && !(await work.landing.tell())) return { is: 'left' };
    return this.sendTail();
  }

  private async workAndReport(): Promise<Fate> {
    const ending = await this.work.decide();
    this.held.requireOurs();
    return this.report(ending);
  }

  /** Tells the control plane, in this order: every line, the activity, the artifacts, the result. @throws LeaseLostError */
  private async report(ending: Ending): Promise<Fate> {
    const { held, lease, log, spec } = this;
    const { controlPlane, logger } = this.host;
    const order: ReportOrder = {
      controlPlane,
      lease,
      guard: held.guard,
      masker: this.run.masker,
      logger,
      signal: held.leftOrLost,
      resend: () => log.resend(),
    };
    const { lines, why } = await log.allLines();
    await this.activity.allTold();
    held.requireOurs();
    const notes = await tellArtifacts(order, ending.artifacts);
    held.requireOurs();
    const result = withLines(withWords(ending.result, { logTrouble: why, notes, kind: spec.kind }), lines);
    const refusal = await tellResult(order, result);
    logger.info({ runId: spec.runId, status: result.status, reason: result.reason, lines }, 'run ended');
    if (refusal !== null) return { is: 'kept', kind: 'refused', why: refusal };
    return why === null ? { is: 'told' } : { is: 'kept', kind: 'unsent', why };
  }

  /** The lease is lost: the programs are ended; what they have printed may still be told, as evidence; nothing else. */
  private async sendTail(): Promise<Fate> {
    try {
      await this.work.programs.endLeft();
      if (this.folder.ending === null) this.log.markEnd('lost: Ended: the lease of this run is lost');
      if (await this.log.sendTail()) return { is: 'told' };
      const after = `${LOST_TAIL_MS / 1_000} s after the lease was lost`;
      return { is: 'kept', kind: 'unsent', why: `The control plane did not take the last lines within ${after}` };
    } catch (error) {
      if (this.held.isLeft) return { is: 'left' };
      if (isTokenRefused(error)) this.host.onTokenRefused(error);
      await this.work.endPrograms();
      return { is: 'kept', kind: 'unsent', why: messageOf(error) };
    }
  }

  private onLogUnstorable(error: unknown): void {
    const message = `Ended: its log can not be stored (${messageOf(error)})`;
    this.cancel({ status: 'failed', reason: 'internal', message });
  }

  /** Its numbers can not be written down: what fills the disk is ended; what is kept for the end is given up then. */
  private onDiskTrouble(error: unknown): void {
    if (this.work.programs.stopping === null) this.cancel(outcomeOf(error), FULL_DISK_GRACE_MS);
  }
}
