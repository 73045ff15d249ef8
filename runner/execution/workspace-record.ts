import { join } from 'node:path';
import { z } from 'zod';
import { readJson, writeJson } from './write-json.ts';

/**
 * What is known of a task's folder over all its attempts: `ledger/<name>/folder.json`. Agents never see it. The
 * ledger of work folders reads it, and decides by it when the folder may go.
 */
export const FolderRecord = z.strictObject({
  version: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/),
  taskId: z.string(),
  projectId: z.string(),
  title: z.string(),
  /** The user's repository: its top folder, and what its checkouts share. */
  root: z.string(),
  commonDir: z.string(),
  /** The task's folder: what the agent sees as its checkout. */
  path: z.string(),
  /** Where in it the project lies; empty: at the top. */
  subfolder: z.string(),
  baseBranch: z.string(),
  baseCommit: z.string(),
  branch: z.string(),
  attempts: z.int().min(1),
  createdAt: z.string(),
  lastUsedAt: z.string(),
  lastRunId: z.string(),
  /** live: a run works in it. kept: none does. removing: begun, to be finished. */
  state: z.enum(['live', 'kept', 'removing']),
  /** Why it must not be thrown away without a look; null: nothing in it that is not in the branch too. */
  keptWhy: z.string().nullable(),
  /** What is in the folder and could not be taken into the branch, for people. */
  leftOver: z.array(z.string()),
});
export type FolderRecord = z.infer<typeof FolderRecord>;

/** The same for one run, `runs/<run>/workspace.json`: all that its end needs, whoever brings it about. */
export const Workspace = z.strictObject({
  name: z.string(),
  path: z.string(),
  /** Where the commands start: `path`, or a folder in it. */
  cwd: z.string(),
  /** `ledger/<name>`: ours alone. */
  recordFolder: z.string(),
  root: z.string(),
  userGitDir: z.string(),
  commonDir: z.string(),
  objectDirs: z.array(z.string()),
  baseBranch: z.string(),
  baseCommit: z.string(),
  branch: z.string(),
  startCommit: z.string(),
  /** Nothing of an earlier attempt was in the folder: set-up commands run. */
  isFresh: z.boolean(),
  /** Filters whose programs run, as settings; and those that do not, by name. */
  filters: z.strictObject({ trusted: z.array(z.tuple([z.string(), z.string()])), untrusted: z.array(z.string()) }),
  /** Ignored files of the user's that were put into the folder by rule. */
  carried: z.array(z.string()),
});
export type Workspace = z.infer<typeof Workspace>;

/** Below the runner's folder. */
export const WORK_FOLDER = 'work';
export const LEDGER_FOLDER = 'ledger';

/** @returns null also for one that can not be read: it was cut off by a power loss, or something else stands there */
export function readFolderRecord(runnerFolder: string, name: string): FolderRecord | null {
  try {
    const { data } = FolderRecord.safeParse(readJson(recordFile(runnerFolder, name)));
    return data?.name === name ? data : null;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code !== undefined) return null;
    throw error;
  }
}

export function writeFolderRecord(runnerFolder: string, record: FolderRecord): void {
  writeJson(recordFile(runnerFolder, record.name), record);
}

function recordFile(runnerFolder: string, name: string): string {
  return join(runnerFolder, LEDGER_FOLDER, name, 'folder.json');
}
