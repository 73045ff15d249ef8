import { z } from 'zod';
import { ProjectCaps } from '#contract/caps.ts';
import { id, name } from '#contract/fields.ts';
import { MAX_NAME_CHARS, MAX_PROJECT_DESCRIPTION_CHARS, MAX_RETENTION_DAYS } from '#contract/limits.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { OrNull } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { chooseRepository, grantChoice } from '#core/repositories/choose-repository.ts';
import { plainPath } from '#core/repositories/plain-path.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { projectKey, takeKey } from './take-key.ts';
import { writeProject } from './write-project.ts';
import type { ProjectChanges } from './write-project.ts';

const days = z.int().min(1, 'At least one day; null keeps it for ever').max(MAX_RETENTION_DAYS).nullable();
const Changes = z.strictObject({
  projectId: id,
  name: name.min(1, 'A project needs a name').max(MAX_NAME_CHARS).optional(),
  description: z.string().max(MAX_PROJECT_DESCRIPTION_CHARS).optional(),
  /** Its tasks are called by it from now on; by the former one they are still found. */
  key: projectKey.optional(),
  defaultRepoPath: plainPath.nullable().optional(),
  /** Whose repository it is; null: any runner's that has it. */
  runnerId: id.nullable().default(null),
  /** Paused: nothing is started, and everything says so. Archived: read-only and hidden. */
  status: z.enum(['active', 'paused', 'archived']).optional(),
  /** How long lines of ended runs, events, artifacts of tasks that are over, and the sound of recordings are kept; null: for ever. */
  runLogDays: days.optional(),
  eventDays: days.optional(),
  artifactDays: days.optional(),
  recordingDays: days.optional(),
  /** What may be used in it: replaces all of its caps. */
  caps: ProjectCaps.optional(),
});

/**
 * Changes a project. An administrator grants it the repository by choosing it. Archiving stops what is live in it and cancels the tasks
 * that were being worked on.
 * @throws NotFoundError, ForbiddenError, ConflictError while a merge is past its last word, InvalidInputError when the repository can not
 * be used, or is not granted and the actor may not grant it; when the key is another project's
 */
export async function updateProject(
  core: Core,
  actor: Actor,
  input: OrNull<z.input<typeof Changes>>,
): Promise<Project> {
  const { projectId, runnerId, ...fields } = parseInput(Changes, input);
  const changes = Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as ProjectChanges;
  const before = await requireProject(core.db, actor, projectId, 'project:write');
  const path = changes.defaultRepoPath ?? null;
  // What it has already is not asked about again: whether it may still be used, each claim looks.
  const chosen =
    path === null || (path === before.defaultRepoPath && runnerId === null)
      ? null
      : await chooseRepository(core, actor, { path, runnerId, projectId, at: ['defaultRepoPath'] });
  if (chosen) changes.defaultRepoPath = chosen.path;
  return inTransaction(core, async (tx) => {
    await requireProject(tx.db, actor, projectId, 'project:write');
    if (chosen) await grantChoice(tx, actor, projectId, chosen);
    if (changes.key !== undefined) await takeKey(tx, projectId, changes.key);
    return writeProject(tx, actor, projectId, changes);
  });
}
