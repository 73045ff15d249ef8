import type { Moment, PlannedFault, Schedule } from './schedule.ts';

/** A schedule's faults in one line. */
export function describeFaults({ faults }: Schedule): string {
  return faults.map(describeFault).join(', ');
}

function describeFault({ kind, when, durationMs }: PlannedFault): string {
  return `${kind} ${momentInWords(when)}${durationMs > 0 ? ` for ${(durationMs / 1_000).toFixed(1)} s` : ''}`;
}

function momentInWords(when: Moment): string {
  if ('atMs' in when) return `at ${(when.atMs / 1_000).toFixed(1)} s`;
  return `${when.afterMs} ms after ${when.on.replace('_', ' ')} #${when.nth}`;
}
