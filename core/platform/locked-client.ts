import type { Core } from './core.ts';

/** A lock that work is done under. */
export interface HeldLock {
  /** @throws LockLostError when its connection has broken: somebody else may hold it by now */
  assertHeld(): void;
}

/** The connection broke under the work, and PostgreSQL gave the lock back. The work is to be done again. */
export class LockLostError extends Error {
  override readonly name = 'LockLostError';
  constructor(lock: string, cause: Error) {
    super(`The lock ${lock} was lost: ${cause.message}`, { cause });
  }
}

/**
 * Works while holding an advisory lock, which PostgreSQL gives back when this process dies. The lock is as alive as
 * its connection: a connection that breaks fails the work, and nothing else.
 * Nobody waits for a lock, since a waiter holds a connection: whoever has it looks again after letting go, so what was
 * asked for meanwhile is done too.
 * @param lock what is locked, across all processes
 * @returns null when somebody else holds the lock
 * @throws LockLostError, and what the work throws
 */
export async function withLock<T>(core: Core, lock: string, work: (held: HeldLock) => Promise<T>): Promise<T | null> {
  const client = await core.pool.connect();
  let broken: Error | null = null;
  // The pool tells of the clients it keeps, not of those it has lent: unheard, the work would go on without the lock.
  const onError = (error: Error): void => {
    broken ??= error;
  };
  client.on('error', onError);
  const assertHeld = (): void => {
    if (broken) throw new LockLostError(lock, broken);
  };
  try {
    const { rows } = await client.query<{ locked: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 0)) as locked',
      [lock],
    );
    if (!rows[0]?.locked) return null;
    const result = await work({ assertHeld });
    assertHeld();
    return result;
  } finally {
    // A connection that can not unlock is closed below, and the lock ends with it.
    if (!broken) await client.query('select pg_advisory_unlock_all()').catch(onError);
    client.off('error', onError);
    client.release(broken ?? undefined);
  }
}
