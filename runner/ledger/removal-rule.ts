import type { WorkFolderVerdict } from '../control-plane/control-plane.ts';
import type { RunnerPolicy } from '../execution/policy.ts';

export interface MeasuredFolder {
  name: string;
  sizeBytes: number;
  lastUsedMs: number;
  /** A run of this runner works in it. */
  isLive: boolean;
  /** A removal was begun, and goes on. */
  isRemoving: boolean;
}

const OVER: readonly WorkFolderVerdict['task'][] = ['done', 'canceled', 'archived', 'deleted'];

/**
 * Which folders are to go, in order. A removal that was begun goes on whatever became of the task: no run takes up that
 * folder again. One whose task is done, canceled, archived or deleted goes after the grace; while all together take more than the
 * cap, the others whose task is over go too, merged ones first, then the oldest. Never one of a live run, and no other
 * one of a task that may go on (needs review among them) or that the server does not know.
 */
export function chooseRemovals(
  folders: readonly MeasuredFolder[],
  verdicts: readonly WorkFolderVerdict[],
  { graceMs, maxBytes }: RunnerPolicy['workFolders'],
): string[] {
  const begun = folders.filter(({ isLive, isRemoving }) => isRemoving && !isLive);
  const over = folders.flatMap((folder) => {
    const verdict = verdicts.find(({ name }) => name === folder.name);
    return verdict && !folder.isLive && !folder.isRemoving && OVER.includes(verdict.task) ? [{ folder, verdict }] : [];
  });
  const due = [...begun, ...over.filter(({ verdict }) => verdict.overForMs >= graceMs).map(({ folder }) => folder)];
  let left =
    folders.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) - due.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const early = over
    .filter(({ folder }) => !due.includes(folder))
    .sort(
      (a, b) => Number(b.verdict.isMerged) - Number(a.verdict.isMerged) || a.folder.lastUsedMs - b.folder.lastUsedMs,
    );
  const forRoom = early
    .map(({ folder }) => folder)
    .filter(({ sizeBytes }) => {
      if (left <= maxBytes) return false;
      left -= sizeBytes;
      return true;
    });
  return [...due, ...forRoom].map(({ name }) => name);
}
