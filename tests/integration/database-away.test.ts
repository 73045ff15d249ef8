import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startApi } from '#api/server.ts';
import type { ApiServer } from '#api/server.ts';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { createLogger } from '#core/platform/logger.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { startTcpProxy } from '#tests/kit/tcp-proxy.ts';
import { until } from '#tests/kit/until.ts';

let system: TestSystem;
let user: UserActor & { token: string };
let project: Project;
let taskId: string;
let proxy: Awaited<ReturnType<typeof startTcpProxy>>;
let core: Core & { close(): Promise<void> };
let api: ApiServer;
let url: string;
beforeAll(async () => {
  system = await startTestSystem();
  user = await seeder(system.core).user();
  project = await seeder(system.core).project(user);
  taskId = (await seeder(system.core).task(user, project)).id;
  const database = new URL(system.databaseUrl);
  proxy = await startTcpProxy({ host: database.hostname, port: Number(database.port) });
  database.port = String(proxy.port);
  core = system.openCore({ databaseUrl: database.toString(), logger: createLogger('api', 'silent') });
  api = await startApi({ core, host: '127.0.0.1', port: 0, trustedProxies: [], isExplorable: true });
  url = `http://127.0.0.1:${api.port}`;
});
afterEach(() => proxy.restore());
afterAll(async () => {
  await api.close();
  await core.close();
  await proxy.close();
  await system.close();
});

const QUERY = 'query ($id: ID!) { project(id: $id) { name } }';
const MUTATION = 'mutation ($id: ID!) { commentOnTask(input: { taskId: $id, text: "hm" }) { __typename } }';
const codesOf = (answer: { errors?: { extensions?: Record<string, unknown> }[] }) =>
  (answer.errors ?? []).map(({ extensions }) => extensions?.['code']);
const read = async (path: string) => {
  const response = await fetch(`${url}${path}`, { headers: { authorization: `Bearer ${user.token}` } });
  const text = await response.text();
  return {
    status: response.status,
    body: text.startsWith('{')
      ? (JSON.parse(text) as { errors?: { message: string; extensions?: Record<string, unknown> }[] })
      : {},
  };
};

describe('while the database refuses connections', () => {
  test('every way in says so, and what still works', async () => {
    proxy.cut();
    for (const [query, id] of [
      [QUERY, project.id],
      [MUTATION, taskId],
    ] as const) {
      const answer = await post(url, query, { id }, user.token);
      expect(codesOf(answer)).toEqual(['UNAVAILABLE']);
      expect(answer.errors?.[0]?.message).toMatch(/Runs that have started go on/);
    }
    expect(
      codesOf(await post(url, 'mutation { login(input: { email: "a@example.test", password: "x" }) { __typename } }')),
    ).toEqual(['UNAVAILABLE']);
    const file = await read(`/files/runs/${taskId}/log.txt`);
    expect([file.status, codesOf(file.body)]).toEqual([503, ['UNAVAILABLE']]);
    expect((await read('/healthz')).status).toBe(200);
    expect((await read('/readyz')).status).toBe(503);
  });

  test('a socket that opens is told to come again, as no stranger', async () => {
    proxy.cut();
    const closed = await new Promise<{ code: number; reason: string }>((resolve, reject) => {
      const client = createClient({
        url: `${url.replace('http', 'ws')}/graphql`,
        webSocketImpl: WebSocket,
        connectionParams: { authorization: `Bearer ${user.token}` },
        retryAttempts: 0,
      });
      client.on('closed', (event) => resolve(event as { code: number; reason: string }));
      client.subscribe(
        { query: 'subscription ($id: ID!) { projectEvents(projectId: $id) { type } }', variables: { id: project.id } },
        {
          next: () => reject(new Error('Expected nothing to come')),
          error: () => undefined,
          complete: () => undefined,
        },
      );
    });
    expect(closed).toMatchObject({ code: 1013 });
  });

  test('a socket that is open is told for each operation, and follows again afterwards', async () => {
    const client = openSocket(url, user.token);
    const first = collect<{ type: string }>(
      client,
      'subscription ($id: ID!) { projectEvents(projectId: $id) { type } }',
      { id: project.id },
    );
    // Until it follows, what happens passes by.
    await until(
      () => post(url, MUTATION, { id: taskId }, user.token).then(() => first.items.length),
      (count) => count > 0,
    );
    const comments = (items: { type: string }[]) => items.filter(({ type }) => type === 'task.event.appended').length;
    proxy.cut();
    for (const query of [
      'subscription ($id: ID!) { runLog(runId: $id) { firstSeq } }',
      'query ($id: ID!) { project(id: $id) { name } }',
    ]) {
      const asked = collect(client, query, { id: project.id });
      const ended = await until(asked.ended, (end) => end !== null);
      expect(codesOf({ errors: ended as [] }), JSON.stringify(ended)).toEqual(['UNAVAILABLE']);
    }
    const before = comments(first.items);
    proxy.restore();
    await until(
      () => post(url, MUTATION, { id: taskId }, user.token),
      (answer) => !answer.errors,
    );
    await first.until((items) => comments(items) > before);
    first.unsubscribe();
    await client.dispose();
  });
});

test("requests that are under way when the server's side is killed answer UNAVAILABLE, and the next ones work", async () => {
  const codes = new Set<unknown>();
  let isOver = false;
  const asking = Array.from({ length: 6 }, async (_, i) => {
    while (!isOver)
      for (const code of codesOf(
        await post(url, i % 2 ? QUERY : MUTATION, { id: i % 2 ? project.id : taskId }, user.token),
      ))
        codes.add(code);
  });
  for (let round = 0; round < 15; round += 1) {
    await system.core.pool
      .query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and application_name = 'overmindops'`,
      )
      .catch((error: unknown) => error);
    await until(
      () => post(url, '{ health { database } }'),
      (answer) => (answer.data?.['health'] as { database: boolean } | undefined)?.database === true,
    );
  }
  isOver = true;
  await Promise.all(asking);
  expect([...codes]).toEqual(['UNAVAILABLE']);
  expect(codesOf(await post(url, QUERY, { id: project.id }, user.token))).toEqual([]);
});
