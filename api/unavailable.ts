/**
 * How PostgreSQL, its driver, Prisma and Prisma's adapter say that the database can not be used: not there, starting,
 * stopping, full, out of connections, or cut off in the middle.
 * @source PostgreSQL appendix A (classes 08, 53, 57P; 25P03, 57014, 58030); Prisma error reference; @prisma/adapter-pg
 */
const CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  '25P03',
  '57014',
  '58030',
  'P1001',
  'P1002',
  'P1008',
  'P1011',
  'P1017',
  'P2024',
  'P2028',
  'P2037',
]);
const CODE_CLASSES = /^(?:08|53)[0-9A-Z]{3}$|^57P[0-9]{2}$/;
const ADAPTER_KINDS: ReadonlySet<string> = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
]);
const MESSAGES = new RegExp(
  [
    '^Connection terminated',
    '^timeout exceeded when trying to connect',
    '^Client has encountered a connection error',
    '^Client was closed',
    '^Query read timeout',
    '^Cannot use a pool after calling end',
    "^Can't reach database server",
    '^Server has closed the connection',
    '^Transaction API error',
  ].join('|'),
);
/** An error's cause is seldom more than three deep; the limit is for those that go in circles. */
const MAX_DEPTH = 8;

/** What a client is told, and may show. */
export const DATABASE_AWAY =
  'The database does not answer at the moment. Runs that have started go on, and nothing they write is lost. Try again shortly.';

/** Whether a failure means that the database is away, and not that we made a mistake. */
export function isDatabaseAway(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return false;
  if (Array.isArray(error)) return error.some((item) => isDatabaseAway(item, depth + 1));
  const { code, originalCode, kind, syscall, message, cause, meta, errors, driverAdapterError } = error as Record<
    string,
    unknown
  >;
  if (isAwayCode(code) || isAwayCode(originalCode) || (typeof kind === 'string' && ADAPTER_KINDS.has(kind)))
    return true;
  // A unix socket that is not there; any other file that is not there is another matter.
  if ((code === 'ENOENT' || code === 'EACCES') && syscall === 'connect') return true;
  if (typeof message === 'string' && MESSAGES.test(message)) return true;
  return [cause, driverAdapterError, meta, errors].some((inner) => isDatabaseAway(inner, depth + 1));
}

function isAwayCode(code: unknown): boolean {
  return typeof code === 'string' && (CODES.has(code) || CODE_CLASSES.test(code));
}
