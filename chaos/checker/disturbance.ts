import type { AppliedFault } from '../faults/hit.ts';

/** What a lease of 10 s must survive, with renewals each sixth of it and a machine that is busy: a pause of 5 s is no alarm. */
const HARMLESS_MS = 4_500;
/** Faults that follow each other so closely are one disturbance: what they hit had no time to recover. */
const RECOVERY_MS = 2_500;

/** Whether faults together lasted so long that a lease may be lost. */
export function wasDisturbedForLong(faults: readonly AppliedFault[]): boolean {
  const windows = faults
    .filter(({ hit }) => hit !== null && !hit.startsWith('viewer'))
    .map(({ fromMs, toMs }) => ({ fromMs, toMs: toMs + RECOVERY_MS }))
    .sort((a, b) => a.fromMs - b.fromMs);
  let fromMs = Number.NEGATIVE_INFINITY;
  let toMs = Number.NEGATIVE_INFINITY;
  for (const window of windows) {
    if (window.fromMs > toMs) fromMs = window.fromMs;
    toMs = Math.max(toMs, window.toMs);
    if (toMs - fromMs > HARMLESS_MS + RECOVERY_MS) return true;
  }
  return false;
}
