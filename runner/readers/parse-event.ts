import type { Event } from './reading.ts';

/** One line of a stream as an event; null: it is none. */
export function parseEvent(line: string): Event | null {
  if (!line.startsWith('{')) return null;
  try {
    return JSON.parse(line) as Event;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
