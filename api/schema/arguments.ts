import { z } from 'zod';
import type { ApiContext } from '#api/context.ts';
import { id, taskRef } from '#contract/fields.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { findTaskIds } from '#core/tasks/find-task.ts';

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

/**
 * A condition for tasks by their ids or short ids; one that there is not is nobody's.
 * @throws InvalidInputError for what names no task
 */
export async function taskIdIn({ core }: ApiContext, said: readonly string[], at: string[]): Promise<{ in: string[] }> {
  return { in: await findTaskIds(core.db, parseInput(z.array(taskRef).max(200), said, at)) };
}
