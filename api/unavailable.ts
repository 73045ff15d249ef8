/** How PostgreSQL, its driver and Prisma say that there is no connection. @source PostgreSQL appendix A; Prisma error reference */
const CODES: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ENOTFOUND', '57P01', '57P02', '57P03', '53300', '08000', '08003', '08006',
  'P1001', 'P1002', 'P1008', 'P1017', 'P2024',
]);
const DRIVER_MESSAGE = /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;

/** Whether a failure means that the database is away, and not that we made a mistake. */
export function isDatabaseAway(error: unknown): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth += 1) {
    if ('code' in cause && CODES.has(cause.code)) return true;
    if (DRIVER_MESSAGE.test(cause.message)) return true;
  }
  return false;
}
