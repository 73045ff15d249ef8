import type { RunSpec } from '#contract/run-spec.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunnerCommand } from './control-plane/control-plane.ts';
import { LiveRun } from './execution/live-run.ts';
import type { Outcome } from './execution/outcome.ts';
import type { RunFolder } from './execution/run-folder.ts';
import type { RunHost } from './execution/run-host.ts';

/** Cancels of runs that are not ours yet: a command can overtake the answer to the claim. */
const MAX_EARLY_CANCELS = 100;
/**
 * What a stop that ends the runs leaves them between SIGTERM and SIGKILL: nobody waits longer for a runner that was
 * told to stop.
 */
const MAX_STOP_GRACE_MS = 6_000;
/** And then for the control plane to hear of it. */
const REPORT_MS = 4_000;

/** The runs on this machine, by their ids, from their claim or adoption until they are finished. */
export class LiveRuns {
  private readonly runs = new Map<string, LiveRun>();
  private readonly earlyCancels = new Map<string, Outcome>();

  /** @param onFinished called after each run, when it is not counted any more */
  constructor(private readonly onFinished: (spec: RunSpec) => void) {}

  get size(): number {
    return this.runs.size;
  }

  get all(): LiveRun[] {
    return [...this.runs.values()];
  }

  get(runId: string): LiveRun | undefined {
    return this.runs.get(runId);
  }

  /** Does a run of this task, or that is its own task, work here now? */
  isLive(taskId: string): boolean {
    return this.all.some(({ spec }) => (spec.taskId ?? spec.runId) === taskId);
  }

  /** Begins a run, or goes on with it. The arguments are those of `LiveRun`. */
  add(host: RunHost, spec: RunSpec, folder: RunFolder, leaseSentMs: number, isOurs: boolean): LiveRun {
    const run = new LiveRun(host, spec, folder, leaseSentMs, isOurs);
    this.runs.set(spec.runId, run);
    const early = this.earlyCancels.get(spec.runId);
    if (early) run.cancel(early);
    void run.finished.then(() => {
      this.runs.delete(spec.runId);
      this.onFinished(spec);
    });
    return run;
  }

  /** Ends one run, also one that is not here yet. */
  cancel({ runId, reason, message }: Extract<RunnerCommand, { type: 'cancel' }>): void {
    const outcome: Outcome = { status: 'canceled', reason, message };
    const run = this.runs.get(runId);
    if (run) return run.cancel(outcome);
    this.earlyCancels.set(runId, outcome);
    const [oldest] = this.earlyCancels.keys();
    if (this.earlyCancels.size > MAX_EARLY_CANCELS && oldest !== undefined) this.earlyCancels.delete(oldest);
  }

  /** Ends them all, as lost with this runner. @param message why, for people */
  endAll(message: string): void {
    for (const run of this.all) run.cancel({ status: 'timed_out', reason: 'runner_lost', message }, MAX_STOP_GRACE_MS);
  }

  /** Ends them all, and waits until the control plane has heard of it, but not for long. */
  async endAndReport(message: string): Promise<void> {
    const finished = Promise.all(this.all.map((run) => run.finished));
    this.endAll(message);
    await Promise.race([finished, sleep(MAX_STOP_GRACE_MS + REPORT_MS, undefined, { ref: false })]);
  }

  /** Leaves them all to their keepers and to the runner that starts next. */
  async leaveAll(): Promise<void> {
    await Promise.all(this.all.map((run) => run.leave()));
  }
}
