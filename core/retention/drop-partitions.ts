import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';

const RUNS_A_BATCH = 5_000;
/** Whoever reads a log at the moment is not kept waiting behind us; the next pass tries again. */
const LOCK_TIMEOUT_MS = 500;

/** Months that are over, with the run ids their logs belong to. Activity has the same months. */
const MONTHS = `
  select name as id, right(name, 7) as month, uuid_v7_floor(begins at time zone 'UTC') as first_id, uuid_v7_floor((begins + interval '1 month') at time zone 'UTC') as end_id
    from (select c.relname as name, to_date(right(c.relname, 7), 'YYYY_MM')::timestamp as begins
            from pg_inherits i join pg_class c on c.oid = i.inhrelid
           where i.inhparent = 'agent_run_logs'::regclass and c.relname ~ '^agent_run_logs_\\d{4}_\\d{2}$') months
   where begins + interval '1 month' < now() at time zone 'UTC'
   order by name`;

/** Whether a project still needs a line of these runs: it is kept for longer, or the run has not ended. */
const IS_NEEDED = `
  select exists (
    select 1 from agent_runs r join projects p on p.id = r.project_id
     where r.id >= $1 and r.id < $2 and r.log_removed_at is null and p.deleting_at is null
       and (p.run_log_days is null or r.finished_at is null or r.finished_at >= clock_timestamp() - make_interval(days => p.run_log_days))) as needed`;

const MARK = `
  update agent_runs set log_removed_at = clock_timestamp()
   where id = any(array(select id from agent_runs where id >= $1 and id < $2 and log_removed_at is null limit ${RUNS_A_BATCH}))`;

interface Month {
  /** The name of the partition of lines. */
  id: string;
  /** As both partitions' names end. */
  month: string;
  first_id: string;
  end_id: string;
}

/** Drops the months of logs, with their activity, of which nobody needs a line: that costs nothing, however many lines they have. */
export async function dropUnneededPartitions(core: Core): Promise<void> {
  const { rows } = await core.pool.query<Month>({ name: 'log_months', text: MONTHS });
  await eachAlone(core, 'to drop a month of logs', rows, (month) => dropUnlessNeeded(core, month));
}

async function dropUnlessNeeded(core: Core, { id: name, month, first_id, end_id }: Month): Promise<void> {
  const range = [first_id, end_id];
  const needed = await core.pool.query<{ needed: boolean }>({
    name: 'is_month_needed',
    text: IS_NEEDED,
    values: range,
  });
  if (needed.rows[0]?.needed !== false) return;
  // Before the lines go, their runs say so. Marked ones need nothing, so a pass that ends here is gone on with.
  while (((await core.pool.query({ name: 'mark_month', text: MARK, values: range })).rowCount ?? 0) === RUNS_A_BATCH);
  await core.db.$transaction([
    core.db.$executeRawUnsafe(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`),
    core.db.$executeRawUnsafe(`drop table if exists "run_activity_${month}"`),
    core.db.$executeRawUnsafe(`drop table "${name}"`),
  ]);
  core.logger.info({ partition: name }, 'Dropped a month of logs that no project keeps');
}
