import WebSocket from 'ws';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAX_JSON_DEPTH, MAX_JSON_VALUES } from '#core/config/limits.ts';
import { findUnstorable } from '#core/errors/storable-text.ts';
import { newId } from '#core/platform/ids.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

const CREATE = 'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { __typename } }';
/** Far less than the old 9 s, far more than a loaded machine needs for one refusal. */
const QUICK_MS = 1_500;

let system: TestSystem;
let url: string;
let token: string;
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi());
  ({ token } = await seeder(system.core).user());
});
afterAll(() => system.close());

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const operation = (config: string): string =>
  `{"query":${JSON.stringify(CREATE)},"variables":{"input":{"projectId":"${newId()}","name":"x","config":${config}}}}`;
const headers = (): Record<string, string> => ({ authorization: `Bearer ${token}` });

async function quickly(ask: () => Promise<string>): Promise<string> {
  const startedAt = performance.now();
  const text = await ask();
  expect(performance.now() - startedAt).toBeLessThan(QUICK_MS);
  return text;
}
const textOf = async (response: Promise<Response>): Promise<string> => (await response).text();
const postText = (body: string): Promise<string> =>
  textOf(
    fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers() }, body }),
  );

const REFUSED = /nested at most|has at most \d+ values/;

test.each([
  ['nested deep', nested(20_000)],
  ['nested very deep', nested(200_000)],
  ['nested deep in objects', `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`],
  ['of very many values', `[${'0,'.repeat(MAX_JSON_VALUES)}0]`],
])('a body %s is refused before anything looks at it', async (_name, config) => {
  const text = await quickly(() => postText(operation(config)));
  expect(text).toMatch(REFUSED);
  expect(text).toContain('BAD_USER_INPUT');
  expect(text.length).toBeLessThan(500);
});

test('what is just small enough goes on', async () => {
  expect(await postText(operation(nested(MAX_JSON_DEPTH - 3)))).not.toMatch(REFUSED);
});

test('a body whose other parts are deep is refused too', async () => {
  expect(await quickly(() => postText(`{"query":"{ viewer { id } }","extensions":${nested(20_000)}}`))).toMatch(
    REFUSED,
  );
});

test('variables in a query string and in a multipart request are refused too', async () => {
  const variables = `{"input":{"projectId":"${newId()}","name":"x","config":${nested(1_000)}}}`;
  const query = new URLSearchParams({ query: 'query ($input: JSON) { viewer { id } }', variables });
  expect(await quickly(() => textOf(fetch(`${url}/graphql?${String(query)}`, { headers: headers() })))).toMatch(
    REFUSED,
  );
  const form = new FormData();
  form.set('operations', operation(nested(200_000)));
  form.set('map', '{}');
  expect(
    await quickly(() => textOf(fetch(`${url}/graphql`, { method: 'POST', headers: headers(), body: form }))),
  ).toMatch(REFUSED);
});

test('a value that is written in the query is refused by its depth', async () => {
  const query = `mutation { createAgent(input: { projectId: "${newId()}", name: "x", config: ${nested(100)} }) { __typename } }`;
  const text = await quickly(() => postText(JSON.stringify({ query })));
  expect(text).toMatch(REFUSED);
  expect(text).toContain('BAD_USER_INPUT');
});

test('a message over a socket is refused, and the socket goes on', async () => {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const said: string[] = [];
  const next = (type: string): Promise<string> =>
    expect
      .poll(() => said.find((text) => text.includes(`"type":"${type}"`)), { timeout: 5_000 })
      .toBeDefined()
      .then(() => said.find((text) => text.includes(`"type":"${type}"`)) ?? '');
  socket.on('message', (data: Buffer) => said.push(data.toString()));
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }));
  await next('connection_ack');
  socket.send(`{"id":"1","type":"subscribe","payload":${operation(nested(200_000))}}`);
  expect(await quickly(() => next('error'))).toMatch(REFUSED);
  socket.send('{"id":"2","type":"subscribe","payload":{"query":"{ viewer { id } }"}}');
  expect(await next('next')).toContain('viewer');
  socket.close();
});

test('looking for texts that can not be stored takes time in proportion, also where the value is deep or full of them', () => {
  let deep: unknown = '\0';
  for (let i = 0; i < 200_000; i += 1) deep = i % 2 === 0 ? [deep] : { key: deep };
  const wide = Array.from({ length: 200_000 }, () => '\0');
  const startedAt = performance.now();
  expect(findUnstorable(deep)[0]?.path.length).toBe(200_000);
  expect(findUnstorable(wide)).toHaveLength(100);
  expect(performance.now() - startedAt).toBeLessThan(QUICK_MS);
  expect(findUnstorable({ a: [{ 'b\0': 1 }, ['x', '\ud800']] })).toEqual([
    { path: ['a', 1, 1], message: 'A text has no half surrogate pairs' },
    { path: ['a', 0], message: 'A text has no NUL character in the name of a key' },
  ]);
});
