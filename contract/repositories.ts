import { z } from 'zod';
import { absolutePath, commitHash, id, line, refName, sentence } from './fields.ts';

/** More than anybody keeps under one set of roots; what is left out can still be typed and checked. */
export const MAX_REPOSITORIES = 500;
/** A task has one folder, and those of finished tasks are removed after a day. */
export const MAX_WORK_FOLDERS = 1_000;
const subfolder = line(1_024).refine(
  (value) => value === '' || value.split('/').every((part) => !['', '.', '..'].includes(part)),
  'Not a path within a repository',
);

/** What a runner tells of a repository. Nothing that gives access: a remote's address comes without its credentials. */
export const RepositoryFacts = z.strictObject({
  /** The branch that is checked out; null: none is. */
  branch: line(250).nullable(),
  remoteUrl: line(1_024).nullable(),
  /** Null: no commits yet. */
  lastCommit: z.strictObject({ hash: commitHash, at: z.iso.datetime(), subject: line(200) }).nullable(),
  isBare: z.boolean(),
  /** A linked worktree: where the repository itself lies; null: it is none. */
  worktreeOf: absolutePath.nullable(),
});
export type RepositoryFacts = z.infer<typeof RepositoryFacts>;

/** The repositories under a runner's roots, as it found them. */
export const RepositoryReport = z.strictObject({
  repositories: z.array(z.strictObject({ path: absolutePath, facts: RepositoryFacts })).max(MAX_REPOSITORIES),
  /** False: the search was cut short, so that what is missing here need not be gone. */
  isComplete: z.boolean(),
});
export type RepositoryReport = z.infer<typeof RepositoryReport>;

/** What can be wrong with a path that somebody typed. */
export const REPOSITORY_PROBLEMS = [
  'missing',
  'not_a_folder',
  'outside_roots',
  'not_a_repository',
  'other_owner',
  'no_commits',
  'bare',
  'corrupt',
  'points_outside',
] as const;
export type RepositoryProblem = (typeof REPOSITORY_PROBLEMS)[number];

/** A runner's answer about one typed path. */
export const RepositoryCheck = z.strictObject({
  /** Null: it can be used. */
  problem: z.enum(REPOSITORY_PROBLEMS).nullable(),
  /** One sentence for people. */
  message: sentence,
  /** Where the repository starts, links followed; for a folder without one, the folder; null: there is nothing to say. */
  root: absolutePath.nullable(),
  /** The typed path within the repository; empty: the repository itself. */
  subfolder,
  facts: RepositoryFacts.nullable(),
});
export type RepositoryCheck = z.infer<typeof RepositoryCheck>;

/** What a runner tells of a task's folder. Whether the task is over and merged, the server knows itself. */
export const WorkFolderFacts = z.strictObject({
  /** The repository that the task works on, and where in it. */
  root: absolutePath,
  subfolder,
  branch: refName,
  baseBranch: refName.nullable(),
  attempts: z.int().min(0).max(100_000),
  sizeBytes: z.int().min(0),
  createdAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime(),
  state: z.enum(['live', 'kept', 'removing']),
  /** Why it is still there; null: nothing special. */
  keptWhy: sentence.nullable(),
  /** Why it could not be removed; null: it could, or nobody tried. */
  problem: sentence.nullable(),
});
export type WorkFolderFacts = z.infer<typeof WorkFolderFacts>;

const folderName = z
  .string()
  .max(250)
  .regex(/^[a-z0-9][a-z0-9._-]*$/, 'Not the name of a work folder');
export const WorkFolderReport = z.strictObject({
  folders: z.array(z.strictObject({ name: folderName, taskId: id, facts: WorkFolderFacts })).max(MAX_WORK_FOLDERS),
});
export type WorkFolderReport = z.infer<typeof WorkFolderReport>;
