import { MAX_REPLAY_EVENTS, REPLAY_PAGE_EVENTS } from '#core/config/limits.ts';
import { abortable, oneByOne } from '#core/platform/abortable.ts';
import type { Core } from '#core/platform/core.ts';
import { eventsChannel } from './bus.ts';
import { projectDeleted } from './catalogue.ts';
import type { EventEnvelope } from './define-event.ts';
import { Sweep } from './sweep.ts';

/** Told to a client that is too far behind: load everything anew, then follow from `cursor`. */
export interface Resync {
  resync: true;
  cursor: string;
}

const sweep = new Sweep(async (core, projectIds) => {
  const { rows } = await core.pool.query<{ id: string; event_cursor: string }>({
    name: 'head_cursors',
    text: 'select id, event_cursor from projects where id = any($1) and deleting_at is null',
    values: [projectIds],
  });
  return new Map(rows.map((row) => [row.id, BigInt(row.event_cursor)]));
});

/**
 * One loop for replay and for live: rows after the cursor first, then messages while they are contiguous,
 * and back to the rows when they are not. Delivers every event after `after` once, in order, without gaps.
 * Notices (no cursor) are passed on as they come and may be missed. Ends with the event that the project was deleted.
 * @param after the last cursor the client has; null: from now on
 * @returns what came together, together
 */
export function followBatches(
  core: Core,
  projectId: string,
  after: bigint | null,
): AsyncGenerator<readonly (EventEnvelope | Resync)[]> {
  return abortable((signal) => followUntil(core, projectId, after, signal));
}

/** The same, one by one. */
export const follow = (core: Core, projectId: string, after: bigint | null): AsyncGenerator<EventEnvelope | Resync> =>
  oneByOne(followBatches(core, projectId, after));

async function* followUntil(
  core: Core,
  projectId: string,
  after: bigint | null,
  signal: AbortSignal,
): AsyncGenerator<readonly (EventEnvelope | Resync)[]> {
  const listener = core.bus.listen<EventEnvelope[]>(eventsChannel(projectId));
  signal.addEventListener('abort', () => listener.close());
  let have = after;
  const stopSweep = sweep.watch(core, {
    key: projectId,
    isBehind: (head) => head === null || (have !== null && head > have),
    nudge: () => listener.nudge(),
  });
  try {
    have ??= (await headCursor(core, projectId)) ?? 0n;
    let readRows = true;
    for (;;) {
      while (readRows) {
        const head = await headCursor(core, projectId);
        if (head === null) {
          yield [goneEvent(projectId)];
          return;
        }
        // Too far behind, or ahead of everything there is: the cursor is of another time, before a restore perhaps.
        if (head - have > BigInt(MAX_REPLAY_EVENTS) || head < have) {
          have = head;
          yield [{ resync: true, cursor: String(head) }];
          continue;
        }
        const rows = await readEvents(core, projectId, have);
        if (head > have && BigInt(rows[0]?.cursor ?? 0) !== have + 1n) {
          // Retention has removed what the client would need.
          have = head;
          yield [{ resync: true, cursor: String(head) }];
          continue;
        }
        have = BigInt(rows.at(-1)?.cursor ?? have);
        if (rows.length > 0) yield rows;
        readRows = rows.length === REPLAY_PAGE_EVENTS;
      }
      const { messages, missed, closed } = await listener.take();
      if (closed) return;
      readRows = missed;
      const batch: EventEnvelope[] = [];
      for (const envelope of messages.flat()) {
        if (envelope.cursor === null) batch.push(envelope);
        else if (BigInt(envelope.cursor) === have + 1n) {
          have += 1n;
          batch.push(envelope);
          if (envelope.type === projectDeleted.type) {
            yield batch;
            return;
          }
        } else if (BigInt(envelope.cursor) > have) {
          readRows = true;
          break;
        }
      }
      if (batch.length > 0) yield batch;
    }
  } finally {
    stopSweep();
    listener.close();
  }
}

/** The cursor of a project's newest event, 0 when there is none; null for a project that is gone, or about to be. */
export async function headCursor(core: Core, projectId: string): Promise<bigint | null> {
  const { rows } = await core.pool.query<{ event_cursor: string }>({
    name: 'head_cursor',
    text: 'select event_cursor from projects where id = $1 and deleting_at is null',
    values: [projectId],
  });
  return rows[0] ? BigInt(rows[0].event_cursor) : null;
}

/** For who has missed it: its row may be gone with all others. */
function goneEvent(projectId: string): EventEnvelope {
  return {
    type: projectDeleted.type,
    ts: new Date().toISOString(),
    projectId,
    cursor: null,
    entity: { id: projectId, patch: {} },
  };
}

async function readEvents(core: Core, projectId: string, after: bigint): Promise<EventEnvelope[]> {
  const { rows } = await core.pool.query<{
    cursor: string;
    event_type: string;
    payload: EventEnvelope['entity'];
    created_at: Date;
  }>({
    name: 'read_events',
    text: 'select cursor, event_type, payload, created_at from realtime_events where project_id = $1 and cursor > $2 order by cursor limit $3',
    values: [projectId, String(after), REPLAY_PAGE_EVENTS],
  });
  return rows.map((row) => ({
    type: row.event_type,
    ts: row.created_at.toISOString(),
    projectId,
    cursor: row.cursor,
    // What else is stored with it is for the state versions.
    entity: { id: row.payload.id, patch: row.payload.patch },
  }));
}
