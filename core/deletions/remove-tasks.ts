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
  await tx.db.$queryRaw`select set_config('overmind.deletion_id', ${deletionId}, true)`;
  await tx.db.$executeRaw`delete from task_events where task_id = any(${taskIds}::uuid[])`;
  await tx.db.$queryRaw`select set_config('overmind.deletion_id', '', true)`;
  const messageIds = await loosenFromTasks(tx, taskIds);
  await tx.db.$executeRaw`delete from tasks where id = any(${taskIds}::uuid[])`;
  return messageIds;
}
