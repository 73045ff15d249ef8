import { expect, test } from 'vitest';
import { createLogger } from '#core/platform/logger.ts';
import { openDatabase } from '#core/platform/db.ts';
import { maskError } from './graphql-errors.ts';

test('a database that is away is told as such, through the driver and through Prisma', async () => {
  const database = openDatabase('postgresql://nobody:nothing@127.0.0.1:1/none', { onError: () => undefined });
  const byDriver = await database.pool.query('select 1').catch((error: unknown) => error);
  const byPrisma = await database.prisma.user.findFirst().catch((error: unknown) => error);
  const codes = [byDriver, byPrisma].map((error) => maskError(error, 'request', createLogger('test', 'silent')).extensions['code']);
  expect(codes).toEqual(['UNAVAILABLE', 'UNAVAILABLE']);
  await database.close();
});

test('a mistake of ours stays masked', () => {
  const masked = maskError(new Error('secret detail'), 'request', createLogger('test', 'silent'));
  expect(masked.extensions).toEqual({ code: 'INTERNAL', requestId: 'request' });
  expect(masked.message).not.toContain('secret');
});
