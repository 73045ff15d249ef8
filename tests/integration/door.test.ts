import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { SYSTEM } from '#core/access/actor.ts';
import { MAX_BODY_BYTES } from '#core/config/limits.ts';
import { createConversation } from '#core/conversations/create-conversation.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import { createProject } from '#core/projects/create-project.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { createRunner } from '#core/runners/create-runner.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

const SLOW_MS = 300;

let system: TestSystem;
let url: string;
let port: number;
let web: Server;
let user: UserActor & { token: string };
let runnerToken: string;
beforeAll(async () => {
  system = await startTestSystem();
  web = createServer((request, response) => request.resume().on('end', () => response.end()));
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  const webOrigin = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
  ({ url, port } = await system.startApi({ bodyTimeoutMs: SLOW_MS, webOrigin }));
  user = await seeder(system.core).user();
  runnerToken = (await seeder(system.core).runner()).token;
});
afterAll(async () => {
  web.closeAllConnections();
  await new Promise((resolve) => web.close(resolve));
  await system.close();
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}`, 'content-type': 'application/json' });

describe('a body that does not come', () => {
  test.each(['/graphql', '/sign-in'])('to %s is answered, and its connection closed', async (path) => {
    const startedAt = performance.now();
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(port, '127.0.0.1', () =>
        socket.write(
          `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
        ),
      );
      // A byte now and then does not make it come.
      const drip = setInterval(() => socket.write(' '), 50);
      socket.on('data', (data) => (text += data.toString()));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        clearInterval(drip);
        resolve(text);
      });
    });
    expect(answer).toMatch(/^HTTP\/1\.1 408/);
    expect(performance.now() - startedAt).toBeLessThan(SLOW_MS + 2_000);
  });

  test('is no matter to one that has come, however long its answer takes', async () => {
    const client = fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { ...bearer(user.token), accept: 'text/event-stream' },
      body: JSON.stringify({ query: 'subscription { systemPartsChanged { name } }' }),
    });
    const reader = (await client).body?.getReader();
    await reader?.read();
    await new Promise((resolve) => setTimeout(resolve, 3 * SLOW_MS));
    await reader?.cancel();
  });
});

describe('how much may be asked at once', () => {
  const size = (bytes: number): string => {
    const query = '{ viewer { email } }';
    return JSON.stringify({ query: `${query}#${'x'.repeat(bytes)}` });
  };
  test('counts comments as well', async () => {
    const ask = (token: string, bytes: number) =>
      fetch(`${url}/graphql`, { method: 'POST', headers: bearer(token), body: size(bytes) });
    expect((await ask(user.token, MAX_BODY_BYTES)).status).toBe(413);
    // A batch of a log may be larger: a runner's is.
    expect((await ask(runnerToken, MAX_BODY_BYTES)).status).toBe(200);
    expect((await ask(runnerToken, 2 * MAX_BODY_BYTES)).status).toBe(413);
  });

  test.each([
    [
      '{ a }'.replace('a', `viewer { ${'id '.repeat(1_100)} }`),
      'A query has at most 1000 tokens: names, values and punctuation.',
    ],
    [
      `{ ${Array.from({ length: 20 }, (_, i) => `a${i}: viewer { id }`).join(' ')} }`,
      'A query has at most 15 aliases.',
    ],
    [`{ task(id: "x") { ${'parent { '.repeat(12)} id ${'} '.repeat(12)} } }`, 'A query is at most 10 levels deep.'],
  ])('is said in words (%#)', async (query, expected) => {
    const { errors } = await post(url, query, {}, user.token);
    expect(errors?.map((error) => error.message)).toEqual([expected]);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'QUERY_REJECTED', limit: expect.any(Number) as number });
  });
});

describe('somebody who is not signed in', () => {
  test('is told no names of the schema', async () => {
    const ask = async (query: string, token?: string) => JSON.stringify((await post(url, query, {}, token)).errors);
    for (const query of ['{ viewerr { id } }', '{ viewer { emal } }', '{ task(idd: 1) { id } }']) {
      expect(await ask(query, user.token)).toContain('Did you mean');
      expect(await ask(query)).not.toContain('Did you mean');
    }
  });

  test('is sent to sign in by the explorer, and loads nothing of it', async () => {
    const page = await fetch(`${url}/graphql`, { headers: { accept: 'text/html' }, redirect: 'manual' });
    expect([page.status, page.headers.get('location')]).toEqual([302, '/sign-in?next=/graphql']);
    expect((await fetch(`${url}/graphql/explorer/script.js`)).status).toBe(401);
  });
});

test('the explorer’s page loads its programs from here alone, and is in no frame', async () => {
  const headers = { authorization: `Bearer ${user.token}`, accept: 'text/html' };
  const page = await fetch(`${url}/graphql`, { headers });
  const html = await page.text();
  expect(page.status).toBe(200);
  expect(html.length).toBeLessThan(2_000);
  expect(page.headers.get('content-security-policy')).toMatch(
    /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/,
  );
  expect(page.headers.get('x-frame-options')).toBe('DENY');
  const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1] ?? '');
  expect(files).toHaveLength(3);
  for (const file of [
    ...files,
    '/graphql/explorer/editor.js',
    '/graphql/explorer/json.js',
    '/graphql/explorer/graphql.js',
  ]) {
    const response = await fetch(`${url}${file}`, { headers });
    expect([file, response.status]).toEqual([file, 200]);
    expect(response.headers.get('content-type')).toMatch(file.endsWith('.css') ? /^text\/css/ : /^text\/javascript/);
    expect((await response.text()).length).toBeGreaterThan(100);
  }
  expect((await fetch(`${url}/graphql/explorer/other.js`, { headers })).status).toBe(404);
});

test('there are no metrics, and a scraper is told so', async () => {
  expect((await fetch(`${url}/metrics`, { redirect: 'manual' })).status).toBe(404);
});

test.each(['a\nb', 'a\r', '\u001b[31mred', 'a\u202eb', 'a\u2066b', 'a\u2028b', 'a\u0085b', '\u200f'])(
  'nothing is called %j: it would be read otherwise in a terminal or a list',
  async (name) => {
    const { core } = system;
    const bad = `x${name}x`;
    const project = await seeder(core).project(user);
    for (const attempt of [
      createRunner(core, SYSTEM('test'), { name: bad }),
      createProject(core, user, { name: bad }),
      updateProject(core, user, { projectId: project.id, name: bad }),
      createConversation(core, user, { projectId: project.id, title: bad }),
    ])
      await expect(attempt).rejects.toThrow(InvalidInputError);
  },
);
