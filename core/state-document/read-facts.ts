import { formatShortId } from '#contract/short-ids.ts';
import type { Queryable } from '#core/platform/db.ts';
import { EMPTY_HUMAN_PART, HumanPart } from './human-part.ts';
import type { StateFacts, StateTask } from './render.ts';

const MAX_TASKS = 1_000;

interface ProjectFacts {
  name: string;
  key: string;
  status: StateFacts['project']['status'];
  changes: bigint;
  human: unknown;
  lastChangedAt: Date | null;
  runId: string | null;
  runSummary: string | null;
  runFinishedAt: Date | null;
}

/**
 * Reads where a project stands. Bounded: of more open tasks than this, the most urgent are shown.
 * @returns with them, up to which change they tell
 */
export async function readStateFacts(db: Queryable, projectId: string): Promise<StateFacts & { changes: bigint }> {
  // Its count of changes is read before the tasks: what changes from here on is not counted as told.
  const [project] = await db.$queryRaw<ProjectFacts[]>`
    select p.name, p.key, p.status, p.state_changes as changes, h.content as human,
           (select max(updated_at) from tasks where project_id = p.id) as "lastChangedAt",
           r.id as "runId", coalesce(r.summary, r.message) as "runSummary", r.finished_at as "runFinishedAt"
      from projects p
      left join project_state_human h on h.project_id = p.id
      left join lateral (select id, summary, message, finished_at from agent_runs
                          where project_id = p.id and finished_at is not null and (status = 'completed' or landing_is_merged)
                          order by finished_at desc limit 1) r on true
     where p.id = ${projectId}::uuid`;
  if (!project) throw new Error(`Expected the project ${projectId}, found none`);
  const tasks = await db.$queryRaw<(Omit<StateTask, 'shortId'> & { number: number })[]>`
    select t.id, t.number, t.title, t.status, t.priority, t.agent_name as "agentName", t.blocked_reason as "blockedReason", t.held_by as "heldBy",
           t.created_at as "createdAt", t.updated_at as "updatedAt", t.status = 'needs_review' and r.head_commit is null as "isReport"
      from tasks t left join agent_runs r on r.id = t.result_run_id
     where t.project_id = ${projectId}::uuid and t.status not in ('done', 'canceled')
     order by t.priority, t.id limit ${MAX_TASKS}`;
  const { runId: id, runSummary: summary, runFinishedAt: finishedAt } = project;
  return {
    changes: project.changes,
    project: { name: project.name, status: project.status },
    human: project.human === null ? EMPTY_HUMAN_PART : HumanPart.parse(project.human),
    tasks: tasks.map(({ number, ...task }) => ({ ...task, shortId: formatShortId({ key: project.key, number }) })),
    lastCompletedRun: id !== null && finishedAt !== null ? { id, summary, finishedAt } : null,
    lastChangedAt: project.lastChangedAt,
  };
}
