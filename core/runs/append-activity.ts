import { z } from 'zod';
import { MAX_ACTIVITY_BATCH_BYTES, MAX_ACTIVITY_BATCH_ENTRIES, MAX_ACTIVITY_ENTRIES } from '#contract/activity.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { hashToken } from '#core/access/tokens.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { storableTexts } from '#core/errors/storable-text.ts';
import { runActivityAppended } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { AppendedEntry, doingOf } from './activity-entries.ts';
import { answerRepeatOrRefuse } from './answer-repeat.ts';
import type { NumberedBatch } from './follow-lane.ts';
import { noteUse } from './note-use.ts';
import { noticeRun } from './notice-run.ts';
import { CLAIMED_SQL, TAKES_SQL } from './statuses.ts';

export const runActivityChannel = (runId: string): string => `run:${runId}:activity`;

/** An entry as it was stored; `entry` fits the contract, or comes from a runner that knows more. */
export interface StoredEntry {
  seq: number;
  entry: unknown;
  createdAt: string;
}
export interface ActivityBatch extends NumberedBatch {
  entries: StoredEntry[];
}

/** The entries that a runner cuts short after, and the one that says so. */
const MAX_ENTRIES = MAX_ACTIVITY_ENTRIES + 1;
const Batch = z.strictObject({
  runId: z.uuid(),
  leaseToken: z.string().max(200),
  firstSeq: z.int().min(0).max(MAX_ENTRIES),
  entries: z
    .array(AppendedEntry)
    .min(1)
    .max(MAX_ACTIVITY_BATCH_ENTRIES, `At most ${MAX_ACTIVITY_BATCH_ENTRIES} entries a batch`),
});
/** As a runner sends it; `entries` is whatever it says. */
export interface NewActivityBatch {
  runId: string;
  leaseToken: string;
  firstSeq: number;
  entries: unknown;
}

// As for lines: lease, numbering and entries in one statement and so one commit, and a lost run still takes its tail. A
// message that was begun in the batch before ($8: the item of one that may have been) says nothing new with its next words.
const APPEND = `
  with run as (
    update agent_runs
       set activity_count = activity_count + $4::int,
           doing = case
             when not status ${CLAIMED_SQL} then null
             when exists (select 1 from run_activity
                           where run_id = $1 and seq = $5 - 1 and entry->>'kind' = 'message' and entry->'item' = to_jsonb($8::int)) then doing
             else coalesce($7::text, doing)
           end
     where id = $1 and lease_token_hash = $2 and runner_id = $3 and activity_count = $5 and log_removed_at is null
       and ${TAKES_SQL}
    returning id, project_id, doing, clock_timestamp() as at
  ), entries as (
    insert into run_activity (run_id, seq, entry, created_at)
    select run.id, $5 + item.ordinal - 1, item.entry, run.at
      from run, jsonb_array_elements($6::jsonb) with ordinality as item(entry, ordinal)
  )
  select run.project_id, run.doing, run.doing is distinct from before.doing as is_new, run.at
    from run join agent_runs before on before.id = run.id`;

/**
 * Appends what a run's agent does and wakes its followers. Sending a batch twice stores it once.
 * @param batch 1–200 entries of contract/activity.ts, numbered from 0 without gaps, already masked. Kinds and fields
 *   that only a newer runner knows are taken as they are
 * @returns the highest stored seq; the runner may drop its buffer up to it
 * @throws LeaseLostError when the run is not the runner's, ExpectedSeqError for a gap, InvalidInputError
 * @source limits: contract/activity.ts
 */
export async function appendRunActivity(core: Core, actor: RunnerActor, batch: NewActivityBatch): Promise<number> {
  const parsed = parseInput(Batch, { ...batch, entries: storableTexts(batch.entries) });
  const { runId, leaseToken, firstSeq, entries } = parsed;
  const json = JSON.stringify(entries);
  assertSizes(firstSeq, entries.length, json);
  const { words, item } = doingOf(entries);
  const { rows } = await core.pool.query<{ project_id: string; doing: string | null; is_new: boolean; at: Date }>({
    name: 'append_run_activity',
    text: APPEND,
    values: [runId, hashToken(leaseToken), actor.runnerId, entries.length, firstSeq, json, words, item],
  });
  const row = rows[0];
  if (!row)
    return answerRepeatOrRefuse(core, actor, { runId, leaseToken, firstSeq, length: entries.length }, 'activity_count');
  await noteUse(core, runId, entries);
  const createdAt = row.at.toISOString();
  core.bus.publish(runActivityChannel(runId), {
    firstSeq,
    entries: entries.map((entry, i) => ({ seq: firstSeq + i, entry, createdAt })),
  } satisfies ActivityBatch);
  const lastSeq = firstSeq + entries.length - 1;
  // Cards show words, and a run that has no activity yet its last line.
  if (row.is_new || firstSeq === 0)
    noticeRun(core, runActivityAppended, {
      projectId: row.project_id,
      entityId: runId,
      patch: { lastSeq, doing: row.doing },
    });
  return lastSeq;
}

function assertSizes(firstSeq: number, length: number, json: string): void {
  if (firstSeq + length > MAX_ENTRIES)
    throw new InvalidInputError([
      { path: ['entries'], message: `A run has at most ${MAX_ENTRIES} entries; the rest stands in its lines` },
    ]);
  if (Buffer.byteLength(json) > MAX_ACTIVITY_BATCH_BYTES)
    throw new InvalidInputError([
      { path: ['entries'], message: `A batch has at most ${MAX_ACTIVITY_BATCH_BYTES} bytes of JSON` },
    ]);
}
