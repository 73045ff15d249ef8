import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '#core/platform/db.ts';
import type { DatabaseHandles } from '#core/platform/db.ts';
import { isDatabaseAway } from '#api/unavailable.ts';
import { startTestSystem, type TestSystem } from '#tests/kit/system.ts';
import { startTcpProxy } from '#tests/kit/tcp-proxy.ts';
import { errorOf } from '#tests/kit/until.ts';

type Proxy = Awaited<ReturnType<typeof startTcpProxy>>;

let system: TestSystem;
let proxy: Proxy;
let database: DatabaseHandles;
const complaints: string[] = [];
beforeAll(async () => {
  system = await startTestSystem();
});
beforeEach(async () => {
  complaints.length = 0;
  const { hostname, port } = new URL(system.databaseUrl);
  proxy = await startTcpProxy({ host: hostname, port: Number(port) });
  const url = new URL(system.databaseUrl);
  url.host = `127.0.0.1:${proxy.port}`;
  database = openDatabase(url.href, { maxConnections: 6, onError: ({ message }) => complaints.push(message) });
  // As many as may be open, all known to be good.
  await Promise.all(Array.from({ length: 6 }, () => database.pool.query('select pg_sleep(0.2)')));
});
afterEach(async () => {
  await database.close();
  await proxy.close();
});
afterAll(() => system.close());

const one = async (): Promise<number | undefined> =>
  (await database.pool.query<{ one: number }>('select 1 as one')).rows[0]?.one;

test.each([
  ['is told', true],
  ['is not told either', false],
])(
  'a query on a connection whose other end is gone fails as on one that breaks, and the next goes well: the server %s',
  async (_name, isServerTold) => {
    proxy.forget(isServerTold);
    expect(isDatabaseAway(await errorOf(one()))).toBe(true);
    expect(complaints.join()).toContain('dead');
    if (isServerTold) expect(await one()).toBe(1);
  },
  30_000,
);

test('a transaction of Prisma on one fails too, and its place in the pool is free again', async () => {
  const work = database.prisma.$transaction(async (tx) => {
    await tx.$queryRaw`select 1`;
    proxy.forget(true);
    await tx.$queryRaw`select 2`;
  });
  expect(isDatabaseAway(await errorOf(work))).toBe(true);
  expect(await Promise.all(Array.from({ length: 12 }, one))).toEqual(Array(12).fill(1));
}, 30_000);

test('a query that takes long, and one that waits for a lock, are left alone', async () => {
  const holder = await database.pool.connect();
  await holder.query('select pg_advisory_lock(4711)');
  const waiter = database.pool.query('select pg_advisory_lock(4711), pg_advisory_unlock(4711)');
  await database.pool.query('select pg_sleep(7)');
  await holder.query('select pg_advisory_unlock(4711)');
  holder.release();
  expect((await waiter).rowCount).toBe(1);
  expect(complaints).toEqual([]);
}, 30_000);
