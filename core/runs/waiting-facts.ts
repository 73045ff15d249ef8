import type { Core } from '#core/platform/core.ts';
import { grantedRepositorySql } from '#core/repositories/granted-repository.ts';
import * as caps from '#core/spend/cap-sql.ts';
import type { Used } from '#core/spend/caps.ts';
import { CONCURRENCY, IS_DUE, REPOSITORY } from './claim-candidates.ts';
import { CLAIMED_SQL } from './statuses.ts';

/** What is known of a run that waits, or of a queued task that has none. */
export interface Waiting {
  /** Null: nothing is scheduled for the task. */
  runId: string | null;
  /** Null: a run for no task. */
  taskId: string | null;
  kind: 'task' | 'merge' | 'maintenance' | null;
  projectId: string;
  agentId: string | null;
  /** Its time has not come. */
  isDelayed: boolean;
  /** What the attempts at its task have used, today and in all; null: not capped, or there was none. */
  taskUsedToday: Used | null;
  taskUsed: Used | null;
}

const usedByTask = (task: string): string =>
  `${caps.usedJsonSql(caps.TASK_DAY_CAPS, caps.usedByTaskSql(task, 'today'))} as "taskUsedToday",
         ${caps.usedJsonSql(caps.TASK_CAPS, caps.usedByTaskSql(task, 'in_all'))} as "taskUsed"`;

// Each kind by its own index: one condition with `or` would use neither.
const WAITING = `
  select r.id as "runId", r.task_id as "taskId", r.kind::text as kind, r.project_id as "projectId", r.agent_id as "agentId",
         not ${IS_DUE} as "isDelayed", ${usedByTask('r.task_id')}
    from agent_runs r join projects p on p.id = r.project_id where r.id = any($1::uuid[]) and r.status = 'pending'
   union all
  select r.id, t.id, r.kind::text, t.project_id, r.agent_id, coalesce(not ${IS_DUE}, false), ${usedByTask('t.id')}
    from tasks t join projects p on p.id = t.project_id left join agent_runs r on r.task_id = t.id and r.kind = 'task' and r.status = 'pending'
   where t.id = any($2::uuid[]) and t.status = 'queued'`;

/** Those of the runs and tasks that wait. A task comes once more when its run is asked for too. */
export async function findWaiting(
  core: Core,
  runIds: readonly string[],
  taskIds: readonly string[],
): Promise<Waiting[]> {
  const { rows } = await core.pool.query<Waiting>({ name: 'waiting', text: WAITING, values: [runIds, taskIds] });
  return rows;
}

/** What decides for all waiting runs of an agent alike. */
export interface WaitingFacts {
  projectId: string;
  /** Null: of the tasks that have no agent's run. */
  agentId: string | null;
  projectStatus: string;
  agentName: string | null;
  agentType: string | null;
  isAgentEnabled: boolean | null;
  agentConfig: unknown;
  /** Its limit of use is reached until then, in UTC, to the minute; null: it is not. */
  parkedUntil: string | null;
  isSignInNeeded: boolean | null;
  projectCaps: unknown;
  /** What was used today, runs at work included; null: not capped. */
  agentUsed: Used | null;
  projectUsed: Used | null;
  /** Runs of agents that are at work in the project. */
  projectRuns: number;
  /** Its runs that are at work, merges aside. */
  liveRuns: number;
  /** Its runs that start next, in their order: as many as may work at once. */
  nextRunIds: string[];
  /** Those that are online and serve the project. */
  runners: { labels: string[]; freePlaces: number; isGranted: boolean }[];
  /** Null: none was chosen. */
  repository: string | null;
}

// However many wait: of each agent's queue no more is read than may start at once.
const FACTS = `
  select w.project_id as "projectId", w.agent_id as "agentId", p.status::text as "projectStatus", a.name as "agentName",
         a.type::text as "agentType", a.is_enabled as "isAgentEnabled", a.config_json as "agentConfig",
         case when a.parked_until > clock_timestamp() then to_char(a.parked_until at time zone 'UTC', 'YYYY-MM-DD HH24:MI') end as "parkedUntil",
         a.sign_in_needed_since is not null as "isSignInNeeded", ${REPOSITORY} as repository,
         p.caps as "projectCaps", ${caps.RUNS_IN_PROJECT} as "projectRuns",
         ${caps.usedJsonSql(caps.AGENT_DAY_CAPS, caps.usedTodaySql('agent_id', 'a.id'))} as "agentUsed",
         ${caps.usedJsonSql(caps.PROJECT_DAY_CAPS, caps.usedTodaySql('project_id', 'p.id'))} as "projectUsed",
         (select count(*)::int from agent_runs l where l.agent_id = a.id and l.kind = 'task' and l.status ${CLAIMED_SQL}) as "liveRuns",
         array(select r.id::text from agent_runs r where r.agent_id = a.id and r.status = 'pending' and r.kind = 'task' and ${IS_DUE}
                   and ${caps.TASK_UNDER_CAPS} order by r.queue_priority, r.created_at, r.id limit ${CONCURRENCY}) as "nextRunIds",
         (select coalesce(jsonb_agg(jsonb_build_object('labels', to_jsonb(me.labels),
                          'isGranted', ${grantedRepositorySql('p.id', 'me.id', REPOSITORY)} is not null,
                          'freePlaces', me.capacity - (select count(*) from agent_runs l where l.runner_id = me.id and l.status ${CLAIMED_SQL}))), '[]'::jsonb)
            from runners me
           where me.is_enabled and not me.is_draining and me.connection = 'online'
             and (me.all_projects or exists (select 1 from runner_projects s where s.runner_id = me.id and s.project_id = p.id))) as runners
    from unnest($1::uuid[], $2::uuid[]) as w(project_id, agent_id)
    join projects p on p.id = w.project_id
    left join agents a on a.id = w.agent_id`;

/** The facts of each project and agent, in one statement. */
export async function readWaitingFacts(
  core: Core,
  pairs: readonly Pick<Waiting, 'projectId' | 'agentId'>[],
): Promise<WaitingFacts[]> {
  const { rows } = await core.pool.query<WaitingFacts>({
    name: 'waiting_facts',
    text: FACTS,
    values: [pairs.map(({ projectId }) => projectId), pairs.map(({ agentId }) => agentId)],
  });
  return rows;
}
