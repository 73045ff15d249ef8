import { setTimeout as sleep } from 'node:timers/promises';
import { backOffMs } from '#contract/back-off.ts';
import { TransientError } from './control-plane.ts';

/** Work is back within about a second of the control plane, and a hundred waiting runners are no load to it. */
export const RECONNECT_DELAYS = { baseDelayMs: 100, maxDelayMs: 1_000 };

/**
 * Repeats a call while the control plane is away, less and less often, until it works or the signal is aborted.
 * @param onTrouble hears of each failure; what it throws ends the repeating
 */
export async function retrying<T>(
  call: () => Promise<T>,
  signal: AbortSignal,
  onTrouble?: (error: TransientError) => void,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    let askedMs: number;
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      onTrouble?.(error);
      askedMs = error.retryAfterMs ?? 0;
    }
    await sleep(askedMs + backOffMs(RECONNECT_DELAYS, attempt), undefined, { signal });
  }
}
