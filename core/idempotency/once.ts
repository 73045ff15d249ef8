import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { UserActor } from '#core/access/actor.ts';
import { ConflictError, DomainError, InvalidInputError, NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { CallMadeBeforeError, findCall } from './keys.ts';
import type { KeyedCall } from './keys.ts';

const Key = z.string().min(1, 'A key has 1 to 200 characters').max(200, 'A key has 1 to 200 characters');

export interface RepeatableCall<T> {
  operation: string;
  /** The caller's own; null: the call is made each time. */
  key: string | null;
  /** All that says what is to be made, without secrets: it is compared, and only its hash is kept. */
  input: unknown;
  idOf(made: T): string;
  /** What was made, as it stands now; null when it is gone, or no longer the actor's to see. */
  find(id: string): Promise<T | null>;
}

/**
 * Carries out a command that makes something, once for a key of an account: the same call again answers with what the
 * first has made. What was made is noted in the command's own transaction. Without a key nothing is done besides.
 * @param command uses the core it is given
 * @throws InvalidInputError naming idempotencyKey for another call with the same key, ConflictError while the first one
 *   is still being carried out: then it is to be tried again
 */
export async function once<T>(
  core: Core,
  actor: UserActor,
  { operation, key, input, idOf, find }: RepeatableCall<T>,
  command: (core: Core) => Promise<T>,
): Promise<T> {
  if (key === null) return command(core);
  const call: KeyedCall = {
    userId: actor.userId,
    keyHash: sha256(parseInput(Key, key, ['idempotencyKey'])),
    operation,
    inputHash: sha256(canonicalJson(input)),
    idOf: (result) => idOf(result as T),
    isTaken: false,
  };
  const madeBefore = async (): Promise<T | null> => {
    const known = await findCall(core.db, call);
    if (!known) return null;
    if (known.operation !== operation || known.inputHash !== call.inputHash)
      throw new InvalidInputError([
        { path: ['idempotencyKey'], message: 'This key was used for another call: a new call needs a new key' },
      ]);
    const made = await find(known.madeId);
    if (made === null) throw new NotFoundError('result of this call any more', null);
    return made;
  };
  const before = await madeBefore();
  if (before !== null) return before;
  try {
    const made = await command({ ...core, keyedCall: call });
    if (!call.isTaken) throw new Error(`Expected ${operation} to make what it answers with in a transaction`);
    return made;
  } catch (error) {
    // Looked up before it was there, the first one's own result may be what the command was refused for.
    const made = error instanceof CallMadeBeforeError || error instanceof DomainError ? await madeBefore() : null;
    if (made !== null) return made;
    throw error instanceof CallMadeBeforeError
      ? new ConflictError('This call is being carried out. Try again in a moment, with the same key.', 'in_progress')
      : error;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The same text for the same content, in whichever order its keys came. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
