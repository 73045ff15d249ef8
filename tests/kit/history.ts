import type { Core } from '#core/platform/core.ts';
import type { Agent, Project } from '#prisma/generated/client/client.ts';

export interface HistorySize {
  /** Tasks that are done, each with a run that ended. */
  done: number;
  /** Queued tasks, each with a run that waits. */
  waiting: number;
}

/** Each task takes its number from one row: a transaction that takes very many has as many versions of it to step over. */
const TASKS_A_STATEMENT = 1_000;

/** Fills a project as years of use would. Written by SQL: the product's commands would take hours. */
export async function growHistory(core: Core, project: Project, agent: Agent, size: HistorySize): Promise<void> {
  const text = `
    with made as (
      insert into tasks (id, project_id, agent_id, title, description, acceptance_criteria, type, priority, status, requested_by, created_at, updated_at)
      select gen_random_uuid(), $1::uuid, $2::uuid, 'Task ' || n, repeat('Words about it. ', 20), '{}', 'code_change', 1 + n % 5,
             (case when n <= $3 then 'done' else 'queued' end)::task_status, 'api', at, at
        from generate_series($5::int, least($5::int + ${TASKS_A_STATEMENT} - 1, $3::int + $4::int)) n, lateral (select now() - make_interval(mins => $3::int + $4::int - n) as at) moment
      returning id, status, created_at
    )
    insert into agent_runs (id, project_id, agent_id, task_id, attempt, status, reason, created_at, started_at, finished_at)
    select gen_random_uuid(), $1::uuid, $2::uuid, id, 1,
           (case when status = 'done' then 'completed' else 'pending' end)::run_status,
           (case when status = 'done' then 'ok' end)::run_reason, created_at,
           case when status = 'done' then created_at end, case when status = 'done' then created_at end
      from made`;
  const client = await core.pool.connect();
  try {
    await client.query('set statement_timeout = 0');
    for (let first = 1; first <= size.done + size.waiting; first += TASKS_A_STATEMENT)
      await client.query(text, [project.id, agent.id, size.done, size.waiting, first]);
    await client.query('analyze');
  } finally {
    client.release(true);
  }
}
