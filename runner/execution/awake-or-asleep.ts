import { uptime } from 'node:os';

/** On macOS the clock moves in steps of this. */
export const AWAKE_OR_ASLEEP_STEP_MS = 1_000;

/**
 * Milliseconds since the machine was started, on a clock that also runs while it sleeps. Node's own monotonic clock
 * stands still then, and a lease or a grant looks as fresh as before.
 * @source proc_uptime(5): suspended time included
 */
export function awakeOrAsleepMs(): number {
  return uptime() * 1_000;
}
