import type { ApiContext } from '#api/context.ts';
import { once as onceOf } from '#core/idempotency/once.ts';
import type { Core } from '#core/platform/core.ts';
import { userOf } from './builder.ts';

/** The description of `idempotencyKey`, which every mutation has that makes something. */
export const IDEMPOTENCY_KEY =
  'Yours, 1 to 200 characters, for example a UUID. The same call again with the same key, within 24 hours, makes nothing more and answers with what the first has made; another call with it is an InvalidInputError; while the first is being carried out, a ConflictError says to try again.';

interface Made<T> {
  idOf(made: T): string;
  find(id: string): Promise<T | null>;
}

/**
 * Carries out what a mutation makes, once for its key.
 * @param command uses the core it is given, and not the context's
 * @param secrets fields of the input that are not compared, since nothing of them may be kept
 */
export function once<Input extends { idempotencyKey?: string | null | undefined }, T>(
  context: ApiContext,
  operation: string,
  input: Input,
  made: Made<T>,
  command: (core: Core, input: Omit<Input, 'idempotencyKey'>) => Promise<T>,
  secrets: readonly (keyof Input)[] = [],
): Promise<T> {
  const { idempotencyKey, ...fields } = input;
  const compared = Object.fromEntries(
    Object.entries(fields).filter(([name]) => !secrets.includes(name as keyof Input)),
  );
  const call = { operation, key: idempotencyKey ?? null, input: compared, ...made };
  return onceOf(context.core, userOf(context), call, (core) => command(core, fields));
}
