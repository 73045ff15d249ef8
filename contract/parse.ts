import type { z } from 'zod';
import { explainIssue } from './explain-issue.ts';

export interface ContractIssue {
  path: (string | number)[];
  message: string;
}

/** A value that does not fit the contract. `issues` name the paths, the message names the first. */
export class ContractError extends Error {
  override readonly name = 'ContractError';
  constructor(
    readonly shape: string,
    readonly issues: ContractIssue[],
  ) {
    const first = issues[0];
    super(`${shape}${first ? ` at ${first.path.join('.') || 'the top'}: ${first.message}` : ' is not valid'}`);
  }
}

/**
 * Validates a value at a boundary.
 * @param shape the schema's name, for the message
 * @throws ContractError naming every path that does not fit; unknown keys are refused
 */
export function parseContract<T>(shape: string, schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value, { error: explainIssue });
  if (parsed.success) return parsed.data;
  throw new ContractError(
    shape,
    parsed.error.issues.map(({ path, message }) => ({
      path: path.map((p) => (typeof p === 'number' ? p : String(p))),
      message,
    })),
  );
}
