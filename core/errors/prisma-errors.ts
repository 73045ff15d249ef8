/** Prisma's code of a violated unique constraint. @source Prisma error reference, P2002 */
export function isUniqueViolation(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'P2002';
}

/**
 * Whether PostgreSQL ended the transaction because it and another one waited for each other.
 * @source Prisma error reference, P2034; of a statement in SQL the adapter's error says it, under P2010
 */
export function isDeadlock(error: unknown): boolean {
  if (typeof error !== 'object' || error === null || !('code' in error)) return false;
  if (error.code === 'P2034') return true;
  const { meta } = error as { meta?: { driverAdapterError?: { cause?: { kind?: unknown } } } };
  return error.code === 'P2010' && meta?.driverAdapterError?.cause?.kind === 'TransactionWriteConflict';
}
