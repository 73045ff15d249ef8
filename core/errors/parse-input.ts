import type { z } from 'zod';
import { InvalidInputError } from './errors.ts';

/**
 * Validates what a caller gave.
 * @param at the path the value stands at, put before the paths of the issues
 * @throws InvalidInputError with every path that does not fit
 */
export function parseInput<T>(schema: z.ZodType<T>, value: unknown, at: (string | number)[] = []): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(
    parsed.error.issues.map((issue) => ({
      path: [...at, ...issue.path.map((part) => (typeof part === 'number' ? part : String(part)))],
      message: issue.message,
    })),
  );
}
