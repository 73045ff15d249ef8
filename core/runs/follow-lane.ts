import { TAIL_WAIT_MS } from '#core/config/limits.ts';
import { Sweep } from '#core/events/sweep.ts';
import { abortable } from '#core/platform/abortable.ts';
import type { Core } from '#core/platform/core.ts';
import { LIVE_SQL, LOST_SQL } from './statuses.ts';

/** A published batch. It carries what was stored, so that a follower that is up to date never reads the database. */
export interface NumberedBatch {
  firstSeq: number;
}
/** Published when a run has ended and the last of what it brings is stored. */
export interface LaneEnd {
  end: true;
}

/** How far a lane of a run has come. */
export interface LaneState {
  count: number;
  /** Whether more can still come. */
  mayGrow: boolean;
  /** Retention has removed what there was, or is about to. */
  isRemoved: boolean;
}

interface LaneParts<Batch extends NumberedBatch> {
  /** Counts in the run's row what was stored. */
  countColumn: 'line_count' | 'activity_count';
  channelOf(runId: string): string;
  /** A page of what is stored after a number; null when there is none. */
  read(core: Core, runId: string, afterSeq: number): Promise<Batch | null>;
  lengthOf(batch: Batch): number;
  /** A batch without its first ones. */
  without(batch: Batch, firstOnes: number): Batch;
}

/** What a run's runner brings in batches, numbered from 0 without gaps: its lines, and what its agent does. */
export class Lane<Batch extends NumberedBatch> {
  readonly #parts: LaneParts<Batch>;
  readonly #sweep: Sweep<LaneState>;

  constructor(parts: LaneParts<Batch>) {
    this.#parts = parts;
    this.#sweep = new Sweep((core, runIds) => this.#states(core, runIds));
  }

  /**
   * What comes after a number: what is stored first, then what comes, each once, in order, without gaps. Ends when the
   * run has ended and its last was given. A lost run's runner may come back with the tail: then it goes on, for as long
   * as that can be expected.
   * @param afterSeq the last that the follower has; -1 for all
   * @returns batches, and together what came together
   */
  follow(core: Core, runId: string, afterSeq: number): AsyncGenerator<readonly Batch[]> {
    return abortable((signal) => this.#followUntil(core, runId, afterSeq, signal));
  }

  /** How far it has come; null: there is no such run. */
  async state(core: Core, runId: string): Promise<LaneState | null> {
    return (await this.#states(core, [runId])).get(runId) ?? null;
  }

  /** The number that follows a batch. */
  nextAfter(batch: Batch): number {
    return batch.firstSeq + this.#parts.lengthOf(batch);
  }

  /** What of a batch begins with this number; null: nothing. A batch that begins later is given as it is. */
  from(batch: Batch, seq: number): Batch | null {
    const skip = seq - batch.firstSeq;
    if (skip <= 0) return batch;
    return skip >= this.#parts.lengthOf(batch) ? null : this.#parts.without(batch, skip);
  }

  async *#followUntil(
    core: Core,
    runId: string,
    afterSeq: number,
    signal: AbortSignal,
  ): AsyncGenerator<readonly Batch[]> {
    const listener = core.bus.listen<Batch | LaneEnd>(this.#parts.channelOf(runId));
    signal.addEventListener('abort', () => listener.close());
    let next = afterSeq + 1;
    const stopSweep = this.#sweep.watch(core, {
      key: runId,
      isBehind: (state) => state === null || state.isRemoved || state.count > next || !state.mayGrow,
      nudge: () => listener.nudge(),
    });
    try {
      let readRows = true;
      for (;;) {
        while (readRows) {
          const state = await this.state(core, runId);
          if (state?.isRemoved) return;
          const batch = await this.#parts.read(core, runId, next - 1);
          if (batch) {
            next = this.nextAfter(batch);
            yield [batch];
          }
          if (!state || (!state.mayGrow && next >= state.count)) return;
          readRows = batch !== null && next < state.count;
        }
        const { messages, missed, closed } = await listener.take();
        if (closed) return;
        readRows = missed;
        const batches: Batch[] = [];
        for (const message of messages) {
          if ('end' in message || message.firstSeq > next) {
            readRows = true;
            break;
          }
          const rest = this.from(message, next);
          if (!rest) continue;
          next = this.nextAfter(message);
          batches.push(rest);
        }
        if (batches.length > 0) yield batches;
      }
    } finally {
      stopSweep();
      listener.close();
    }
  }

  async #states(core: Core, runIds: string[]): Promise<ReadonlyMap<string, LaneState>> {
    const { countColumn } = this.#parts;
    const { rows } = await core.pool.query<LaneState & { id: string }>({
      name: `lane_states_${countColumn}`,
      text: `select id, ${countColumn} as count, status ${LIVE_SQL}
                    or (${LOST_SQL} and finished_at > clock_timestamp() - make_interval(secs => $2)) as "mayGrow",
                    log_removed_at is not null as "isRemoved"
               from agent_runs where id = any($1)`,
      values: [runIds, TAIL_WAIT_MS / 1_000],
    });
    return new Map(rows.map(({ id, ...state }) => [id, state]));
  }
}
