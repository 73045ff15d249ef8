import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import { withLock } from '#core/platform/locked-client.ts';
import { dropUnneededPartitions } from './drop-partitions.ts';

/** How long one pass works at most, so that a worker that is told to stop has soon done so. */
const PASS_MS = 5_000;
const RUNS_A_BATCH = 500;
const EVENTS_A_BATCH = 5_000;

/**
 * Removes what projects do not keep any longer, in batches; one worker at a time. Runs and artifacts stay and say when
 * their lines and files were removed; those go with the pending removals.
 * @returns whether there is more to do now
 */
export async function applyRetention(core: Core): Promise<boolean> {
  const isDone = await withLock(core, 'retention', async () => {
    const until = performance.now() + PASS_MS;
    await dropUnneededPartitions(core);
    let isMore = true;
    while (isMore && performance.now() < until) isMore = await removeBatches(core);
    return !isMore;
  });
  return isDone === false;
}

interface Rules {
  id: string;
  run_log_days: number | null;
  event_days: number | null;
  artifact_days: number | null;
  recording_days: number | null;
}

/** A batch of each kind of each project. @returns whether one of them was full */
async function removeBatches(core: Core): Promise<boolean> {
  const { rows } = await core.pool.query<Rules>({
    name: 'retention_rules',
    text: `select id, run_log_days, event_days, artifact_days, recording_days from projects
            where deleting_at is null and coalesce(run_log_days, event_days, artifact_days, recording_days) is not null order by id`,
  });
  let isMore = false;
  await eachAlone(core, 'to apply the retention of a project', rows, async (rules) => {
    const batches = [
      [LOGS, rules.run_log_days, RUNS_A_BATCH],
      [ARTIFACTS, rules.artifact_days, RUNS_A_BATCH],
      [RECORDINGS, rules.recording_days, RUNS_A_BATCH],
      [EVENTS, rules.event_days, EVENTS_A_BATCH],
    ] as const;
    for (const [text, days, size] of batches) {
      if (days === null) continue;
      const { rowCount } = await core.pool.query({ text, values: [rules.id, days, size] });
      isMore ||= rowCount === size;
    }
  });
  return isMore;
}

// By the statement's time: no index is searched for a clock that goes on, and each row would be looked at.
/** Runs of a project ($1) that ended more than $2 days ago, $3 at most. */
export const RUNS_DUE = `select id from agent_runs
     where project_id = $1 and log_removed_at is null and finished_at is not null and finished_at < statement_timestamp() - make_interval(days => $2)
     order by finished_at limit $3 for update skip locked`;
const LOGS = `
  with due as (
    ${RUNS_DUE}
  ), marked as (
    update agent_runs r set log_removed_at = clock_timestamp() from due where r.id = due.id returning r.id
  )
  insert into pending_removals (id, kind, subject) select gen_random_uuid(), 'run_log'::removal_kind, id::text from marked`;

// A task that is not over may still be reviewed, or gone on with.
const ARTIFACTS = `
  with due as (
    select a.id from artifacts a left join tasks t on t.id = a.task_id
     where a.project_id = $1 and a.removed_at is null and a.created_at < statement_timestamp() - make_interval(days => $2)
       and (t.id is null or t.status in ('done', 'canceled'))
     order by a.created_at limit $3 for update of a skip locked
  ), marked as (
    update artifacts a set removed_at = clock_timestamp() from due where a.id = due.id returning a.storage_path
  )
  insert into pending_removals (id, kind, subject) select gen_random_uuid(), 'file'::removal_kind, storage_path from marked`;

// What is still to be transcribed is kept for that.
const RECORDINGS = `
  with due as (
    select id from recordings
     where project_id = $1 and removed_at is null and uploaded_at is not null and due_at is null
       and created_at < statement_timestamp() - make_interval(days => $2)
     order by created_at limit $3 for update skip locked
  ), marked as (
    update recordings r set removed_at = clock_timestamp() from due where r.id = due.id returning r.storage_path
  )
  insert into pending_removals (id, kind, subject) select gen_random_uuid(), 'file'::removal_kind, storage_path from marked`;

// Cursors grow with time: past the oldest batch nothing needs to be looked at.
const EVENTS = `
  delete from realtime_events where project_id = $1 and cursor = any(array(
    select oldest.cursor from (select cursor, created_at from realtime_events where project_id = $1 order by cursor limit $3) oldest
     where oldest.created_at < clock_timestamp() - make_interval(days => $2)))`;
