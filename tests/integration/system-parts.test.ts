import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startApi, type ApiServer } from '#api/server.ts';
import type { UserActor } from '#core/access/actor.ts';
import { createLogger } from '#core/platform/logger.ts';
import { SystemParts, type SystemPart } from '#core/system/system-parts.ts';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem, type TestSystem } from '#tests/kit/system.ts';

/** Nobody listens on the discard port. */
const NO_WEB = 'http://127.0.0.1:9';
const RUNNER: SystemPart = {
  name: 'runner',
  state: 'waiting',
  ends: 3,
  lastEnd: 'exit code 1',
  detail: 'no git',
  nextTryAt: '2026-01-01T00:00:20.000Z',
};
const PARTS = 'name state ends lastEnd detail nextTryAt';

let system: TestSystem;
let api: ApiServer & { url: string };
let admin: UserActor & { token: string };
let member: UserActor & { token: string };
const parts = new SystemParts();
const say = (...all: SystemPart[]): void => parts.take(JSON.stringify({ parts: all }));

beforeAll(async () => {
  system = await startTestSystem();
  api = await system.startApi({ webOrigin: NO_WEB, parts });
  admin = await seeder(system.core).user({ isAdmin: true });
  member = await seeder(system.core).user();
});
afterAll(() => system.close());

describe('a part that keeps ending', () => {
  test('is told at /readyz, which stays ready; what its log says only to who is on this machine', async () => {
    say(RUNNER);
    const here = await fetch(`${api.url}/readyz`);
    expect([here.status, await here.json()]).toEqual([
      200,
      { database: true, redis: true, draining: false, parts: [RUNNER] },
    ]);
    const elsewhere = await fetch(`${api.url}/readyz`, { headers: { 'x-forwarded-for': '203.0.113.7' } });
    expect(await elsewhere.json()).toMatchObject({ parts: [{ ...RUNNER, detail: null }] });
  });

  test('is told to who is signed in; what its log says to administrators', async () => {
    say(RUNNER);
    const query = `{ systemParts { ${PARTS} } }`;
    expect(await post(api.url, query, {}, admin.token)).toEqual({
      data: { systemParts: [{ ...RUNNER, state: 'WAITING' }] },
    });
    expect(await post(api.url, query, {}, member.token)).toEqual({
      data: { systemParts: [{ ...RUNNER, state: 'WAITING', detail: null }] },
    });
    expect((await post(api.url, query)).errors?.[0]?.extensions?.['code']).toBe('UNAUTHENTICATED');
  });

  test('is told to open pages when it changes', async () => {
    say(RUNNER);
    const client = openSocket(api.url, member.token);
    const heard = collect<{ state: string }[]>(client, `subscription { systemPartsChanged { ${PARTS} } }`, {});
    await heard.until((items) => items.at(-1)?.[0]?.state === 'WAITING');
    say({ ...RUNNER, state: 'running', nextTryAt: null });
    await heard.until((items) => items.at(-1)?.[0]?.state === 'RUNNING');
    await client.dispose();
  });
});

describe('while the web program is away', () => {
  test('a page says so in words, and tries again by itself', async () => {
    const page = await fetch(`${api.url}/projects`, { headers: { accept: 'text/html,*/*' } });
    expect([page.status, page.headers.get('content-type'), page.headers.get('retry-after')]).toEqual([
      503,
      'text/html; charset=utf-8',
      '3',
    ]);
    expect(await page.text()).toMatch(/agents go on with their work[^]*tries again by itself/);
  });

  test('a program gets an error, and the API goes on', async () => {
    const data = await fetch(`${api.url}/projects.data`);
    expect([data.status, await data.json()]).toMatchObject([
      503,
      { errors: [{ extensions: { code: 'UNAVAILABLE' } }] },
    ]);
    expect(await post(api.url, '{ viewer { email } }', {}, member.token)).toEqual({
      data: { viewer: { email: member.email } },
    });
  });
});

test('while PostgreSQL is away, who asks is told so, and to come back', async () => {
  const core = system.openCore({
    databaseUrl: 'postgresql://nobody:nothing@127.0.0.1:9/none',
    logger: createLogger('test', 'silent'),
  });
  const away = await startApi({ core, host: '127.0.0.1', port: 0, trustedProxies: [], isExplorable: false });
  try {
    const url = `http://127.0.0.1:${away.port}`;
    const answer = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${member.token}` },
      body: '{"query":"{ viewer { email } }"}',
    });
    expect([answer.status, await answer.json()]).toMatchObject([
      503,
      { errors: [{ extensions: { code: 'UNAVAILABLE' } }] },
    ]);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
  } finally {
    await away.close();
    await core.close();
  }
});
