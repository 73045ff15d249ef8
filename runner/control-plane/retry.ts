import { setTimeout as sleep } from 'node:timers/promises';
import { TransientError } from './control-plane.ts';

const FIRST_DELAY_MS = 100;
/** Work is back within about a second of the control plane, and a hundred waiting runners are no load to it. */
const MAX_DELAY_MS = 1_000;

/**
 * Repeats a call while the control plane is away, less and less often, until it works or the signal is aborted.
 * @param onTrouble hears of each failure; what it throws ends the repeating
 */
export async function retrying<T>(
  call: () => Promise<T>,
  signal: AbortSignal,
  onTrouble?: (error: TransientError) => void,
): Promise<T> {
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
    signal.throwIfAborted();
    let askedMs: number;
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      onTrouble?.(error);
      askedMs = error.retryAfterMs ?? 0;
    }
    // Spread out: after an outage not all runners come back in the same instant.
    await sleep(Math.max(delayMs, askedMs) * (0.75 + Math.random() * 0.5), undefined, { signal });
  }
}
