import { isTokenRefused, LeaseLostError, type ControlPlane, type RunLease } from '../control-plane/control-plane.ts';
import { LeaseGuard } from './lease-guard.ts';

/** How long a lost run's last lines are still offered to the control plane. */
export const LOST_TAIL_MS = 60_000;

/**
 * The lease of one run as this runner holds it, until it is lost (another attempt may be under way) or left (the
 * run is for the runner that starts next). Everything that is done about the run asks here first.
 */
export class HeldLease {
  readonly lease: RunLease;
  readonly guard: LeaseGuard;
  /** Resolves when the lease has been lost for so long that nothing more is told of the run. */
  readonly lostForLong: Promise<null>;
  private readonly leaving = new AbortController();
  private readonly losing = new AbortController();
  private onLostForLong = (): void => undefined;

  /** @param sinceSentMs time since the claim or renewal was sent that the lease stems from */
  constructor(controlPlane: ControlPlane, lease: RunLease, durationMs: number, sinceSentMs: number) {
    this.lease = lease;
    this.guard = new LeaseGuard(controlPlane, lease, durationMs, sinceSentMs);
    this.lostForLong = new Promise<null>((resolve) => {
      this.onLostForLong = () => resolve(null);
    });
  }

  /** Aborted: the run is left to the next runner. */
  get left(): AbortSignal {
    return this.leaving.signal;
  }

  get isLeft(): boolean {
    return this.left.aborted;
  }

  get isLost(): boolean {
    return this.losing.signal.aborted;
  }

  /** Aborted when nothing more may be told: the runner leaves, or the run is not ours any more. */
  get leftOrLost(): AbortSignal {
    return AbortSignal.any([this.leaving.signal, this.losing.signal]);
  }

  leave(): void {
    this.leaving.abort();
  }

  lose(): void {
    this.losing.abort();
    setTimeout(this.onLostForLong, LOST_TAIL_MS).unref();
  }

  /** Whether an error ends all work on the run, and not just the run. */
  isOver(error: unknown): boolean {
    return this.isLeft || this.isLost || error instanceof LeaseLostError || isTokenRefused(error);
  }

  /** @throws Error, when the run was left; LeaseLostError, when it is not ours any more */
  requireOurs(): void {
    if (this.isLeft) throw new Error('left to the next runner');
    if (this.isLost) throw new LeaseLostError(this.lease.runId);
  }

  /** Before what can not be taken back. @throws LeaseLostError */
  async require(): Promise<void> {
    await this.guard.require(this.leftOrLost);
    this.requireOurs();
  }
}
