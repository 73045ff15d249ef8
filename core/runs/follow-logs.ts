import { digitOf, type LogStream } from '#contract/log-streams.ts';
import { MAX_LOG_PAGE_LINES } from '#core/config/limits.ts';
import { oneByOne } from '#core/platform/abortable.ts';
import type { Core } from '#core/platform/core.ts';
import type { LogBatch } from './append-logs.ts';
import { runLogChannel } from './append-logs.ts';
import { Lane } from './follow-lane.ts';

/** The lines of runs. */
export const logLane = new Lane<LogBatch>({
  countColumn: 'line_count',
  channelOf: runLogChannel,
  read: (core, runId, afterSeq) => readLines(core, runId, afterSeq, MAX_LOG_PAGE_LINES),
  lengthOf: ({ messages }) => messages.length,
  without: (batch, skip) => ({
    ...batch,
    firstSeq: batch.firstSeq + skip,
    streams: batch.streams.slice(skip),
    messages: batch.messages.slice(skip),
  }),
});

/** The lines of a run after a number, one batch after another, as `Lane.follow` gives them. */
export const followRunLog = (core: Core, runId: string, afterSeq: number): AsyncGenerator<LogBatch> =>
  oneByOne(logLane.follow(core, runId, afterSeq));

/** A page of stored lines after a number; null when there is none. */
export async function readLines(core: Core, runId: string, afterSeq: number, limit: number): Promise<LogBatch | null> {
  const { rows } = await core.pool.query<{ seq: number; stream: LogStream; message: string; created_at: Date }>({
    name: 'read_lines',
    text: 'select seq, stream, message, created_at from agent_run_logs where run_id = $1 and seq > $2 order by seq limit $3',
    values: [runId, afterSeq, limit],
  });
  const first = rows[0];
  if (!first) return null;
  return {
    firstSeq: first.seq,
    streams: rows.map((row) => digitOf(row.stream)).join(''),
    messages: rows.map((row) => row.message),
    createdAt: first.created_at.toISOString(),
  };
}
