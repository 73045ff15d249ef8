import { z } from 'zod';
import { id } from '#contract/fields.ts';
import { MAX_WORK_FOLDERS, WorkFolderReport } from '#contract/repositories.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { answerRequest } from '#core/runners/runner-requests.ts';
import { LIVE_SQL } from '#core/runs/statuses.ts';

const Report = z.strictObject({ requestId: id.nullable().default(null), report: WorkFolderReport });

/** What the server knows of a folder's task, from which the runner decides what becomes of the folder. */
export interface WorkFolderVerdict {
  name: string;
  /** `live`: a run works or waits; `open`: it may go on; `deleted`: there is none any more; `unknown`: it never ran on this runner. */
  task: 'live' | 'open' | 'done' | 'canceled' | 'archived' | 'deleted' | 'unknown';
  /** Its result is in the base branch. */
  isMerged: boolean;
  /** How long it has been done, canceled, archived or deleted, by the server's clock; 0 while it is not. */
  overForMs: number;
}

const STORE = `
  insert into work_folders (runner_id, name, task_id, facts)
  select $1::uuid, told.name, told.task_id, told.facts from unnest($2::text[], $3::uuid[], $4::jsonb[]) as told(name, task_id, facts)
  on conflict (runner_id, name) do update set task_id = excluded.task_id, facts = excluded.facts, seen_at = now()`;

// Of a task that never ran on this runner, it learns nothing.
const JUDGE = `
  select f.name,
         case when t.id is null then case when d.task_id is null then 'unknown' else 'deleted' end
              when exists (select 1 from agent_runs l where l.task_id = t.id and l.status ${LIVE_SQL}) then 'live'
              when p.status = 'archived' then 'archived'
              when t.status in ('done', 'canceled') then t.status::text
              else 'open' end as task,
         exists (select 1 from agent_runs m where m.task_id = t.id and m.kind = 'merge' and m.status = 'completed') as "isMerged",
         case when t.status in ('done', 'canceled') then greatest(0, extract(epoch from clock_timestamp() - t.updated_at) * 1000)
              when p.status = 'archived' then greatest(0, extract(epoch from clock_timestamp() - p.updated_at) * 1000)
              when t.id is null and d.task_id is not null then greatest(0, extract(epoch from clock_timestamp() - d.deleted_at) * 1000)
              else 0 end::float8 as "overForMs"
    from work_folders f
    left join tasks t on t.id = f.task_id and exists (select 1 from agent_runs r where r.task_id = t.id and r.runner_id = f.runner_id)
    left join projects p on p.id = t.project_id
    left join deleted_tasks d on d.task_id = f.task_id and d.runner_id = f.runner_id
   where f.runner_id = $1::uuid
   order by f.name`;

/** A runner tells of all its work folders, and hears what became of their tasks. */
export async function reportWorkFolders(
  core: Core,
  actor: RunnerActor,
  input: z.input<typeof Report>,
): Promise<WorkFolderVerdict[]> {
  const { requestId, report } = parseInput(Report, input);
  // By name, so that one that is told twice is stored once and rows are held in one order.
  const told = [...new Map(report.folders.map((folder) => [folder.name, folder])).values()].sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  await inTransaction(core, async (tx) => {
    await tx.db.workFolder.deleteMany({
      where: { runnerId: actor.runnerId, name: { notIn: told.map(({ name }) => name) } },
    });
    await tx.db.$executeRawUnsafe(
      STORE,
      actor.runnerId,
      told.map(({ name }) => name),
      told.map(({ taskId }) => taskId),
      told.map(({ facts }) => JSON.stringify(facts)),
    );
    await tx.db.runner.update({ where: { id: actor.runnerId }, data: { workFoldersSeenAt: await databaseNow(tx.db) } });
    // That a task was deleted is kept for as long as there can be a folder of it.
    if (told.length < MAX_WORK_FOLDERS)
      await tx.db.deletedTask.deleteMany({
        where: { runnerId: actor.runnerId, taskId: { notIn: told.map(({ taskId }) => taskId) } },
      });
    if (requestId) await answerRequest(tx, actor, requestId, { count: told.length });
  });
  const { rows } = await core.pool.query<WorkFolderVerdict>({ text: JUDGE, values: [actor.runnerId] });
  return rows;
}
