import { isDeepStrictEqual } from 'node:util';
import type { ProjectCaps } from '#contract/caps.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { projectUpdated } from '#core/events/catalogue.ts';
import { requestCycle } from '#core/cycles/request-cycle.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { announceWork } from '#core/runners/commands.ts';
import { assertNothingLanding } from '#core/runs/landing.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { stopRunsOfProject } from './archive-project.ts';

export interface ProjectChanges {
  name?: string;
  description?: string;
  /** One that the project has taken. */
  key?: string;
  defaultRepoPath?: string | null;
  /** Paused: nothing is started, and everything says so. Archived: read-only and hidden. */
  status?: Project['status'];
  runLogDays?: number | null;
  eventDays?: number | null;
  artifactDays?: number | null;
  recordingDays?: number | null;
  caps?: ProjectCaps;
}

/**
 * The one way a project's row is changed, whoever asks for it and wherever: its settings, or its state document.
 * @param options `isTold: false`: the caller writes the state version that tells of it
 * @throws NotFoundError, ForbiddenError, ConflictError while a merge is past its last word
 */
export async function writeProject(
  tx: Tx,
  actor: Actor,
  projectId: string,
  changes: ProjectChanges,
  { isTold = true }: { isTold?: boolean } = {},
): Promise<Project> {
  const before = await requireProject(tx.db, actor, projectId, 'project:write');
  if (changes.status === 'archived') await stopRunsOfProject(tx, actor, projectId);
  // Before the project's row, as in every other change: who asks for a cycle goes on to write that row.
  if ((changes.status ?? before.status) !== 'archived')
    await requestCycle(tx, projectId, 'incremental', 'project_changed');
  const updatedAt = await databaseNow(tx.db);
  const updated = await tx.db.project.update({ where: { id: projectId }, data: { ...changes, updatedAt } });
  if (updated.status === 'archived') await assertNothingLanding(tx, projectId);
  // What caps let is worked out when it is asked for: that they have changed is enough.
  const { caps: _caps, ...patch } = changes;
  tx.emit(projectUpdated, {
    projectId,
    entityId: projectId,
    patch: { ...patch, updatedAt: updatedAt.toISOString() },
    ...(isTold ? { told: { actor, what: changedFields(before, changes) } } : {}),
  });
  if (updated.status === 'active') announceWork(tx, projectId);
  return updated;
}

function changedFields(before: Project, changes: ProjectChanges): string[] {
  return (['name', 'status', 'defaultRepoPath', 'caps'] as const).filter(
    (field) => changes[field] !== undefined && !isDeepStrictEqual(changes[field], before[field]),
  );
}
