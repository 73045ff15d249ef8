import { z } from 'zod';

/** `ledger/<name>/folder.json`: our own record of a task's folder, where no agent can write. */
export const FolderRecord = z.strictObject({
  version: z.literal(1),
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]*$/),
  taskId: z.string(),
  projectId: z.string(),
  title: z.string(),
  /** The user's repository, and where Git keeps it. */
  root: z.string(),
  commonDir: z.string(),
  /** The folder itself, and where in it the agent works. */
  path: z.string(),
  subfolder: z.string(),
  baseBranch: z.string(),
  baseCommit: z.string(),
  branch: z.string(),
  attempts: z.int().min(0),
  createdAt: z.string(),
  lastUsedAt: z.string(),
  lastRunId: z.string(),
  state: z.enum(['live', 'kept', 'removing']),
  keptWhy: z.string().nullable(),
  /** What was not taken into the branch. */
  leftOver: z.array(z.string()),
});
export type FolderRecord = z.infer<typeof FolderRecord>;
