import { z } from 'zod';
import { id } from '#contract/fields.ts';
import { parseInput } from '#core/errors/parse-input.ts';

/** Arguments of lists that are not part of a command, and so not checked by one. */
const words = z.string().trim().max(200);

/** Words to look for; null when there are none. @throws InvalidInputError */
export function parseWords(value: string | null | undefined, name: string): string | null {
  return value ? parseInput(words, value, [name]) || null : null;
}

/** @throws InvalidInputError for what is not an id */
export function parseId(value: string, name: string): string {
  return parseInput(id, value, [name]);
}
