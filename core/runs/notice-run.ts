import type { z } from 'zod';
import type { EventDefinition } from '#core/events/define-event.ts';
import { envelope, pendingEvent } from '#core/events/outbox.ts';
import type { EventFields } from '#core/events/outbox.ts';
import type { Core } from '#core/platform/core.ts';

const NOTICE_MS = 250;
interface Noticed {
  at: number;
  pending: NodeJS.Timeout | null;
  send: () => void;
}
const noticed = new WeakMap<Core, Map<string, Noticed>>();

/** Tells the project's followers what is new of a run, at most four times a second for each kind of event: boards show the newest. */
export function noticeRun<P extends z.ZodRawShape>(
  core: Core,
  definition: EventDefinition<P>,
  fields: EventFields<P>,
): void {
  const runs = noticed.get(core) ?? new Map<string, Noticed>();
  noticed.set(core, runs);
  const send = (): void => core.bus.publishEvents([envelope(pendingEvent(definition, fields), new Date(), null)]);
  const key = `${definition.type} ${fields.entityId}`;
  const known = runs.get(key);
  if (known?.pending) {
    known.send = send;
    return;
  }
  if (known && Date.now() - known.at < NOTICE_MS) {
    known.send = send;
    known.pending = setTimeout(() => {
      known.pending = null;
      known.at = Date.now();
      known.send();
    }, NOTICE_MS);
    known.pending.unref();
    return;
  }
  runs.set(key, { at: Date.now(), pending: null, send });
  send();
  if (runs.size > 1_000)
    for (const [other, entry] of runs) if (!entry.pending && Date.now() - entry.at > NOTICE_MS) runs.delete(other);
}
