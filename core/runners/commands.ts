import type { Tx } from '#core/platform/in-transaction.ts';

/** What runners hear. One channel for all: an api process joins it once and passes on what concerns its runners. */
export const RUNNERS_CHANNEL = 'runners';
/** Look for repositories again; look at one path; remove a task's folder. Each is answered. */
export type RunnerRequestKind = 'look' | 'check' | 'remove_work_folder';
export type RunnerMessage =
  | { type: 'work'; projectId: string }
  | { type: 'cancel'; runnerId: string; runId: string; reason: string }
  /** Somebody has said something to a run: the rows say what. */
  | { type: 'input'; runnerId: string; runId: string }
  | { type: 'request'; runnerId: string; requestId: string; kind: RunnerRequestKind; subject: string | null }
  /** Which projects the runner serves has changed. */
  | { type: 'projects'; runnerId: string; allProjects: boolean; projectIds: string[] };

export interface RunnerCommand {
  type: 'work' | 'cancel' | 'input' | RunnerRequestKind;
  projectId: string | null;
  runId: string | null;
  reason: string | null;
  requestId: string | null;
  path: string | null;
  name: string | null;
}
export const NO_DETAILS = {
  projectId: null,
  runId: null,
  reason: null,
  requestId: null,
  path: null,
  name: null,
} as const satisfies Omit<RunnerCommand, 'type'>;

/** Tells the runners, after the commit, that a project may have a run to claim. */
export function announceWork(tx: Tx, projectId: string): void {
  tx.publish(RUNNERS_CHANNEL, { type: 'work', projectId } satisfies RunnerMessage);
}
