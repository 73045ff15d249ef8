import type { z } from 'zod';
import { explainIssue } from '#contract/explain-issue.ts';
import { InvalidInputError } from './errors.ts';
import type { FieldIssue } from './errors.ts';
import { findUnstorable } from './storable-text.ts';

type Path = (string | number)[];

/**
 * Validates what a caller gave, texts that can not be stored included.
 * @param at the path the value stands at, put before the paths of the issues
 * @throws InvalidInputError with every path that does not fit; an unknown key is named by its own path
 */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown, at: Path = []): T {
  const data = parseShape(schema, value, at);
  const unstorable = findUnstorable(data);
  if (unstorable.length > 0)
    throw new InvalidInputError(unstorable.map(({ path, message }) => ({ path: [...at, ...path], message })));
  return data;
}

/** What a caller may give for a change: null as well, which clears, or is refused by the name of its field. */
export type OrNull<T> = { [K in keyof T]: T[K] | null };

/** Validates the shape alone: for log lines, where what can not be stored is looked for line by line. */
export function parseShape<T>(schema: z.ZodType<T>, value: unknown, at: Path = []): T {
  const parsed = schema.safeParse(value, { error: explainIssue });
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(parsed.error.issues.flatMap((issue) => fieldIssues(issue, at)));
}

function fieldIssues(issue: z.core.$ZodIssue, at: Path): FieldIssue[] {
  const path = [...at, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: [...path, key], message: 'There is no such key' }));
  return [{ path, message: issue.message }];
}
