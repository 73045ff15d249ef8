import type { Queryable } from '#core/platform/db.ts';

/** After this a key is free again. */
const KEPT_HOURS = 24;

/** A call that its account may repeat. */
export interface KeyedCall {
  userId: string;
  keyHash: string;
  operation: string;
  inputHash: string;
  /** The id of what was made, of what the transaction gives back. */
  idOf(result: unknown): string;
  /** Only the first transaction of a command makes what it answers with. */
  isTaken: boolean;
}

/** The call of this transaction was made before, or is being made elsewhere; nothing of it has happened here. */
export class CallMadeBeforeError extends Error {
  override readonly name = 'CallMadeBeforeError';
}

export interface KnownCall {
  operation: string;
  inputHash: string;
  madeId: string;
}

export async function findCall(db: Queryable, { userId, keyHash }: KeyedCall): Promise<KnownCall | null> {
  const [known] = await db.$queryRaw<KnownCall[]>`
    select operation, input_hash as "inputHash", made_id as "madeId" from idempotency_keys
     where user_id = ${userId}::uuid and key_hash = ${keyHash}
       and created_at > clock_timestamp() - make_interval(hours => ${KEPT_HOURS}::int)`;
  return known ?? null;
}

/**
 * Takes the call for this transaction, to its end. Nobody waits for it: a waiter would hold a connection.
 * @returns false while another transaction is at it
 */
export async function lockCall(db: Queryable, { userId, keyHash }: KeyedCall): Promise<boolean> {
  const [row] = await db.$queryRaw<{ isLocked: boolean }[]>`
    select pg_try_advisory_xact_lock(hashtextextended(${`${userId} ${keyHash}`}, 1)) as "isLocked"`;
  return row?.isLocked ?? false;
}

/** Keeps what the call has made. @returns false when it had been made before, a moment ago */
export async function keepCall(db: Queryable, call: KeyedCall, madeId: string): Promise<boolean> {
  const { userId, keyHash, operation, inputHash } = call;
  const kept = await db.$executeRaw`
    insert into idempotency_keys as k (user_id, key_hash, operation, input_hash, made_id, created_at)
    values (${userId}::uuid, ${keyHash}, ${operation}, ${inputHash}, ${madeId}::uuid, clock_timestamp())
    on conflict (user_id, key_hash) do update
      set operation = excluded.operation, input_hash = excluded.input_hash, made_id = excluded.made_id, created_at = excluded.created_at
      where k.created_at <= clock_timestamp() - make_interval(hours => ${KEPT_HOURS}::int)`;
  return kept > 0;
}

/** Removes what nobody can ask for any more. By the statement's time: no index is searched for a clock that goes on. */
export async function removeOldCalls(db: Queryable): Promise<void> {
  await db.$executeRaw`
    delete from idempotency_keys where created_at <= statement_timestamp() - make_interval(hours => ${KEPT_HOURS}::int)`;
}
