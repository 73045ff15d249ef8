import type { RetryPolicy } from '#contract/agent-config.ts';

/**
 * Exponential backoff with "equal" jitter: half of the step is certain, half is random, so that many tasks that
 * failed together do not come back together.
 * @param attempt the attempt that failed, from 1
 * @param random 0 ≤ random < 1
 * @returns milliseconds to wait
 */
export function retryDelayMs(policy: RetryPolicy, attempt: number, random: number): number {
  const step = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1));
  return Math.round(step / 2 + (step / 2) * random);
}
