/** Kept back from each lease: signals, timers and the server's own rounding must fit into it. */
const MAX_MARGIN_MS = 2_000;
/** Renewed this many times within one lease, and at least every 10 s. */
const RENEWALS_PER_LEASE = 6;
const MAX_RENEWAL_MS = 10_000;

/** Time left until no process of a run may be alive. @param sinceSentMs time since the last renewal that the server confirmed was sent */
export function leaseTtlMs(durationMs: number, sinceSentMs: number): number {
  return Math.max(0, durationMs - Math.min(MAX_MARGIN_MS, durationMs / 10) - sinceSentMs);
}

/** A clock that a runner and its keepers share: `performance.now` counts from the start of each process. Stands still while the machine sleeps. */
export function sharedMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

export function renewalIntervalMs(durationMs: number): number {
  return Math.min(durationMs / RENEWALS_PER_LEASE, MAX_RENEWAL_MS);
}
