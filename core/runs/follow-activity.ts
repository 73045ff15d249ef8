import { MAX_ACTIVITY_PAGE_ENTRIES } from '#core/config/limits.ts';
import { oneByOne } from '#core/platform/abortable.ts';
import type { Core } from '#core/platform/core.ts';
import type { ActivityBatch } from './append-activity.ts';
import { runActivityChannel } from './append-activity.ts';
import { Lane } from './follow-lane.ts';

/** What agents do in their runs. */
export const activityLane = new Lane<ActivityBatch>({
  countColumn: 'activity_count',
  channelOf: runActivityChannel,
  read: (core, runId, afterSeq) => readActivity(core, runId, afterSeq, MAX_ACTIVITY_PAGE_ENTRIES),
  lengthOf: ({ entries }) => entries.length,
  without: ({ firstSeq, entries }, skip) => ({ firstSeq: firstSeq + skip, entries: entries.slice(skip) }),
});

/** The activity of a run after a number, one batch after another, as `Lane.follow` gives it. */
export const followRunActivity = (core: Core, runId: string, afterSeq: number): AsyncGenerator<ActivityBatch> =>
  oneByOne(activityLane.follow(core, runId, afterSeq));

/** A page of stored entries after a number; null when there is none. */
export async function readActivity(
  core: Core,
  runId: string,
  afterSeq: number,
  limit: number,
): Promise<ActivityBatch | null> {
  const { rows } = await core.pool.query<{ seq: number; entry: unknown; created_at: Date }>({
    name: 'read_activity',
    text: 'select seq, entry, created_at from run_activity where run_id = $1 and seq > $2 order by seq limit $3',
    values: [runId, afterSeq, limit],
  });
  const first = rows[0];
  if (!first) return null;
  return {
    firstSeq: first.seq,
    entries: rows.map(({ seq, entry, created_at }) => ({ seq, entry, createdAt: created_at.toISOString() })),
  };
}
