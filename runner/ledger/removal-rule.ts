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

/**
 * Which folders are to go, in order. One whose task is done, canceled or archived goes after the grace; while all
 * together take more than the cap, the others whose task is over go too, merged ones first, then the oldest. Never one
 * of a live run, of a task that may go on (needs review among them), or of a task that the server does not know.
 */
export function chooseRemovals(folders: readonly MeasuredFolder[], verdicts: readonly WorkFolderVerdict[], { graceMs, maxBytes }: RunnerPolicy['workFolders']): string[] {
  const over = folders.flatMap((folder) => {
    const verdict = verdicts.find(({ name }) => name === folder.name);
    return verdict && !folder.isLive && ['done', 'canceled', 'archived'].includes(verdict.task) ? [{ folder, verdict }] : [];
  });
  const due = over.filter(({ folder, verdict }) => folder.isRemoving || verdict.overForMs >= graceMs);
  let left = folders.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) - due.reduce((sum, { folder }) => sum + folder.sizeBytes, 0);
  const early = over.filter((item) => !due.includes(item)).sort((a, b) => Number(b.verdict.isMerged) - Number(a.verdict.isMerged) || a.folder.lastUsedMs - b.folder.lastUsedMs);
  const forRoom = early.filter(({ folder }) => {
    if (left <= maxBytes) return false;
    left -= folder.sizeBytes;
    return true;
  });
  return [...due, ...forRoom].map(({ folder }) => folder.name);
}
