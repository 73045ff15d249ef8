import type { Queryable } from '#core/platform/db.ts';

/**
 * SQL for the granted repository that a path lies in, null when there is none: what decides whether a run may be given
 * to a runner. A repository inside of another one takes a grant of its own, as soon as the runner has told of it.
 * What leads elsewhere by symbolic links only the runner can see; it is told the granted repository and holds the path against it.
 * @param project, runner, repository SQL expressions; a repository that is null is granted to nobody
 */
export const grantedRepositorySql = (project: string, runner: string, repository: string): string => `
  (select g.path from repository_grants g
    where g.runner_id = ${runner} and g.revoked_at is null and (g.project_id = ${project} or g.project_id is null)
      and (${repository} = g.path or starts_with(${repository}, g.path || '/'))
      and not exists (select 1 from runner_repositories n
                       where n.runner_id = ${runner} and n.gone_at is null and length(n.path) > length(g.path)
                         and (${repository} = n.path or starts_with(${repository}, n.path || '/')))
    order by length(g.path) desc limit 1)`;

const FIND = `select ${grantedRepositorySql('$1::uuid', '$2::uuid', '$3::text')} as path`;

/** The granted repository that a path lies in, on this runner; null when it lies in none. */
export async function findGrantedRepository(
  db: Queryable,
  { projectId, runnerId, repository }: { projectId: string; runnerId: string; repository: string | null },
): Promise<string | null> {
  const [row] = await db.$queryRawUnsafe<{ path: string | null }[]>(FIND, projectId, runnerId, repository);
  return row?.path ?? null;
}
