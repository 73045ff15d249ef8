import type { RunnerActor } from '#core/access/actor.ts';
import { IS_READY } from '#core/agents/park-agent.ts';
import type { Core } from '#core/platform/core.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { TASK_UNDER_CAPS, UNDER_DAY_CAPS } from '#core/spend/cap-sql.ts';
import { grantedRepositorySql } from '#core/repositories/granted-repository.ts';
import { CLAIMED_SQL } from './statuses.ts';

export interface Candidate {
  id: string;
  task_id: string;
  agent_id: string;
  kind: 'task' | 'merge';
  attempt: number;
  branch: string | null;
}

/** Holds the runner's row, so that its claims come one after another. @returns null when it is to take nothing */
export async function lockRunner(
  tx: Tx,
  actor: RunnerActor,
): Promise<{ capacity: number; isDraining: boolean } | null> {
  const rows = await tx.db.$queryRaw<{ capacity: number; isDraining: boolean }[]>`
    select capacity, is_draining as "isDraining" from runners where id = ${actor.runnerId}::uuid and is_enabled for no key update`;
  return rows[0] ?? null;
}

/** Whether the runner may take one more run. Asked after its row is held: what a statement counts is as old as its start. */
export async function hasCapacity(
  tx: Tx,
  actor: RunnerActor,
  runner: { capacity: number; isDraining: boolean },
): Promise<boolean> {
  if (runner.isDraining) return false;
  const [row] = await tx.db.$queryRawUnsafe<{ live: number }[]>(
    `select count(*)::int as live from agent_runs where runner_id = $1::uuid and status ${CLAIMED_SQL}`,
    actor.runnerId,
  );
  return (row?.live ?? 0) < runner.capacity;
}

/** SQL: the repository that an agent `a` of a project `p` works in; null: none was chosen. */
export const REPOSITORY = `coalesce(a.config_json->>'repoRoot', p.default_repo_path)`;

// What this runner may be given: $1 its id, $2 whether it serves every project, $3 the projects it serves.
const SERVED = `p.status = 'active' and ($2::boolean or p.id = any($3::uuid[]))
     and (a.type <> 'cloud' or 'cloud' = any(me.labels))
     and coalesce(a.config_json->'labels', '[]'::jsonb) <@ to_jsonb(me.labels)
     and ${grantedRepositorySql('p.id', 'me.id', REPOSITORY)} is not null`;
/** SQL: how many runs of an agent `a` may work at once. */
export const CONCURRENCY = `coalesce((a.config_json->>'concurrency')::int, 2)`;
/** SQL: the time of a run `r` has come. */
export const IS_DUE = `(r.not_before is null or r.not_before <= clock_timestamp())`;
const HAS_ROOM = `(select count(*) from agent_runs l where l.agent_id = a.id and l.kind = 'task' and l.status ${CLAIMED_SQL})
           < ${CONCURRENCY}`;
// Merges are no agent's work: they count against no agent, and a disabled one does not hold them up.
const ELIGIBLE = `
    from agent_runs r
    join tasks t on t.id = r.task_id
    join agents a on a.id = r.agent_id
    join projects p on p.id = r.project_id
    join runners me on me.id = $1::uuid
   where r.status = 'pending' and ${IS_DUE} and ${SERVED}
     and ((r.kind = 'merge' and t.status = 'needs_review') or (r.kind = 'task' and t.status = 'queued' and a.is_enabled and ${IS_READY} and ${HAS_ROOM}
          and ${UNDER_DAY_CAPS} and ${TASK_UNDER_CAPS}))`;
const IN_ORDER = `order by (r.kind = 'merge') desc, r.queue_priority, r.created_at, r.id limit 1`;
/**
 * The run that stands first, held by somebody or not. However many wait, each agent with waiting runs is asked for its
 * first alone (the index `agent_runs_queue` has them in order), and what costs more is asked of those agents only.
 * Merges come first, since a person waits for them, and are few.
 */
const FIRST = `
  select c.id, c.task_id from (
    select r.id, r.task_id, r.kind, r.queue_priority, r.created_at
      from agents a
      join projects p on p.id = a.project_id
      join runners me on me.id = $1::uuid
     cross join lateral (
       select r.* from agent_runs r join tasks t on t.id = r.task_id
        where r.agent_id = a.id and r.status = 'pending' and r.kind = 'task' and ${IS_DUE} and t.status = 'queued'
          and ${TASK_UNDER_CAPS}
        order by r.queue_priority, r.created_at, r.id limit 1
     ) r
     where a.is_enabled and ${IS_READY} and ${SERVED} and ${HAS_ROOM} and ${UNDER_DAY_CAPS}
    union all
    (select r.id, r.task_id, r.kind, r.queue_priority, r.created_at ${ELIGIBLE} and r.kind = 'merge' ${IN_ORDER})
  ) c
  order by (c.kind = 'merge') desc, c.queue_priority, c.created_at, c.id limit 1`;
