import type { Core } from '#core/platform/core.ts';

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
