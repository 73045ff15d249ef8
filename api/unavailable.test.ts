import { describe, expect, test } from 'vitest';
import { createLogger } from '#core/platform/logger.ts';
import { openDatabase } from '#core/platform/db.ts';
import { maskError } from './graphql-errors.ts';
import { isDatabaseAway } from './unavailable.ts';

test('a database that is away is told as such, through the driver and through Prisma', async () => {
  const database = openDatabase('postgresql://nobody:nothing@127.0.0.1:1/none', { onError: () => undefined });
  const byDriver = await database.pool.query('select 1').catch((error: unknown) => error);
  const byPrisma = await database.prisma.user.findFirst().catch((error: unknown) => error);
  const inTransaction = await database.prisma
    .$transaction(async (tx) => tx.user.findFirst())
    .catch((error: unknown) => error);
  const bySocket = openDatabase('postgresql://nobody@/none?host=/nowhere', { onError: () => undefined });
  const missing = await bySocket.pool.query('select 1').catch((error: unknown) => error);
  const codes = [byDriver, byPrisma, inTransaction, missing].map(
    (error) => maskError(error, 'request', createLogger('test', 'silent')).extensions['code'],
  );
  expect(codes).toEqual(['UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE', 'UNAVAILABLE']);
  await database.close();
  await bySocket.close();
});

const error = (message: string, fields: object = {}) => Object.assign(new Error(message), fields);

describe.each([
  [
    'the server is stopped by its administrator',
    error('terminating connection due to administrator command', { code: '57P01' }),
  ],
  ['the server crashed', error('terminating connection because of crash of another server process', { code: '57P02' })],
  ['the server is starting', error('the database system is starting up', { code: '57P03' })],
  ['there are too many connections', error('sorry, too many clients already', { code: '53300' })],
  ['its disk is full', error('could not extend file: No space left on device', { code: '53100' })],
  ['the connection failed', error('connection failure', { code: '08006' })],
  ['the connection is not there', error('connection does not exist', { code: '08003' })],
  ['the driver lost it', error('Connection terminated unexpectedly')],
  ['the driver did not get it', error('Connection terminated due to connection timeout')],
  ['the pool gave none', error('timeout exceeded when trying to connect')],
  ['the client is broken', error('Client has encountered a connection error and is not queryable')],
  ['Prisma does not reach it', error('x', { code: 'P1001' })],
  ['Prisma was cut off', error('x', { code: 'P1017' })],
  ["Prisma's pool gave none", error('x', { code: 'P2024' })],
  [
    'Prisma got no transaction',
    error('Transaction API error: Unable to start a transaction in the given time.', { code: 'P2028' }),
  ],
  [
    'both addresses refuse',
    new AggregateError([error('a', { code: 'ECONNREFUSED' }), error('b', { code: 'ECONNREFUSED' })]),
  ],
  ['the adapter says it by kind', error('DriverAdapterError', { cause: { kind: 'ConnectionClosed' } })],
  [
    "the adapter passes PostgreSQL's code on",
    error('raw query failed', {
      code: 'P2010',
      meta: { driverAdapterError: error('x', { cause: { originalCode: '57P01', kind: 'postgres' } }) },
    }),
  ],
])('when %s', (_what, failure) => {
  test('it is away', () => expect(isDatabaseAway(failure)).toBe(true));
  test('it is away, also as the cause of something else', () =>
    expect(isDatabaseAway(new Error('The change failed', { cause: failure }))).toBe(true));
});

const circle = error('round and round');
circle.cause = circle;
test.each([
  ['a mistake of ours', new TypeError('undefined is not a function')],
  ['a broken constraint', error('duplicate key value', { code: '23505' })],
  ['a mistake in a statement', error('syntax error', { code: '42601' })],
  ['a file that is not there', error('ENOENT: no such file', { code: 'ENOENT', syscall: 'open' })],
  ['a lock that was not to be had', error('canceling statement due to lock timeout', { code: '55P03' })],
  ['nothing', null],
  ['a text', 'ECONNREFUSED'],
  ['a circle', circle],
])('%s does not mean that the database is away', (_what, failure) => {
  expect(isDatabaseAway(failure)).toBe(false);
});

test('a mistake of ours stays masked', () => {
  const masked = maskError(new Error('secret detail'), 'request', createLogger('test', 'silent'));
  expect(masked.extensions).toEqual({ code: 'INTERNAL', requestId: 'request' });
  expect(masked.message).not.toContain('secret');
});
