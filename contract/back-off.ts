/**
 * How long to wait before trying again: twice as long each time up to a limit, half of it certain and half random, so
 * that many that failed together do not come back together.
 * @param attempt the one that failed, from 1
 * @param random 0 ≤ random < 1
 */
export function backOffMs(
  { baseDelayMs, maxDelayMs }: { baseDelayMs: number; maxDelayMs: number },
  attempt: number,
  random = Math.random(),
): number {
  const stepMs = Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1));
  return Math.round(stepMs / 2 + (stepMs / 2) * random);
}
