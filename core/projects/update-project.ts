import { z } from 'zod';
import { absolutePath, id } from '#contract/fields.ts';
import { MAX_NAME_CHARS } from '#contract/limits.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { projectUpdated } from '#core/events/catalogue.ts';
import { requestCycle } from '#core/orchestrator/request-cycle.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { announceWork } from '#core/runners/commands.ts';
import { assertNothingLanding } from '#core/runs/landing.ts';
import { refreshWaitingReasons } from '#core/runs/refresh-waiting-reasons.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { stopRunsOfProject } from './archive-project.ts';

const Changes = z.strictObject({
  projectId: id,
  name: z.string().trim().min(1, 'A project needs a name').max(MAX_NAME_CHARS).optional(),
  description: z.string().max(2_000).optional(),
  defaultRepoPath: absolutePath.nullable().optional(),
  /** Paused: nothing is started, and everything says so. Archived: read-only and hidden. */
  status: z.enum(['active', 'paused', 'archived']).optional(),
});

/**
 * Changes a project. Archiving stops what is live in it and cancels the tasks that were being worked on.
 * @throws NotFoundError, ForbiddenError, InvalidInputError, ConflictError while a merge is past its last word
 */
export async function updateProject(core: Core, actor: Actor, input: z.input<typeof Changes>): Promise<Project> {
  const { projectId, ...fields } = parseInput(Changes, input);
  const changes = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    name?: string; description?: string; defaultRepoPath?: string | null; status?: Project['status'];
  };
  const project = await inTransaction(core, async (tx) => {
    await requireProject(tx.db, actor, projectId, 'project:write');
    if (changes.status === 'archived') await stopRunsOfProject(tx, actor, projectId);
    const updatedAt = await databaseNow(tx.db);
    const updated = await tx.db.project.update({ where: { id: projectId }, data: { ...changes, updatedAt } });
    if (updated.status === 'archived') await assertNothingLanding(tx, projectId);
    tx.emit(projectUpdated, { projectId, entityId: projectId, patch: { ...changes, updatedAt: updatedAt.toISOString() } });
    if (updated.status !== 'archived') await requestCycle(tx, projectId, 'incremental', 'project_changed');
    if (updated.status === 'active') announceWork(tx, projectId);
    return updated;
  });
  if (changes.status) await refreshWaitingReasons(core, projectId);
  return project;
}
