import type { Redis } from 'ioredis';
import { MAX_UNREAD_MESSAGES } from '#core/config/limits.ts';
import { groupBy } from '#core/platform/group-by.ts';
import { newId } from '#core/platform/ids.ts';
import type { Logger } from '#core/platform/logger.ts';
import type { EventEnvelope } from './define-event.ts';

/**
 * The fan-out between processes. A process holds one Redis subscription a channel, however many listeners
 * follow it, and parses a message once. Nothing is kept here: a message that is lost is found again in the rows.
 */
export interface Bus {
  publishEvents(envelopes: EventEnvelope[]): void;
  /** @param message plain JSON, not to be changed any more: listeners of this process are handed the very value */
  publish(channel: string, message: unknown): void;
  listen<T>(channel: string): Listener<T>;
  /** False while Redis is away: followers then look at the rows more often. */
  isConnected(): boolean;
  close(): Promise<void>;
}

export interface Listener<T> {
  /** Everything that came since the last call; waits when there is nothing. `missed` says that messages may be lost. */
  take(): Promise<{ messages: T[]; missed: boolean; closed: boolean }>;
  /** Wakes `take`, as if messages were missed. */
  nudge(): void;
  close(): void;
}

export const eventsChannel = (projectId: string): string => `project:${projectId}:events`;

interface Inbox {
  push(message: unknown): void;
  miss(): void;
}

/** @param prefix keeps the channels of two systems on one Redis apart */
export function openBus(publisher: Redis, subscriber: Redis, logger: Logger, prefix: string): Bus {
  const inboxes = new Map<string, Set<Inbox>>();
  let wasReady = subscriber.status === 'ready';
  // Stands before each message: who sent it has handed it to its own listeners already, without the way over Redis.
  const origin = Buffer.from(newId());

  subscriber.on('messageBuffer', (channel: Buffer, bytes: Buffer) => {
    if (bytes.subarray(0, origin.length).equals(origin)) return;
    const listeners = inboxes.get(channel.toString().slice(prefix.length + 1));
    if (!listeners) return;
    const message: unknown = JSON.parse(bytes.toString('utf8', origin.length));
    for (const inbox of listeners) inbox.push(message);
  });
  // After a broken connection ioredis subscribes again by itself; what was published meanwhile is in the rows.
  subscriber.on('ready', () => {
    if (wasReady) for (const listeners of inboxes.values()) for (const inbox of listeners) inbox.miss();
    wasReady = true;
  });

  const publish = (channel: string, message: unknown): void => {
    for (const inbox of inboxes.get(channel) ?? []) inbox.push(message);
    publisher.publish(`${prefix}:${channel}`, origin.toString() + JSON.stringify(message)).catch((error: unknown) => {
      logger.warn({ err: error, channel }, 'A message was not published; followers will find the change in the rows');
    });
  };

  return {
    publish,
    publishEvents(envelopes) {
      for (const [projectId, ofProject] of groupBy(envelopes, (envelope) => envelope.projectId))
        publish(eventsChannel(projectId), ofProject);
    },
    listen<T>(channel: string): Listener<T> {
      const listener = createListener<T>(() => {
        const listeners = inboxes.get(channel);
        listeners?.delete(listener.inbox);
        if (listeners?.size === 0) {
          inboxes.delete(channel);
          subscriber
            .unsubscribe(`${prefix}:${channel}`)
            .catch((error: unknown) => logger.warn({ err: error, channel }, 'A channel was not left'));
        }
      });
      const known = inboxes.get(channel);
      if (known) known.add(listener.inbox);
      else {
        inboxes.set(channel, new Set([listener.inbox]));
        // Until Redis has confirmed, messages may pass by: have the rows read again then.
        subscriber.subscribe(`${prefix}:${channel}`).then(
          () => {
            for (const inbox of inboxes.get(channel) ?? []) inbox.miss();
          },
          (error: unknown) =>
            logger.warn({ err: error, channel }, 'A channel was not joined; the rows are read instead'),
        );
      }
      return listener;
    },
    isConnected: () => subscriber.status === 'ready',
    async close() {
      for (const listeners of inboxes.values()) for (const inbox of [...listeners]) inbox.miss();
      inboxes.clear();
      subscriber.disconnect();
      await Promise.resolve();
    },
  };
}

function createListener<T>(onClose: () => void): Listener<T> & { inbox: Inbox } {
  let messages: T[] = [];
  let missed = false;
  let closed = false;
  let wake: (() => void) | null = null;
  const rouse = (): void => {
    wake?.();
    wake = null;
  };
  const miss = (): void => {
    messages = [];
    missed = true;
    rouse();
  };
  return {
    inbox: {
      push(message) {
        // A listener that does not keep up costs this much memory and no more; it goes back to the rows.
        if (messages.length >= MAX_UNREAD_MESSAGES) return miss();
        if (missed) return;
        messages.push(message as T);
        rouse();
      },
      miss,
    },
    nudge: miss,
    async take() {
      if (messages.length === 0 && !missed && !closed) await new Promise<void>((resolve) => (wake = resolve));
      const taken = { messages, missed, closed };
      messages = [];
      missed = false;
      return taken;
    },
    close() {
      if (closed) return;
      closed = true;
      onClose();
      rouse();
    },
  };
}
