import { setTimeout as sleep } from 'node:timers/promises';
import { ActivityPump } from '../activity/activity-pump.ts';
import { isTokenRefused, LeaseLostError } from '../control-plane/control-plane.ts';
import { retrying } from '../control-plane/retry.ts';
import { DESCRIPTORS_RETRY_MS, isOutOfDescriptors } from './descriptors.ts';
import { realpathOrNull } from './paths.ts';
import type { RunContext } from './run-context.ts';

/** How long an ended run waits for the control plane to take the last of its activity. */
const PATIENCE_MS = 15_000;

/**
 * The activity of one run on its way to the control plane, while its agent works. Nothing that happens to it ends the run or
 * fails it: every word of the agent is in the log as well.
 */
export class RunActivity {
  private pump: ActivityPump | null = null;
  /** Nothing more of it is sent. */
  private isOver = false;
  /** Until it is tried again to begin. */
  private retry: NodeJS.Timeout | null = null;

  /**
   * @param onLeaseLost the control plane takes nothing under this lease any more
   * @param patienceMs for the end of it
   */
  constructor(
    private readonly run: RunContext,
    private readonly onLeaseLost: () => void,
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  /**
   * Sends what the agent does, and goes on by itself. Where no file can be opened at the moment, it begins later.
   * @param from where its output begins in the spool of standard output
   */
  begin(from: number): void {
    const { host, spec, folder, masker, held } = this.run;
    const { reader: program } = spec;
    if (program === 'plain' || spec.kind !== 'task' || this.pump || this.retry || this.isOver) return;
    const { controlPlane, logger } = host;
    try {
      this.pump = new ActivityPump({
        folder: folder.path,
        from,
        program,
        masker,
        workFolder: folder.workspace?.path ?? realpathOrNull(spec.repoRoot) ?? spec.repoRoot,
        session: spec.session,
        logger,
        send: (batch, signal) => retrying(() => controlPlane.appendActivity(held.lease, batch), signal),
      });
      this.pump.finished.catch((error: unknown) => this.giveUp(error));
    } catch (error) {
      if (!isOutOfDescriptors(error)) return this.giveUp(error);
      logger.warn({ err: error, runId: spec.runId }, 'the activity of a run waits for a file to open');
      this.retry = setTimeout(() => {
        this.retry = null;
        this.begin(from);
      }, DESCRIPTORS_RETRY_MS);
    }
  }

  /** Once the agent has ended: resolves when all of it is stored, or as much as can be in time. Never rejects. */
  async allTold(): Promise<void> {
    const { host, spec, held } = this.run;
    const waiting = new AbortController();
    const signal = AbortSignal.any([waiting.signal, held.leftOrLost]);
    const tooLate = sleep(this.patienceMs, 'late' as const, { signal }).catch(() => 'over' as const);
    if ((await Promise.race([this.lastTold(), tooLate])) === 'late')
      host.logger.warn({ runId: spec.runId }, 'the last of what an agent did could not be told in time');
    waiting.abort();
    // A request that is under way is not waited for.
    void this.close();
  }

  /** Stops sending. What is not sent is for the runner that starts next. */
  async close(): Promise<void> {
    this.isOver = true;
    if (this.retry) clearTimeout(this.retry);
    this.retry = null;
    await this.pump?.close();
  }

  /** Never rejects: why not is said by then. */
  private async lastTold(): Promise<void> {
    const from = this.pump ? null : this.outputFrom();
    if (from !== null) this.begin(from);
    while (this.retry) await sleep(DESCRIPTORS_RETRY_MS);
    await this.pump?.finish().catch(() => undefined);
  }

  /** What an earlier runner has not told begins where the keeper wrote down. */
  private outputFrom(): number | null {
    const { folder, host, spec } = this.run;
    try {
      return folder.status?.agentOutputFrom?.[0] ?? null;
    } catch (error) {
      host.logger.warn({ err: error, runId: spec.runId }, 'what a keeper wrote down can not be read');
      return null;
    }
  }

  private giveUp(error: unknown): void {
    const { host, spec, held } = this.run;
    if (this.isOver) return;
    this.isOver = true;
    if (error instanceof LeaseLostError) this.onLeaseLost();
    else if (isTokenRefused(error)) host.onTokenRefused(error);
    else if (!held.isLeft)
      host.logger.warn({ err: error, runId: spec.runId }, 'the activity of a run can not be stored; its raw output is');
  }
}
