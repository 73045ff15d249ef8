import type { Actor } from '#core/access/actor.ts';
import { userIdOf } from '#core/access/actor.ts';
import { newId } from '#core/platform/ids.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { announceWork, RUNNERS_CHANNEL } from '#core/runners/commands.ts';
import type { RunnerMessage } from '#core/runners/commands.ts';
import { projectsOf, tellOfRunner } from '#core/runners/tell-projects.ts';

export interface NewGrant {
  runnerId: string;
  /** Where the repository starts, plain and with links followed, as the runner told it. */
  path: string;
  /** Null: every project may use it. */
  projectId: string | null;
}

/**
 * Grants a repository, for callers that have checked that the actor may, and tells the projects that it is for. What is granted already stays as it is. A
 * runner that serves only some projects serves this one from now on.
 */
export async function insertGrant(tx: Tx, actor: Actor, { runnerId, path, projectId }: NewGrant): Promise<void> {
  await tx.db.$executeRaw`
    insert into repository_grants (id, runner_id, path, project_id, granted_by_user_id)
    values (${newId()}::uuid, ${runnerId}::uuid, ${path}, ${projectId}::uuid, ${userIdOf(actor)}::uuid)
    on conflict (runner_id, path, coalesce(project_id, '00000000-0000-0000-0000-000000000000')) where revoked_at is null do nothing`;
  if (projectId === null) {
    await tellOfRunner(tx, runnerId, await projectsOf(tx, runnerId));
    return;
  }
  await serveProject(tx, runnerId, projectId);
  await tellOfRunner(tx, runnerId, [projectId]);
  announceWork(tx, projectId);
}

async function serveProject(tx: Tx, runnerId: string, projectId: string): Promise<void> {
  const runner = await tx.db.runner.findUniqueOrThrow({ where: { id: runnerId }, include: { projects: true } });
  if (runner.allProjects || runner.projects.some((served) => served.projectId === projectId)) return;
  await tx.db.runnerProject.create({ data: { runnerId, projectId } });
  const projectIds = [...runner.projects.map((served) => served.projectId), projectId];
  tx.publish(RUNNERS_CHANNEL, { type: 'projects', runnerId, allProjects: false, projectIds } satisfies RunnerMessage);
}
