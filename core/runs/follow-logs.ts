import { LOG_STREAMS } from '#contract/enums.ts';
import { MAX_LOG_PAGE_LINES, TAIL_WAIT_MS } from '#core/config/limits.ts';
import { startSweep } from '#core/events/sweep.ts';
import { abortable } from '#core/platform/abortable.ts';
import type { Core } from '#core/platform/core.ts';
import type { LogBatch, LogEnd } from './append-logs.ts';
import { runLogChannel } from './append-logs.ts';
import { LIVE_SQL } from './statuses.ts';

const DIGIT = Object.fromEntries(LOG_STREAMS.map((stream, i) => [stream, String(i + 1)]));

/**
 * The lines of a run after a number: stored ones first, then those that come, each once, in order, without gaps.
 * Ends when the run has ended and its last line was given. A lost run's runner may come back with the tail of its log:
 * then it goes on, for as long as that can be expected.
 * @param afterSeq the last line the follower has; -1 for all
 */
export function followRunLog(core: Core, runId: string, afterSeq: number): AsyncGenerator<LogBatch> {
  return abortable((signal) => followUntil(core, runId, afterSeq, signal));
}

async function* followUntil(
  core: Core,
  runId: string,
  afterSeq: number,
  signal: AbortSignal,
): AsyncGenerator<LogBatch> {
  const listener = core.bus.listen<LogBatch | LogEnd>(runLogChannel(runId));
  signal.addEventListener('abort', () => listener.close());
  let next = afterSeq + 1;
  const stopSweep = startSweep(core, listener, async () => {
    const state = await runState(core, runId);
    return state === null || state.lineCount > next || !state.mayGrow;
  });
  try {
    let readRows = true;
    for (;;) {
      while (readRows) {
        const state = await runState(core, runId);
        if (state?.isRemoved) return;
        const batch = await readLines(core, runId, next - 1, MAX_LOG_PAGE_LINES);
        if (batch) {
          next = batch.firstSeq + batch.messages.length;
          yield batch;
        }
        if (!state || (!state.mayGrow && next >= state.lineCount)) return;
        readRows = batch?.messages.length === MAX_LOG_PAGE_LINES;
      }
      const { messages, missed, closed } = await listener.take();
      if (closed) return;
      readRows = missed;
      for (const message of messages) {
        if ('end' in message || message.firstSeq > next) {
          readRows = true;
          break;
        }
        const skip = next - message.firstSeq;
        if (skip >= message.messages.length) continue;
        next = message.firstSeq + message.messages.length;
        yield skip === 0
          ? message
          : {
              ...message,
              firstSeq: message.firstSeq + skip,
              streams: message.streams.slice(skip),
              messages: message.messages.slice(skip),
            };
      }
    }
  } finally {
    stopSweep();
    listener.close();
  }
}

interface LogState {
  lineCount: number;
  /** Whether lines can still come. */
  mayGrow: boolean;
  /** Retention has removed its lines, or is about to. */
  isRemoved: boolean;
}

async function runState(core: Core, runId: string): Promise<LogState | null> {
  const { rows } = await core.pool.query<LogState>({
    name: 'run_log_state',
    text: `select line_count as "lineCount", status ${LIVE_SQL}
                  or (status = 'timed_out' and reason in ('runner_lost', 'outcome_unknown') and finished_at > clock_timestamp() - make_interval(secs => $2)) as "mayGrow",
                  log_removed_at is not null as "isRemoved"
             from agent_runs where id = $1`,
    values: [runId, TAIL_WAIT_MS / 1_000],
  });
  return rows[0] ?? null;
}

/** A page of stored lines after a number; null when there is none. */
export async function readLines(core: Core, runId: string, afterSeq: number, limit: number): Promise<LogBatch | null> {
  const { rows } = await core.pool.query<{ seq: number; stream: string; message: string; created_at: Date }>({
    name: 'read_lines',
    text: 'select seq, stream, message, created_at from agent_run_logs where run_id = $1 and seq > $2 order by seq limit $3',
    values: [runId, afterSeq, limit],
  });
  const first = rows[0];
  if (!first) return null;
  return {
    firstSeq: first.seq,
    streams: rows.map((row) => DIGIT[row.stream] ?? '3').join(''),
    messages: rows.map((row) => row.message),
    createdAt: first.created_at.toISOString(),
  };
}
