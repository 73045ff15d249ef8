import { MAX_REPLAY_EVENTS, REPLAY_PAGE_EVENTS } from '#core/config/limits.ts';
import { abortable } from '#core/platform/abortable.ts';
import type { Core } from '#core/platform/core.ts';
import { eventsChannel } from './bus.ts';
import type { EventEnvelope } from './define-event.ts';
import { startSweep } from './sweep.ts';

/** Told to a client that is too far behind: load everything anew, then follow from `cursor`. */
export interface Resync {
  resync: true;
  cursor: string;
}

/**
 * One loop for replay and for live: rows after the cursor first, then messages while they are contiguous,
 * and back to the rows when they are not. Delivers every event after `after` once, in order, without gaps.
 * Notices (no cursor) are passed on as they come and may be missed.
 * @param after the last cursor the client has; null: from now on
 */
export function follow(core: Core, projectId: string, after: bigint | null): AsyncGenerator<EventEnvelope | Resync> {
  return abortable((signal) => followUntil(core, projectId, after, signal));
}

async function* followUntil(
  core: Core,
  projectId: string,
  after: bigint | null,
  signal: AbortSignal,
): AsyncGenerator<EventEnvelope | Resync> {
  const listener = core.bus.listen<EventEnvelope[]>(eventsChannel(projectId));
  signal.addEventListener('abort', () => listener.close());
  let have = after;
  const stopSweep = startSweep(core, listener, async () => have !== null && (await headCursor(core, projectId)) > have);
  try {
    have ??= await headCursor(core, projectId);
    let readRows = true;
    for (;;) {
      while (readRows) {
        const head = await headCursor(core, projectId);
        // Too far behind, or ahead of everything there is: the cursor is of another time, before a restore perhaps.
        if (head - have > BigInt(MAX_REPLAY_EVENTS) || head < have) {
          have = head;
          yield { resync: true, cursor: String(head) };
          continue;
        }
        const rows = await readEvents(core, projectId, have);
        if (head > have && BigInt(rows[0]?.cursor ?? 0) !== have + 1n) {
          // Retention has removed what the client would need.
          have = head;
          yield { resync: true, cursor: String(head) };
          continue;
        }
        for (const row of rows) {
          have = BigInt(row.cursor ?? have);
          yield row;
        }
        readRows = rows.length === REPLAY_PAGE_EVENTS;
      }
      const { messages, missed, closed } = await listener.take();
      if (closed) return;
      readRows = missed;
      for (const envelope of messages.flat()) {
        if (envelope.cursor === null) yield envelope;
        else if (BigInt(envelope.cursor) === have + 1n) {
          have += 1n;
          yield envelope;
        } else if (BigInt(envelope.cursor) > have) {
          readRows = true;
          break;
        }
      }
    }
  } finally {
    stopSweep();
    listener.close();
  }
}

async function headCursor(core: Core, projectId: string): Promise<bigint> {
  const { rows } = await core.pool.query<{ event_cursor: string }>({
    name: 'head_cursor',
    text: 'select event_cursor from projects where id = $1',
    values: [projectId],
  });
  return BigInt(rows[0]?.event_cursor ?? 0);
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
