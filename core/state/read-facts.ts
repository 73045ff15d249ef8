import { formatShortId } from '#contract/short-ids.ts';
import type { Queryable } from '#core/platform/db.ts';
import { OPEN_TASK_STATUSES } from '#core/tasks/transitions.ts';
import { EMPTY_HUMAN_PART, HumanPart } from './human-part.ts';
import { TOLD_EVENT_TYPES } from './name-changes.ts';
import type { ToldEvent } from './name-changes.ts';
import { MAX_LISTED_TASKS } from './render.ts';
import type { StateFacts, StateTask } from './render.ts';

/** Of more events than these the next rebuild tells. */
const MAX_EVENTS = 2_000;

/** Where a project stands, and what has happened that no version tells of. */
export interface ReadFacts extends StateFacts {
  /** Up to which change of the project these tell; null: not all of its events have been read. */
  changes: bigint | null;
  /** The database's time. */
  now: Date;
  events: ToldEvent[];
  /** The cursor up to which `events` go. */
  toldUpTo: bigint;
}

interface ProjectFacts {
  name: string;
  key: string;
  status: StateFacts['project']['status'];
  changes: bigint;
  eventCursor: bigint;
  now: Date;
  human: unknown;
  lastChangedAt: Date | null;
  runId: string | null;
  runSummary: string | null;
  runFinishedAt: Date | null;
  tasks: (Omit<StateTask, 'shortId' | 'createdAt' | 'updatedAt'> & {
    number: number;
    createdAt: string;
    updatedAt: string;
    total: number;
  })[];
  events: (ToldEvent & { cursor: number })[];
}

const TASK_COLUMNS = `id, number, title, status, priority, agent_name, blocked_reason, held_by, created_at, updated_at, result_run_id`;
const NOT_QUEUED = OPEN_TASK_STATUSES.filter((status) => status !== 'queued')
  .map((status) => `'${status}'`)
  .join(', ');

// Statuses as literals: a parameter could not be proven to fit a partial index.
const READ_FACTS = `
  select p.name, p.key, p.status, p.state_changes as changes, p.event_cursor as "eventCursor", clock_timestamp() as now, h.content as human,
         (select max(updated_at) from tasks where project_id = p.id) as "lastChangedAt",
         r.id as "runId", coalesce(r.summary, r.message) as "runSummary", r.finished_at as "runFinishedAt",
         (select coalesce(jsonb_agg(to_jsonb(shown)), '[]') from (
            select t.id, t.number, t.title, t.status, t.priority, t.agent_name as "agentName", t.blocked_reason as "blockedReason",
                   t.held_by as "heldBy", t.created_at as "createdAt", t.updated_at as "updatedAt", coalesce(counted.total, 0) as total,
                   t.status = 'needs_review' and result.head_commit is null as "isReport"
              from (select first.* from unnest(array[false, true]) as h(is_held) cross join lateral (
                      select ${TASK_COLUMNS} from tasks where project_id = p.id and status = 'queued' and (held_by is not null) = h.is_held
                       order by priority, id limit ${MAX_LISTED_TASKS}) first
                    union all
                    select first.* from unnest(array[${NOT_QUEUED}]::task_status[]) as g(status) cross join lateral (
                      select ${TASK_COLUMNS} from tasks where project_id = p.id and status = g.status
                       order by priority, id limit ${MAX_LISTED_TASKS}) first) t
              left join (select status, status = 'queued' and is_held as is_held, sum(tasks)::int as total from task_counts
                     where project_id = p.id group by 1, 2) counted
                on counted.status = t.status and counted.is_held = (t.status = 'queued' and t.held_by is not null)
              left join agent_runs result on result.id = t.result_run_id) shown) as tasks,
         (select coalesce(jsonb_agg(jsonb_build_object('cursor', e.cursor, 'type', e.event_type, 'payload', e.payload,
                                                       'title', coalesce(t.title, d.name), 'agentName', t.agent_name) order by e.cursor), '[]')
            from (select cursor, event_type, payload from realtime_events
                   where project_id = p.id and cursor > p.state_told
                     and event_type in (${TOLD_EVENT_TYPES.map((type) => `'${type}'`).join(', ')})
                   order by cursor limit ${MAX_EVENTS}) e
            left join tasks t on e.event_type = 'task.event.appended' and t.id = (e.payload->>'id')::uuid
            left join deletions d on e.event_type in ('task.event.appended', 'task.deleted') and d.entity_id = (e.payload->>'id')::uuid) as events
    from projects p
    left join project_state_human h on h.project_id = p.id
    left join lateral (select id, summary, message, finished_at from agent_runs
                        where project_id = p.id and finished_at is not null and (status = 'completed' or landing_is_merged)
                        order by finished_at desc limit 1) r on true
   where p.id = $1::uuid`;

/**
 * Reads where a project stands: in one statement, so that the facts and what has led to them are of one moment. Of more
 * open tasks than a list shows, the most urgent are read.
 */
export async function readStateFacts(db: Queryable, projectId: string): Promise<ReadFacts> {
  const [project] = await db.$queryRawUnsafe<ProjectFacts[]>(READ_FACTS, projectId);
  if (!project) throw new Error(`Expected the project ${projectId}, found none`);
  const { runId: id, runSummary: summary, runFinishedAt: finishedAt, events } = project;
  const last = events.length === MAX_EVENTS ? events.at(-1) : undefined;
  return {
    project: { name: project.name, status: project.status },
    human: project.human === null ? EMPTY_HUMAN_PART : HumanPart.parse(project.human),
    tasks: project.tasks.map(({ total: _total, number, createdAt, updatedAt, ...task }) => ({
      ...task,
      shortId: formatShortId({ key: project.key, number }),
      createdAt: new Date(createdAt),
      updatedAt: new Date(updatedAt),
    })),
    totals: totalsOf(project.tasks),
    lastCompletedRun: id !== null && finishedAt !== null ? { id, summary, finishedAt } : null,
    lastChangedAt: project.lastChangedAt,
    now: project.now,
    changes: last ? null : project.changes,
    events: events.map(({ cursor: _cursor, ...event }) => event),
    toldUpTo: last ? BigInt(last.cursor) : project.eventCursor,
  };
}

function totalsOf(tasks: ProjectFacts['tasks']): StateFacts['totals'] {
  const totals = { in_progress: 0, needs_review: 0, blocked: 0, failed: 0, held: 0, queued: 0 };
  for (const { status, heldBy, total } of tasks)
    totals[status === 'queued' && heldBy !== null ? 'held' : status] = total;
  return totals;
}
