import { z } from 'zod';
import { cutText } from '#contract/cut-text.ts';
import { LOG_STREAMS } from '#contract/enums.ts';
import { MAX_LOG_BATCH_BYTES, MAX_LOG_BATCH_LINES, MAX_LOG_LINE_BYTES } from '#contract/limits.ts';
import { STREAM_DIGITS, STREAM_DIGITS_TEXT } from '#contract/log-streams.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { RUNNER_TOKEN_HOLDS_SQL } from '#core/access/sessions.ts';
import { hashToken } from '#core/access/tokens.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import { runLogAppended } from '#core/events/catalogue.ts';
import { parseShape } from '#core/errors/parse-input.ts';
import { storableText } from '#core/errors/storable-text.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { answerRepeatOrRefuse } from './answer-repeat.ts';
import type { NumberedBatch } from './follow-lane.ts';
import { noticeRun } from './notice-run.ts';
import { TAKES_SQL } from './statuses.ts';

export const runLogChannel = (runId: string): string => `run:${runId}:log`;

export interface LogBatch extends NumberedBatch {
  /** A digit a line, see contract/log-streams.ts. */
  streams: string;
  messages: string[];
  createdAt: string;
}

const LAST_MESSAGE_CHARS = 200;
const Batch = z.strictObject({
  runId: z.uuid(),
  leaseToken: z.string().max(200),
  firstSeq: z
    .int()
    .min(0)
    .max(2 ** 31 - 1 - MAX_LOG_BATCH_LINES),
  streams: z.string().max(MAX_LOG_BATCH_LINES).regex(STREAM_DIGITS, STREAM_DIGITS_TEXT),
  messages: z.array(z.string()).min(1).max(MAX_LOG_BATCH_LINES, `At most ${MAX_LOG_BATCH_LINES} lines a batch`),
});
export type NewLogBatch = z.infer<typeof Batch>;

// Lease, numbering and lines in one statement and so one commit. line_count is the next number expected: a batch
// that starts there is inserted, any other changes nothing and is looked at more closely. A run that was lost
// still takes the tail of its own log, as evidence; nothing else of it can change. The lines travel as one text and
// their streams as one byte each: as arrays they cost the server and this process 1.5 times the processor
// (bench/log-ingest.ts).
const STREAMS = LOG_STREAMS.map((stream) => `'${stream}'`).join(', ');
const append = (condition: string): string => `
  with run as (
    update agent_runs
       set line_count = line_count + $4::int,
           status = case when status = 'started' then 'streaming'::run_status else status end
     where id = $1 and lease_token_hash = $2 and runner_id = $3 and line_count = $5 and log_removed_at is null
       and ${TAKES_SQL} ${condition}
    returning id, project_id, clock_timestamp() as at
  ), lines as (
    insert into agent_run_logs (run_id, seq, stream, message, created_at)
    select run.id, $5 + line.ordinal - 1, (array[${STREAMS}]::log_stream[])[get_byte($6::bytea, (line.ordinal - 1)::int) - 48], line.message, run.at
      from run, unnest(string_to_array($7::text, $8::text)) with ordinality as line(message, ordinal)
     where line.ordinal <= $4::int
  )
  select project_id, at from run`;
const APPEND = { name: 'append_run_logs', text: append('') };
const APPEND_FOR_TOKEN = {
  name: 'append_run_logs_for_token',
  text: append(`and exists (select 1 from runner_tokens t join runners r on r.id = t.runner_id
                   where t.token_hash = $9 and t.runner_id = $3 and ${RUNNER_TOKEN_HOLDS_SQL})`),
};

/**
 * Appends runner output to a run's log and wakes its followers. Sending a batch twice stores it once.
 * @param batch 1–1,000 lines, numbered from 0 without gaps; each at most 16 KiB of UTF-8, already masked
 * @returns the highest stored seq; the runner may drop its buffer up to it
 * @throws LeaseLostError when the run is not the runner's, ExpectedSeqError for a gap, InvalidInputError
 * @source limits: contract/limits.ts
 */
