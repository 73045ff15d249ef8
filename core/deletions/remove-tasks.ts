import { loosenFromTasks } from '#core/conversations/change-messages.ts';
import type { Tx } from '#core/platform/in-transaction.ts';

/**
 * Removes tasks with their audit trail, runs and artifacts, which the caller has put on record as deleted. Lines of logs
 * and files are written down and go after the commit; the runners that worked on the tasks can learn that they are gone.
 * @returns the messages that were about them
 */
export async function removeTasks(tx: Tx, deletionId: string, taskIds: readonly string[]): Promise<string[]> {
  await tx.db.$queryRaw`select 1 from tasks where id = any(${taskIds}::uuid[]) order by id for update`;
  await tx.db.$executeRaw`
    insert into deleted_tasks (runner_id, task_id)
    select distinct runner_id, task_id from agent_runs where task_id = any(${taskIds}::uuid[]) and runner_id is not null
    on conflict do nothing`;
  // Of each run that began, also when it has no line yet: a lost run's runner may be bringing some at the moment.
  await tx.db.$executeRaw`
    insert into pending_removals (id, deletion_id, kind, subject)
    select gen_random_uuid(), ${deletionId}::uuid, 'run_log'::removal_kind, id::text from agent_runs
     where task_id = any(${taskIds}::uuid[]) and (runner_id is not null or line_count > 0)
    union all
    select gen_random_uuid(), ${deletionId}::uuid, 'file'::removal_kind, storage_path from artifacts where task_id = any(${taskIds}::uuid[])`;
  await removeEntries(tx, deletionId, taskIds, null);
  const messageIds = await loosenFromTasks(tx, taskIds);
  await tx.db.$executeRaw`delete from tasks where id = any(${taskIds}::uuid[])`;
  return messageIds;
}

/**
 * Removes entries of the audit trail of tasks that are on record as deleted.
 * @param limit null: all of them
 * @returns whether there may be more
 */
export async function removeEntries(
  tx: Tx,
  deletionId: string,
  taskIds: readonly string[],
  limit: number | null,
): Promise<boolean> {
  await tx.db.$queryRaw`select set_config('overmind.deletion_id', ${deletionId}, true)`;
  const removed = await tx.db.$executeRaw`
    delete from task_events where ctid = any(array(select ctid from task_events where task_id = any(${taskIds}::uuid[]) limit ${limit}::int))`;
  await tx.db.$queryRaw`select set_config('overmind.deletion_id', '', true)`;
  return removed === limit;
}