const FIELDS = `r.id, r.task_id, r.agent_id, r.kind, r.attempt, r.branch`;
const TAKE = `select ${FIELDS} ${ELIGIBLE} and r.id = $4::uuid for no key update of r, t skip locked`;
const TAKE_NEXT = `select ${FIELDS} ${ELIGIBLE} ${IN_ORDER} for no key update of r, t skip locked`;
const HAS_WORK = `select exists (${FIRST}) or exists (select 1 from agent_runs where claim_id = $4::uuid) as found`;

/**
 * Whether a claim can find anything at all, a run it was given before included. Most claims find nothing: who was
 * given a run asks for the next while that one starts, and one statement takes less from the start than a transaction.
 */
export async function hasWork(core: Core, actor: RunnerActor, claimId: string | null): Promise<boolean> {
  const { rows } = await core.pool.query<{ found: boolean }>({
    name: 'has_work',
    text: HAS_WORK,
    values: [actor.runnerId, actor.allProjects, actor.projectIds, claimId],
  });
  return rows[0]?.found ?? false;
}

/**
 * Takes the run that stands first.
 * @param isPatient false: another run where somebody holds that one's rows; it reads all that wait
 */
export async function pickCandidate(tx: Tx, actor: RunnerActor, isPatient: boolean): Promise<Candidate | null> {
  const who = [actor.runnerId, actor.allProjects, actor.projectIds] as const;
  const [first] = await tx.db.$queryRawUnsafe<{ id: string }[]>(FIRST, ...who);
  if (!first) return null;
  const [taken] = await tx.db.$queryRawUnsafe<Candidate[]>(TAKE, ...who, first.id);
  if (taken || isPatient) return taken ?? null;
  const [next] = await tx.db.$queryRawUnsafe<Candidate[]>(TAKE_NEXT, ...who);
  return next ?? null;
}

/**
 * Waits until nobody holds the rows of the run that stands first, outside of any transaction: who holds them may only
 * comment on the task, and nobody would wake this runner for it afterwards.
 * @returns nothing: no run stands first; held: it still is, after that time
 */
export async function waitForFirst(
  core: Core,
  actor: RunnerActor,
  maxWaitMs: number,
): Promise<'nothing' | 'free' | 'held'> {
  const { rows } = await core.pool.query<{ id: string; task_id: string }>({
    name: 'find_first_run',
    text: FIRST,
    values: [actor.runnerId, actor.allProjects, actor.projectIds],
  });
  const first = rows[0];
  if (!first) return 'nothing';
  // The task before the run, as everywhere; each alone, so that this never waits for one row while it holds another.
  return (await waitForRow(core, 'tasks', first.task_id, maxWaitMs)) &&
    (await waitForRow(core, 'agent_runs', first.id, maxWaitMs))
    ? 'free'
    : 'held';
}

/** PostgreSQL: the lock was not to be had within lock_timeout. @source PostgreSQL appendix A */
const LOCK_NOT_AVAILABLE = '55P03';

async function waitForRow(core: Core, table: 'tasks' | 'agent_runs', id: string, maxWaitMs: number): Promise<boolean> {
  try {
    await core.pool.query({
      text: `with limited as materialized (select set_config('lock_timeout', $2, true)) select 1 from limited, ${table} where id = $1 for no key update of ${table}`,
      values: [id, `${Math.max(1, Math.ceil(maxWaitMs))}ms`],
    });
    return true;
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
    return false;
  }
}

/** Holds the agent's row and counts again, so that two claims never take its last free place both, nor what caps leave. */
export async function hasRoom(tx: Tx, candidate: Candidate): Promise<boolean> {
  if (candidate.kind === 'merge') return true;
  const rows = await tx.db.$queryRaw<{ concurrency: number; projectId: string; isCapped: boolean }[]>`
    select coalesce((a.config_json->>'concurrency')::int, 2) as concurrency, p.id as "projectId", p.caps <> '{}' as "isCapped"
      from agents a join projects p on p.id = a.project_id
     where a.id = ${candidate.agent_id}::uuid and a.is_enabled and a.sign_in_needed_since is null
       and (a.parked_until is null or a.parked_until <= clock_timestamp()) for no key update of a`;
  const agent = rows[0];
  if (!agent) return false;
  // Agents of one project share its caps. Its row is not held for this: every change takes it as its last.
  if (agent.isCapped)
    await tx.db.$queryRaw`select 1 from pg_advisory_xact_lock(hashtextextended(${`caps of ${agent.projectId}`}, 0))`;
  const [row] = await tx.db.$queryRawUnsafe<{ live: number; isUnderCaps: boolean }[]>(COUNT_AGAIN, candidate.id);
  return row !== undefined && row.isUnderCaps && row.live < agent.concurrency;
}

const COUNT_AGAIN = `
  select (select count(*)::int from agent_runs l where l.agent_id = a.id and l.kind = 'task' and l.status ${CLAIMED_SQL}) as live,
         ${UNDER_DAY_CAPS} and ${TASK_UNDER_CAPS} as "isUnderCaps"
    from agent_runs r join agents a on a.id = r.agent_id join projects p on p.id = r.project_id where r.id = $1::uuid`;
