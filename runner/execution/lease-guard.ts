import { LeaseLostError, type ControlPlane, type RunLease } from '../control-plane/control-plane.ts';
import { retrying } from '../control-plane/retry.ts';
import { AWAKE_OR_ASLEEP_STEP_MS, awakeOrAsleepMs } from './awake-or-asleep.ts';

/**
 * Whether a run is still ours, before something is done that can not be taken back. A process that was stopped, or a
 * machine that slept, goes on in the middle of a line of code, long after the server gave the run away.
 */
export class LeaseGuard {
  private renewedMs: number;

  /** @param sinceSentMs time since the claim or renewal was sent that the lease stems from */
  constructor(
    private readonly controlPlane: ControlPlane,
    private readonly lease: RunLease,
    private readonly durationMs: number,
    sinceSentMs: number,
  ) {
    this.renewedMs = awakeOrAsleepMs() - sinceSentMs;
  }

  /** @param sentMs when the renewal was sent, on `awakeOrAsleepMs` */
  renewed(sentMs: number): void {
    this.renewedMs = Math.max(this.renewedMs, sentMs);
  }

  /** Whether the control plane has renewed the lease at or after this moment. */
  isRenewedSince(ms: number): boolean {
    return this.renewedMs >= ms;
  }

  /** Asks the control plane, unless the lease can not have run out yet. @throws LeaseLostError */
  async require(signal: AbortSignal): Promise<void> {
    if (awakeOrAsleepMs() - this.renewedMs < this.durationMs - AWAKE_OR_ASLEEP_STEP_MS) return;
    await retrying(() => this.ask(), signal);
  }

  private async ask(): Promise<void> {
    const sentMs = awakeOrAsleepMs();
    const [verdict] = await this.controlPlane.renew([this.lease]);
    if (verdict?.isRenewed !== true) throw new LeaseLostError(this.lease.runId);
    this.renewed(sentMs);
  }
}
