import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import type { RepositoryFacts } from '#contract/repositories.ts';
import type { Core } from '#core/platform/core.ts';
import type { RunnerConnection } from '#prisma/generated/client/client.ts';

const MAX_CHOICES = 2_000;

/** A repository that can be chosen for a project. */
export interface RepositoryOffer {
  runnerId: string;
  runnerName: string;
  runnerConnection: RunnerConnection;
  path: string;
  /** Null: granted, but its runner has not told of it, or does not find it any more. */
  facts: RepositoryFacts | null;
  /** Granted to the project it is asked for, or to every project; else choosing it grants it. */
  isGranted: boolean;
}

// Granted ones first, also when the runner has not told of them (yet): $1 the project or null, $2 whether to add all that is known.
const OFFERS = `
  with granted as (
    select distinct g.runner_id, g.path from repository_grants g
     where g.revoked_at is null and (g.project_id is null or g.project_id = $1::uuid)
  ), offered as (
    select runner_id, path from granted
    union
    select runner_id, path from runner_repositories where $2::boolean and gone_at is null
  )
  select r.id as "runnerId", r.name as "runnerName", r.connection::text as "runnerConnection", o.path, n.facts,
         exists (select 1 from granted g where g.runner_id = o.runner_id and g.path = o.path) as "isGranted"
    from offered o join runners r on r.id = o.runner_id
    left join runner_repositories n on n.runner_id = o.runner_id and n.path = o.path and n.gone_at is null
   where r.is_enabled
   order by 6 desc, o.path, r.name limit ${MAX_CHOICES}`;

/**
 * The repositories that somebody may choose: an administrator all that runners have told of, others those that are
 * granted to every project or to the given one.
 * @param projectId null: for a project that is being made
 */
export async function listRepositories(core: Core, actor: Actor, projectId: string | null): Promise<RepositoryOffer[]> {
  if (projectId !== null) await requireProject(core.db, actor, projectId, 'project:read');
  const isAdmin = actor.kind === 'user' && actor.isAdmin;
  const { rows } = await core.pool.query<RepositoryOffer>({ text: OFFERS, values: [projectId, isAdmin] });
  return rows;
}
