import { projectDeleted } from '#core/events/catalogue.ts';
import type { EventEnvelope } from '#core/events/define-event.ts';
import { followBatches, headCursor } from '#core/events/follow.ts';
import type { Resync } from '#core/events/follow.ts';
import { abortable } from '#core/platform/abortable.ts';
import type { Core } from '#core/platform/core.ts';
import type { Feed } from './feed.ts';

/** What happens in a project. */
export function eventFeed(core: Core, projectId: string): Feed<EventEnvelope> {
  return {
    key: `events:${projectId}`,
    async head() {
      const head = await headCursor(core, projectId);
      return { position: head ?? 0n, isOver: head === null };
    },
    follow(position) {
      const batches = followBatches(core, projectId, position);
      return abortable(async function* (signal) {
        signal.addEventListener('abort', () => void batches.return(undefined));
        for await (const batch of batches) yield batch.map((event) => asEnvelope(projectId, event));
      });
    },
    positionAfter: ({ cursor }) => (cursor === null ? null : BigInt(cursor)),
    isLast: ({ type }) => type === projectDeleted.type,
    newOf: (event, position) =>
      event.cursor === null || event.type === 'resync' || BigInt(event.cursor) > position ? event : null,
  };
}

/** A resync in the shape of an event. */
export function asEnvelope(projectId: string, event: EventEnvelope | Resync): EventEnvelope {
  if (!('resync' in event)) return event;
  return {
    type: 'resync',
    ts: new Date().toISOString(),
    projectId,
    cursor: event.cursor,
    entity: { id: projectId, patch: {} },
  };
}
