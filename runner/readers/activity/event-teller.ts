import { faultOf } from '../fault.ts';
import type { Event } from '../reading.ts';
import type { ActivityTeller } from './teller.ts';

/** Tells what one event of a program says. @returns false for an event that it does not know */
export type EventTeller = (teller: ActivityTeller, event: Event) => boolean;

/** No time is told from an error's words here: the same stream is the same activity whenever it is read. */
const NO_TIME = new Date(0);

/** What an error says to people, wherever in it that stands; null: nothing. */
export function errorWords(error: unknown): string | null {
  const { words, codes } = faultOf(error, NO_TIME);
  return words || (codes[0] ?? null);
}
