import { digitOf, type LogStream } from '#contract/log-streams.ts';
import { MAX_LOG_PAGE_LINES, TAIL_WAIT_MS } from '#core/config/limits.ts';
import { Sweep } from '#core/events/sweep.ts';
import { abortable, oneByOne } from '#core/platform/abortable.ts';
import type { Core } from '#core/platform/core.ts';
import type { LogBatch, LogEnd } from './append-logs.ts';
import { runLogChannel } from './append-logs.ts';
import { LIVE_SQL } from './statuses.ts';

/** How far a run's log has come. */
export interface LogState {
  lineCount: number;
  /** Whether lines can still come. */
  mayGrow: boolean;
  /** Retention has removed its lines, or is about to. */
  isRemoved: boolean;
}

const sweep = new Sweep(runStates);

/**
 * The lines of a run after a number: stored ones first, then those that come, each once, in order, without gaps.
 * Ends when the run has ended and its last line was given. A lost run's runner may come back with the tail of its log:
 * then it goes on, for as long as that can be expected.
 * @param afterSeq the last line the follower has; -1 for all
 * @returns batches, and together what came together
 */
export function followRunLogBatches(core: Core, runId: string, afterSeq: number): AsyncGenerator<readonly LogBatch[]> {
  return abortable((signal) => followUntil(core, runId, afterSeq, signal));
}

/** The same, one batch after another. */
export const followRunLog = (core: Core, runId: string, afterSeq: number): AsyncGenerator<LogBatch> =>
  oneByOne(followRunLogBatches(core, runId, afterSeq));

async function* followUntil(
  core: Core,
  runId: string,
  afterSeq: number,
  signal: AbortSignal,
): AsyncGenerator<readonly LogBatch[]> {
  const listener = core.bus.listen<LogBatch | LogEnd>(runLogChannel(runId));
  signal.addEventListener('abort', () => listener.close());
  let next = afterSeq + 1;
  const stopSweep = sweep.watch(core, {
    key: runId,
    isBehind: (state) => state === null || state.isRemoved || state.lineCount > next || !state.mayGrow,
    nudge: () => listener.nudge(),
  });
  try {
    let readRows = true;
    for (;;) {
      while (readRows) {
        const state = await logState(core, runId);
        if (state?.isRemoved) return;
        const batch = await readLines(core, runId, next - 1, MAX_LOG_PAGE_LINES);
        if (batch) {
          next = batch.firstSeq + batch.messages.length;
          yield [batch];
        }
        if (!state || (!state.mayGrow && next >= state.lineCount)) return;
        readRows = batch?.messages.length === MAX_LOG_PAGE_LINES;
      }
      const { messages, missed, closed } = await listener.take();
      if (closed) return;
      readRows = missed;
      const batches: LogBatch[] = [];
      for (const message of messages) {
        if ('end' in message || message.firstSeq > next) {
          readRows = true;
          break;
        }
        const rest = linesFrom(message, next);
        if (!rest) continue;
        next = message.firstSeq + message.messages.length;
        batches.push(rest);
      }
      if (batches.length > 0) yield batches;
    }
  } finally {
    stopSweep();
    listener.close();
  }
}

/** What of a batch begins with this line; null: nothing. A batch that begins later is given as it is. */
export function linesFrom(batch: LogBatch, seq: number): LogBatch | null {
  const skip = seq - batch.firstSeq;
  if (skip <= 0) return batch;
  if (skip >= batch.messages.length) return null;
  return {
    ...batch,
    firstSeq: seq,
    streams: batch.streams.slice(skip),
    messages: batch.messages.slice(skip),
  };
}

/** How far a run's log has come; null: there is no such run. */
export async function logState(core: Core, runId: string): Promise<LogState | null> {
  return (await runStates(core, [runId])).get(runId) ?? null;
}

async function runStates(core: Core, runIds: string[]): Promise<ReadonlyMap<string, LogState>> {
  const { rows } = await core.pool.query<LogState & { id: string }>({
    name: 'run_log_states',
    text: `select id, line_count as "lineCount", status ${LIVE_SQL}
                  or (status = 'timed_out' and reason in ('runner_lost', 'outcome_unknown') and finished_at > clock_timestamp() - make_interval(secs => $2)) as "mayGrow",
                  log_removed_at is not null as "isRemoved"
             from agent_runs where id = any($1)`,
    values: [runIds, TAIL_WAIT_MS / 1_000],
  });
  return new Map(rows.map(({ id, ...state }) => [id, state]));
}

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
