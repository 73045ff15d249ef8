import type { Actor } from '#core/access/actor.ts';
import { requireAdmin } from '#core/access/permissions.ts';
import type { Core } from '#core/platform/core.ts';
import { listWorkFolders } from '#core/work-folders/list-work-folders.ts';
import type { WorkFolderItem } from '#core/work-folders/list-work-folders.ts';
import type { Runner } from '#prisma/generated/client/client.ts';

/** Grants and repositories of one runner that a page can show. */
const MAX_ITEMS = 2_000;

export interface GrantItem {
  projectId: string | null;
  projectName: string | null;
  grantedBy: string | null;
  createdAt: Date;
}
export interface KnownRepository {
  path: string;
  facts: unknown;
  seenAt: Date | null;
  isGone: boolean;
  grants: GrantItem[];
}
export interface RunnerPage {
  runner: Runner;
  projectIds: string[];
  repositories: KnownRepository[];
  workFolders: WorkFolderItem[];
}

/** A runner with its repositories, who may use them, and its work folders. @returns null when there is none */
export async function readRunnerPage(core: Core, actor: Actor, runnerId: string): Promise<RunnerPage | null> {
  requireAdmin(actor);
  const runner = await core.db.runner.findUnique({ where: { id: runnerId }, include: { projects: true } });
  if (!runner) return null;
  const [told, grants, workFolders] = await Promise.all([
    core.db.runnerRepository.findMany({ where: { runnerId }, orderBy: { path: 'asc' }, take: MAX_ITEMS }),
    core.db.repositoryGrant.findMany({
      where: { runnerId, revokedAt: null },
      orderBy: { id: 'asc' },
      take: MAX_ITEMS,
      include: { project: { select: { name: true } }, grantedBy: { select: { email: true } } },
    }),
    listWorkFolders(core, runnerId),
  ]);
  const known = new Map<string, KnownRepository>();
  for (const { path, facts, seenAt, goneAt } of told)
    known.set(path, { path, facts, seenAt, isGone: goneAt !== null, grants: [] });
  for (const grant of grants) {
    const repository = known.get(grant.path) ?? {
      path: grant.path,
      facts: null,
      seenAt: null,
      isGone: false,
      grants: [],
    };
    known.set(grant.path, repository);
    repository.grants.push({
      projectId: grant.projectId,
      projectName: grant.project?.name ?? null,
      grantedBy: grant.grantedBy?.email ?? null,
      createdAt: grant.createdAt,
    });
  }
  // Of what is gone, only what somebody may still expect to be there is shown.
  const repositories = [...known.values()].filter((repository) => !repository.isGone || repository.grants.length > 0);
  return {
    runner,
    projectIds: runner.projects.map(({ projectId }) => projectId),
    repositories: repositories.sort((a, b) => (a.path < b.path ? -1 : 1)),
    workFolders,
  };
}
