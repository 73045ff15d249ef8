import { awakeOrAsleepMs } from './awake-or-asleep.ts';

/**
 * How old a grant may be when the base moves. It is far below the shortest lease (10 s), which begins anew with the
 * grant: whoever stood still for longer has to ask again.
 */
export const MAX_GRANT_AGE_MS = 3_000;

export interface Moment {
  monotonicMs: number;
  bootMs: number;
  wallMs: number;
}

export function now(): Moment {
  return { monotonicMs: performance.now(), bootMs: awakeOrAsleepMs(), wallMs: Date.now() };
}

/** Whether too long a time has passed by any clock; a wall clock that was set costs one more question. */
export function isTooOld(asked: Moment, at = now()): boolean {
  return [at.monotonicMs - asked.monotonicMs, at.bootMs - asked.bootMs, at.wallMs - asked.wallMs].some(
    (ms) => Math.abs(ms) > MAX_GRANT_AGE_MS,
  );
}
