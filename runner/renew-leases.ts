import { setTimeout as sleep } from 'node:timers/promises';
import { isTokenRefused, TransientError, type ControlPlane, type RefusedError } from './control-plane/control-plane.ts';
import { awakeOrAsleepMs } from './execution/awake-or-asleep.ts';
import { renewalIntervalMs } from './execution/lease.ts';
import type { LiveRuns } from './live-runs.ts';
import type { Logger } from './logger.ts';

const RENEWAL_RETRY_MS = 500;
/** How soon a new run's lease is thought of. */
const IDLE_RENEWAL_MS = 500;
/** Used where the command itself was missed; who canceled and why, the server knows. */
const CANCELED = { status: 'canceled', reason: 'by_user', message: 'Canceled' } as const;

export interface RenewalOptions {
  live: LiveRuns;
  controlPlane: ControlPlane;
  logger: Logger;
  signal: AbortSignal;
  onTokenRefused: (error: RefusedError) => void;
}

/**
 * Renews the leases of all runs with one request, as often as the shortest of them needs it.
 * @throws AbortError, once the signal is aborted; nothing else
 */
export async function renewLeases(options: RenewalOptions): Promise<void> {
  const { live, controlPlane, logger, signal, onTokenRefused } = options;
  let delayMs = IDLE_RENEWAL_MS;
  while (!signal.aborted) {
    await sleep(delayMs, undefined, { signal });
    // The lease of a run whose keeper hangs is left to end: nobody would end its programs with it.
    const runs = live.all.filter((run) => run.isInGoodHands);
    const neededMs = Math.min(...runs.map(({ spec }) => renewalIntervalMs(spec.lease.durationMs)));
    delayMs = Math.min(IDLE_RENEWAL_MS, neededMs);
    if (runs.length === 0) continue;
    const sentMs = performance.now();
    const sentAwakeOrAsleepMs = awakeOrAsleepMs();
    try {
      const verdicts = await controlPlane.renew(runs.map(({ lease }) => lease));
      for (const { runId, isRenewed, isCancelRequested } of verdicts) {
        const run = live.get(runId);
        if (isRenewed) run?.renewed(sentMs, sentAwakeOrAsleepMs);
        else run?.fence();
        if (isCancelRequested) run?.cancel(CANCELED);
      }
      delayMs = neededMs;
    } catch (error) {
      if (signal.aborted) return;
      if (isTokenRefused(error)) return onTokenRefused(error);
      // Whatever it is: the other runs, and the next renewal, do not depend on it.
      const level = error instanceof TransientError ? 'warn' : 'error';
      logger[level]({ err: error, runs: runs.length }, 'leases could not be renewed; trying again');
      const askedMs = (error instanceof TransientError ? error.retryAfterMs : null) ?? 0;
      delayMs = Math.min(delayMs, Math.max(RENEWAL_RETRY_MS, askedMs));
    }
  }
}
