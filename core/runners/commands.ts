import type { Tx } from '#core/platform/in-transaction.ts';

/** What runners hear. One channel for all: an api process joins it once and passes on what concerns its runners. */
export const RUNNERS_CHANNEL = 'runners';

export type RunnerMessage =
  | { type: 'work'; projectId: string }
  | { type: 'cancel'; runnerId: string; runId: string; reason: string };

export interface RunnerCommand {
  type: 'work' | 'cancel';
  projectId: string | null;
  runId: string | null;
  reason: string | null;
}

/** Tells the runners, after the commit, that a project may have a run to claim. */
export function announceWork(tx: Tx, projectId: string): void {
  tx.publish(RUNNERS_CHANNEL, { type: 'work', projectId } satisfies RunnerMessage);
}