export async function appendRunLogs(core: Core, actor: RunnerActor, batch: NewLogBatch): Promise<number> {
  const parsed = readBatch(batch);
  const lastSeq = await insert(core, actor, parsed, APPEND);
  const { runId, leaseToken, firstSeq, messages } = parsed;
  return (
    lastSeq ?? answerRepeatOrRefuse(core, actor, { runId, leaseToken, firstSeq, length: messages.length }, 'line_count')
  );
}

/**
 * Appends a batch that is the next of its run, for a runner that was let in earlier: that its token still holds is part
 * of the same statement, so nothing has to be asked before it.
 * @param actor as it was when the token was looked up; only its ids are used
 * @returns the highest stored seq; null: nothing was changed, and `appendRunLogs` says why for whoever it is by now
 * @throws InvalidInputError
 */
export async function appendNextLogs(core: Core, actor: RunnerActor, batch: unknown): Promise<number | null> {
  return insert(core, actor, readBatch(batch), APPEND_FOR_TOKEN);
}

function readBatch(batch: unknown): NewLogBatch {
  const parsed = parseShape(Batch, batch);
  assertSizes(parsed.streams, parsed.messages);
  return parsed;
}

async function insert(
  core: Core,
  actor: RunnerActor,
  { runId, leaseToken, firstSeq, streams, messages: texts }: NewLogBatch,
  statement: typeof APPEND,
): Promise<number | null> {
  const { messages, text, separator } = pack(texts);
  const values = [
    runId,
    hashToken(leaseToken),
    actor.runnerId,
    messages.length,
    firstSeq,
    Buffer.from(streams, 'latin1'),
    text,
    separator,
  ];
  if (statement === APPEND_FOR_TOKEN) values.push(actor.tokenHash);
  const { rows } = await core.pool.query<{ project_id: string; at: Date }>({ ...statement, values });
  const row = rows[0];
  if (!row) return null;
  const lastSeq = firstSeq + messages.length - 1;
  core.bus.publish(runLogChannel(runId), {
    firstSeq,
    streams,
    messages,
    createdAt: row.at.toISOString(),
  } satisfies LogBatch);
  const last = messages.at(-1) ?? '';
  noticeRun(core, runLogAppended, {
    projectId: row.project_id,
    entityId: runId,
    patch: { lastSeq, count: messages.length, lastMessage: cutText(last, LAST_MESSAGE_CHARS) },
  });
  return lastSeq;
}

/** The lines as one text, each followed by a separator that is in none of them. */
function pack(texts: string[]): { messages: string[]; text: string; separator: string } {
  // A line rarely holds the end of a line; if one does, something that nobody could have put there stands between them.
  const separator = texts.some((line) => line.includes('\n')) ? `\n${newId()}\n` : '\n';
  const text = texts.join(separator) + separator;
  if (text.isWellFormed()) return { messages: texts, text, separator };
  // A line that was cut in the middle of a character must look the same to who follows and to who reads it later.
  const messages = texts.map(storableText);
  return { messages, text: messages.join(separator) + separator, separator };
}

function assertSizes(streams: string, messages: string[]): void {
  if (streams.length !== messages.length)
    throw new InvalidInputError([
      { path: ['streams'], message: `Expected ${messages.length} digits, found ${streams.length}` },
    ]);
  let total = 0;
  messages.forEach((message, i) => {
    const bytes = Buffer.byteLength(message);
    total += bytes;
    if (bytes > MAX_LOG_LINE_BYTES)
      throw new InvalidInputError([
        { path: ['messages', i], message: `A line has at most ${MAX_LOG_LINE_BYTES} bytes` },
      ]);
    if (message.includes('\0'))
      throw new InvalidInputError([{ path: ['messages', i], message: 'A line has no NUL character' }]);
  });
  if (total > MAX_LOG_BATCH_BYTES)
    throw new InvalidInputError([{ path: ['messages'], message: `A batch has at most ${MAX_LOG_BATCH_BYTES} bytes` }]);
}
