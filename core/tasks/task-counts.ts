import type { Core } from '#core/platform/core.ts';
import { withLock } from '#core/platform/locked-client.ts';

/** A project's rows are added up when it has more of them than this: about twenty changes on top of its sums. */
const MAX_ROWS = 50;

/**
 * Adds up what single changes have noted of each project's tasks, so that a count stays cheap to read. Rows that
 * somebody else adds up at the moment are left to them; a reader sees either the rows or their sum.
 */
export async function addUpTaskCounts({ pool }: Core): Promise<void> {
  await pool.query({
    name: 'add_up_task_counts',
    text: `
      with long as (select project_id from task_counts group by project_id having count(*) > $1),
           held as (select ctid from task_counts where project_id in (select project_id from long) for update skip locked),
           gone as (delete from task_counts where ctid = any(array(select ctid from held)) returning *)
      insert into task_counts (project_id, status, is_held, tasks)
      select project_id, status, is_held, sum(tasks) from gone group by 1, 2, 3 having sum(tasks) <> 0`,
    values: [MAX_ROWS],
  });
}

/** What the counts of one project said, and what there is. */
interface Mended {
  projectId: string;
  status: string;
  isHeld: boolean;
  counted: number;
  tasks: number;
}

/**
 * Compares what is counted with the tasks themselves, and adds the difference where there is one. There is none as long as
 * every change goes through the triggers; a restored table or a hand in the database may have left one. Each is logged.
 */
export async function mendTaskCounts(core: Core): Promise<void> {
  // Two at once would both add the same difference.
  const mended = await withLock(core, 'mend task counts', async () => (await core.pool.query<Mended>(MEND)).rows);
  for (const each of mended ?? [])
    core.logger.warn(
      each,
      "A project's tasks were counted wrongly; the count is mended, and what made it wrong is not known",
    );
}

// One statement sees the tasks and their counts as of one moment, so changes that are under way make no difference.
const MEND = `
  with counted as (
    select project_id, status, is_held, sum(tasks)::int as tasks from task_counts group by 1, 2, 3
  ), there as (
    select project_id, status, held_by is not null as is_held, count(*)::int as tasks from tasks group by 1, 2, 3
  ), different as (
    select project_id, status, is_held, coalesce(counted.tasks, 0) as counted, coalesce(there.tasks, 0) as tasks
      from counted full join there using (project_id, status, is_held)
     where coalesce(counted.tasks, 0) <> coalesce(there.tasks, 0)
  ), mended as (
    insert into task_counts (project_id, status, is_held, tasks)
    select project_id, status, is_held, tasks - counted from different
  )
  select project_id as "projectId", status, is_held as "isHeld", counted, tasks from different`;
