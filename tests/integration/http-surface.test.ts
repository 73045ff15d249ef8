import { connect } from 'node:net';
import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import WebSocket from 'ws';
import type { ApiServer } from '#api/server.ts';
import type { UserActor } from '#core/access/actor.ts';
import { MAX_BODY_BYTES } from '#core/config/limits.ts';
import { signIn } from '#core/access/sessions.ts';
import { newId } from '#core/platform/ids.ts';
import { rotateRunnerToken } from '#core/runners/rotate-runner-token.ts';
import { setRunnerEnabled } from '#core/runners/set-runner-enabled.ts';
import { SYSTEM } from '#core/access/actor.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import type { GraphqlAnswer } from '#tests/kit/graphql-client.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { PASSWORD, seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';

let system: TestSystem;
let api: ApiServer & { url: string };
let url: string;
let user: UserActor & { token: string };
let project: Project;
beforeAll(async () => {
  system = await startTestSystem();
  api = await system.startApi();
  ({ url } = api);
  user = await seeder(system.core).user();
  project = await seeder(system.core).project(user);
});
beforeEach(async () => {
  user = await seeder(system.core).user();
  project = await seeder(system.core).project(user);
});
afterAll(() => system.close());

const VIEWER = '{"query":"{ viewer { email } }"}';
const send = (options: { body?: BodyInit; headers?: Record<string, string>; method?: string; path?: string }) =>
  fetch(`${url}${options.path ?? '/graphql'}`, {
    method: options.method ?? 'POST',
    headers: { 'content-type': 'application/json', ...options.headers },
    ...(options.method === 'GET' ? {} : { body: options.body ?? VIEWER }),
  });
const codeOf = async (response: Response): Promise<unknown> =>
  ((await response.json()) as GraphqlAnswer).errors?.[0]?.extensions?.['code'];
const errorsOf = (answer: GraphqlAnswer): unknown[] => (answer.errors ?? []).map((error) => error.extensions?.['code']);
const cookie = (token: string): Record<string, string> => ({ cookie: `theme=dark; ovm_session=${token}` });
const csrf = { 'x-overmind-csrf': '1' };

describe('who asks', () => {
  test('is known by bearer token and by cookie', async () => {
    expect(await (await send({ headers: { authorization: `Bearer ${user.token}` } })).json()).toEqual({
      data: { viewer: { email: user.email } },
    });
    expect(await (await send({ headers: { ...cookie(user.token), ...csrf } })).json()).toEqual({
      data: { viewer: { email: user.email } },
    });
    expect(await (await send({})).json()).toEqual({ data: { viewer: null } });
  });

  test.each(['ovm_usr_x', `ovm_usr_${'A'.repeat(43)}`, `ovm_api_${'A'.repeat(43)}`, 'x', "' or 1=1 --"])(
    'a wrong bearer token (%s) is refused, not passed over',
    async (token) => {
      const response = await send({ headers: { authorization: `Bearer ${token}` } });
      expect(response.status).toBe(401);
      expect(await codeOf(response)).toBe('UNAUTHENTICATED');
    },
  );

  test.each([
    ['without the header', {}],
    ['with a foreign Origin', { ...csrf, origin: 'https://evil.test' }],
    ['with Origin null', { ...csrf, origin: 'null' }],
    ['from another site, as the browser says', { ...csrf, 'sec-fetch-site': 'cross-site' }],
    ['from a sibling site', { ...csrf, 'sec-fetch-site': 'same-site' }],
  ])('a request with the cookie %s is refused before anything is executed', async (_name, headers) => {
    const response = await send({
      headers: { ...cookie(user.token), ...headers },
      body: JSON.stringify({ query: 'mutation { logout { __typename } }' }),
    });
    expect(response.status).toBe(403);
    expect(await codeOf(response)).toBe('CSRF_REJECTED');
    expect((await post(url, '{ viewer { email } }', {}, user.token)).data?.['viewer']).not.toBeNull();
  });

  test('a session ends when it is old, idle, or its person is disabled', async () => {
    const { db } = system.core;
    const asViewer = async (token: string) => (await send({ headers: { authorization: `Bearer ${token}` } })).status;
    const [old, idle, disabled] = [
      await seeder(system.core).user(),
      await seeder(system.core).user(),
      await seeder(system.core).user(),
    ];
    expect(await asViewer(old.token)).toBe(200);
    await db.session.updateMany({ where: { userId: old.userId }, data: { expiresAt: new Date(Date.now() - 1) } });
    await db.session.updateMany({
      where: { userId: idle.userId },
      data: { lastUsedAt: new Date(Date.now() - 13 * 3_600_000) },
    });
    await db.user.update({ where: { id: disabled.userId }, data: { isActive: false } });
    expect([await asViewer(old.token), await asViewer(idle.token), await asViewer(disabled.token)]).toEqual([
      401, 401, 401,
    ]);
  });
});

describe('what is not GraphQL over JSON', () => {
  test('forms are refused, whatever they carry', async () => {
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/graphql', '']) {
      const response = await send({
        headers: { ...cookie(user.token), ...csrf, 'content-type': type },
        body: 'query=mutation{logout{__typename}}',
      });
      expect([type, response.status, await codeOf(response)]).toEqual([type, 415, 'UNSUPPORTED_MEDIA_TYPE']);
    }
  });

  test('multipart is for who is signed in, and with a cookie only from our own pages', async () => {
    const form = (): FormData => {
      const parts = new FormData();
      parts.set('operations', JSON.stringify({ query: 'mutation { logout { __typename } }' }));
      parts.set('map', '{}');
      return parts;
    };
    const upload = (headers: Record<string, string>) =>
      fetch(`${url}/graphql`, { method: 'POST', headers, body: form() });
    expect(await codeOf(await upload({}))).toBe('UNAUTHENTICATED');
    expect(await codeOf(await upload(cookie(user.token)))).toBe('CSRF_REJECTED');
    expect((await post(url, '{ viewer { email } }', {}, user.token)).data?.['viewer']).not.toBeNull();
  });

  test('a mutation by GET is refused', async () => {
    const response = await send({
      method: 'GET',
      path: '/graphql?query=mutation%7Blogout%7D',
      headers: { authorization: `Bearer ${user.token}` },
    });
    expect(response.status).toBe(405);
    expect((await post(url, '{ viewer { email } }', {}, user.token)).data?.['viewer']).not.toBeNull();
  });

  test('subscriptions go over sockets and streams of events only', async () => {
    const query = `subscription { projectEvents(projectId: "${project.id}", after: "0") { type } }`;
    for (const accept of ['multipart/mixed', 'application/json']) {
      const text = await (
        await send({ headers: { authorization: `Bearer ${user.token}`, accept }, body: JSON.stringify({ query }) })
      ).text();
      expect(text).not.toContain('project.created');
      expect(text).toMatch(/^$|QUERY_REJECTED/);
    }
  });

  test('no other origin is told that it may read', async () => {
    const response = await send({ headers: { origin: 'https://evil.test' } });
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
    const preflight = await fetch(`${url}/graphql`, {
      method: 'OPTIONS',
      headers: { origin: 'https://evil.test', 'access-control-request-method': 'POST' },
    });
    expect([...preflight.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test.each(['GET // HTTP/1.1', 'GET http:// HTTP/1.1', 'GET /%00 HTTP/1.1'])(
    'the target of "%s" ends neither the process nor, as an upgrade, anything else',
    async (line) => {
      for (const upgrade of [
        '',
        'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n',
      ]) {
        const answer = await new Promise<string>((resolve, reject) => {
          const socket = connect(api.port, '127.0.0.1', () =>
            socket.write(`${line}\r\nHost: localhost\r\n${upgrade}\r\n`),
          );
          socket.once('data', (data) => {
            resolve(data.toString());
            socket.destroy();
          });
          socket.once('error', reject);
        });
        expect(answer).toMatch(/^HTTP\/1\.1 4\d\d/);
      }
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
    },
  );

  test('a body over the limit is refused, also when it does not say its length', async () => {
    const large = JSON.stringify({ query: '{ viewer { email } }', variables: { x: 'x'.repeat(MAX_BODY_BYTES) } });
    expect(await codeOf(await send({ body: large }))).toBe('PAYLOAD_TOO_LARGE');
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(128 * 1024).fill(32));
      },
    });
    const chunked = fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: stream,
      duplex: 'half',
    } as RequestInit);
    expect(await chunked.then(codeOf, () => 'closed')).toMatch(/PAYLOAD_TOO_LARGE|closed/);
  });
});

describe('queries that ask for too much', () => {
  const repeat = (count: number, part: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => part(i)).join(' ');
  test.each([
    ['depth', `query ($id: ID!) { task(id: $id) { ${'parent { '.repeat(12)} id ${'} '.repeat(12)} } }`],
    ['aliases', `{ ${repeat(20, (i) => `a${i}: viewer { id }`)} }`],
    ['tokens', `{ viewer { ${repeat(1_100, () => 'id')} } }`],
    [
      'cost',
      'query ($id: ID!) { conversations(projectId: $id, first: 100) { nodes { messages(first: 100) { nodes { id role content createdAt relatedTasks { id } } } } } }',
    ],
    [
      'cost of lists that do not say how long they are',
      'query ($id: ID!) { task(id: $id) { runs { task { runs { task { runs { id } } } } } } }',
    ],
    [
      'cost of a list whose length is a variable',
      'query ($id: ID!, $n: Int = 100) { conversations(projectId: $id, first: $n) { nodes { messages(first: $n) { nodes { id role content createdAt relatedTasks { id } } } } } }',
    ],
    ['fragments that call themselves', 'query { viewer { ...A } } fragment A on User { ...A }'],
    [
      'logins by alias',
      'mutation { a: login(input: { email: "a@b.test", password: "x" }) { __typename } b: login(input: { email: "a@b.test", password: "y" }) { __typename } }',
    ],
    [
      'logins by fragment',
      'mutation { ...A login(input: { email: "a@b.test", password: "x" }) { __typename } } fragment A on Mutation { b: login(input: { email: "a@b.test", password: "y" }) { __typename } }',
    ],
    [
      'logins by inline fragment',
      'mutation { ... on Mutation { b: login(input: { email: "a@b.test", password: "y" }) { __typename } } login(input: { email: "a@b.test", password: "x" }) { __typename } }',
    ],
    ['no such field', '{ nothing }'],
    ['no syntax', '{ viewer { '],
  ])('%s: refused with a code of the closed set, over HTTP and over the socket alike', async (_name, query) => {
    const answer = await post(url, query, { id: newId() }, user.token);
    expect(errorsOf(answer).length).toBeGreaterThan(0);
    expect(new Set(errorsOf(answer))).toEqual(new Set(['QUERY_REJECTED']));
    expect(answer.data ?? null).toBeNull();

    const client = openSocket(url, user.token);
    const bystander = collect<{ type: string }>(
      client,
      'subscription ($id: ID!) { projectEvents(projectId: $id, after: "0") { type } }',
      { id: project.id },
    );
    await bystander.until((items) => items.length > 0);
    const refused = collect(client, query, { id: newId() });
    const errors = await until(refused.ended, (ended) => ended !== null);
    // Mutations go over HTTP only, so that a socket refuses them for that already.
    expect(errors).toMatchObject([
      { extensions: { code: query.startsWith('mutation') ? 'BAD_USER_INPUT' : 'QUERY_REJECTED' } },
    ]);
    expect(JSON.stringify(errors)).not.toContain('"http"');
    expect(bystander.ended()).toBeNull();
    await client.dispose();
  });

  test('reading a list of every item of a list is bounded, not executed a thousand times', async () => {
    const agent = await seeder(system.core).agent(project);
    await system.core.db.task.createMany({
      data: Array.from({ length: 250 }, (_, i) => ({
        id: newId(),
        projectId: project.id,
        title: `T${i}`,
        type: 'doc' as const,
        requestedBy: 'api' as const,
        agentId: agent.id,
        acceptanceCriteria: [],
      })),
    });
    const answer = await post(
      url,
      'query ($id: ID!) { board(projectId: $id) { tasks { nodes { id events(first: 100) { nodes { id } } } } } }',
      { id: project.id },
      user.token,
    );
    expect(errorsOf(answer)[0]).toBe('QUERY_REJECTED');
    const few = await post(
      url,
      'query ($id: ID!) { tasks(projectId: $id, first: 20) { nodes { id events(first: 5) { nodes { id } } } } }',
      { id: project.id },
      user.token,
    );
    expect(few.errors ?? []).toEqual([]);
  });
});

describe('bugs', () => {
  test('are shown as a request id and nothing more, over HTTP and over the socket', async () => {
    const { core } = system;
    const agent = await seeder(core).agent(project);
    const broken = await core.db.task.create({
      data: {
        id: newId(),
        projectId: project.id,
        title: 'x',
        type: 'doc',
        requestedBy: 'api',
        agentId: agent.id,
        acceptanceCriteria: [],
      },
    });
    const artifact = await core.db.artifact.create({
      data: {
        id: newId(),
        projectId: project.id,
        taskId: broken.id,
        kind: 'diff',
        name: 'x',
        mimeType: 'text/x-diff',
        size: 1,
        sha256: 'x',
        storagePath: `${project.id}/artifacts/gone`,
        metadata: {},
      },
    });
    const query = `query ($id: ID!) { task(id: $id) { artifacts { nodes { id text } } } }`;
    const answer = await post(url, query, { id: broken.id }, user.token);
    expect(answer.errors).toMatchObject([
      { extensions: { code: 'INTERNAL', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) as string } },
    ]);
    expect(JSON.stringify(answer)).not.toMatch(/ENOENT|artifacts\/gone|node_modules|stack/);
    const client = openSocket(url, user.token);
    const over = collect<unknown>(client, query, { id: broken.id });
    await until(over.ended, (ended) => ended !== null);
    expect(over.ended()).toMatchObject([{ extensions: { code: 'INTERNAL' } }]);
    expect(JSON.stringify(over.ended())).not.toMatch(/ENOENT|artifacts\/gone|stack/);
    await client.dispose();
    expect(
      (await fetch(`${url}/files/artifacts/${artifact.id}`, { headers: { authorization: `Bearer ${user.token}` } }))
        .status,
    ).toBe(500);
  });

  test('in what is followed end the operation masked, and leave the socket', async () => {
    const { core } = system;
    const own = await system.startApi();
    const client = openSocket(own.url, user.token);
    const followed = collect<{ type: string }>(
      client,
      'subscription ($id: ID!) { projectEvents(projectId: $id, after: "0") { type } }',
      { id: project.id },
    );
    await followed.until((items) => items.length > 0);
    // A row that no reader can make sense of, as a bug would leave it.
    await core.pool.query(
      `with bumped as (update projects set event_cursor = event_cursor + 1 where id = $1 returning event_cursor) insert into realtime_events select $1, event_cursor, 'no.such.event', '{"id":"x","patch":{}}', now() from bumped`,
      [project.id],
    );
    await seeder(core).task(user, project);
    await until(
      () => JSON.stringify([followed.ended(), followed.items]),
      (text) => text.includes('INTERNAL') || text.includes('task.created'),
    );
    expect(JSON.stringify([followed.ended(), followed.items])).not.toMatch(/NoSuchEvent|stack/);
    await client.dispose();
  });
});

describe('sockets', () => {
  const EVENTS = 'subscription ($id: ID!) { projectEvents(projectId: $id, after: "0") { type } }';
  const upgrade = (headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
      socket.on('open', () => {
        resolve(101);
        socket.close();
      });
      socket.on('unexpected-response', (_request, response) => {
        resolve(response.statusCode ?? 0);
        socket.terminate();
      });
      socket.on('error', (error) => (/Unexpected server response/.test(error.message) ? undefined : reject(error)));
    });

  test('open from our own origin or from no browser at all', async () => {
    expect(await upgrade({})).toBe(101);
    expect(await upgrade({ origin: url })).toBe(101);
    for (const origin of ['https://evil.test', 'null', `${url}.evil.test`, `http://127.0.0.1:${api.port + 1}`])
      expect([origin, await upgrade({ origin })]).toEqual([origin, 403]);
  });

  test('take the cookie as well as the bearer token', async () => {
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: class extends WebSocket {
        constructor(address: string, protocol: string) {
          super(address, protocol, { headers: { ...cookie(user.token), origin: url } });
        }
      },
      retryAttempts: 0,
    });
    await collect<unknown>(client, EVENTS, { id: project.id }).until((items) => items.length > 0);
    await client.dispose();
  });

  const followAs = async (token: string) => {
    const client = openSocket(url, token);
    const followed = collect<unknown>(client, EVENTS, { id: project.id });
    await followed.until((items) => items.length > 0);
    return followed;
  };
  test('end with their session when the person signs out, at another api process too', async () => {
    const second = await system.startApi();
    const followed = await followAs(user.token);
    await post(second.url, 'mutation { logout { __typename } }', {}, user.token);
    expect(await until(followed.ended, (ended) => ended !== null)).toMatchObject({ code: 4403 });
  });

  test("end, but for one's own, when the password is changed", async () => {
    const { token: other } = await signIn(system.core, {
      email: user.email,
      password: PASSWORD,
      address: '203.0.113.77',
    });
    const [mine, others] = [await followAs(user.token), await followAs(other)];
    const changed = await post(
      url,
      'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename } }',
      { input: { currentPassword: PASSWORD, newPassword: 'another long one' } },
      user.token,
    );
    expect(changed.data?.['changePassword']).toEqual({ __typename: 'ChangePasswordPayload' });
    expect(await until(others.ended, (ended) => ended !== null)).toMatchObject({ code: 4403 });
    expect(mine.ended()).toBeNull();
    mine.unsubscribe();
  });

  test('of a runner end when it is disabled or its token replaced', async () => {
    const seed = seeder(system.core);
    for (const end of [
      rotateRunnerToken,
      (...[core, actor, id]: Parameters<typeof rotateRunnerToken>) => setRunnerEnabled(core, actor, id, false),
    ]) {
      const { runner, token } = await seed.runner();
      const client = openSocket(url, token);
      const followed = collect<unknown>(client, 'subscription { runnerCommands { type } }', {});
      await followed.until((items) => items.length > 0);
      await end(system.core, SYSTEM('test'), runner.id);
      expect(await until(followed.ended, (ended) => ended !== null)).toMatchObject({ code: 4403 });
    }
  });

  test('carry 50 operations and refuse the next', async () => {
    const client = openSocket(url, user.token);
    const all = Array.from({ length: 51 }, () => collect<unknown>(client, EVENTS, { id: project.id }));
    const refused = await until(
      () => all.filter((each) => each.ended() !== null),
      (ended) => ended.length === 1,
    );
    expect(refused[0]?.ended()).toMatchObject([{ extensions: { code: 'QUERY_REJECTED' } }]);
    await Promise.all(all.filter((each) => each !== refused[0]).map((each) => each.until((items) => items.length > 0)));
    await client.dispose();
  });
});

describe('the schema', () => {
  const INTROSPECT = '{ __schema { queryType { name } } __type(name: "Task") { name } }';
  test('is shown to those who are signed in, where it may be explored', async () => {
    expect((await post(url, INTROSPECT, {}, user.token)).data).toMatchObject({ __type: { name: 'Task' } });
    expect(errorsOf(await post(url, INTROSPECT))).toEqual(['UNAUTHENTICATED']);
  });

  test('is shown to nobody otherwise, by introspection or by hints', async () => {
    const closed = await system.startApi({ isExplorable: false });
    expect(new Set(errorsOf(await post(closed.url, INTROSPECT, {}, user.token)))).toEqual(new Set(['QUERY_REJECTED']));
    const hint = await post(closed.url, '{ viewer { emai } }', {}, user.token);
    expect(hint.errors?.[0]?.message).not.toMatch(/Did you mean/);
    expect(
      (await fetch(`${closed.url}/graphql`, { headers: { accept: 'text/html' } })).headers.get('content-type') ?? '',
    ).not.toContain('html');
  });
});

describe('files', () => {
  test('of a run are given to members, in ranges too, and to nobody else', async () => {
    const { core } = system;
    const seed = seeder(core);
    const runner = await seed.runner(undefined, { projectIds: [project.id] });
    const task = await scheduledTask(core, user, project, await seed.agent(project));
    const side = runnerSide(core, runner.actor);
    const held = await side.claim();
    await side.append(held, 0, ['one', 'two']);
    const upload = async (name: string, content: string) => {
      const form = new FormData();
      form.set(
        'operations',
        JSON.stringify({
          query:
            'mutation ($input: UploadArtifactInput!) { uploadArtifact(input: $input) { __typename ... on UploadArtifactPayload { artifact { id url size text } } ... on UserError { code message } } }',
          variables: { input: { runId: held.spec.runId, leaseToken: held.token, kind: 'DIFF', name, file: null } },
        }),
      );
      form.set('map', '{"0":["variables.input.file"]}');
      form.set('0', new Blob([content]), 'x');
      const headers = { authorization: `Bearer ${runner.token}` };
      const answer = await fetch(`${url}/graphql`, { method: 'POST', headers, body: form });
      return (await answer.json()) as GraphqlAnswer;
    };
    const uploaded = await upload('a "b"\'ü.diff', '0123456789');
    const large = await upload('large.diff', '[{,'.repeat(1_000_000));
    expect(large.errors).toBeUndefined();
    expect(large.data?.['uploadArtifact']).toMatchObject({ artifact: { size: 3_000_000 } });
    const { artifact } = uploaded.data?.['uploadArtifact'] as { artifact: { id: string; url: string } };
    expect(artifact).toMatchObject({ size: 10, text: '0123456789' });
    const get = (path: string, headers: Record<string, string> = {}, token: string | null = user.token) =>
      fetch(`${url}${path}`, { headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers } });
    const whole = await get(artifact.url);
    expect([
      whole.status,
      await whole.text(),
      whole.headers.get('x-content-type-options'),
      whole.headers.get('content-disposition'),
    ]).toEqual([200, '0123456789', 'nosniff', expect.stringMatching(/^attachment; filename\*=UTF-8''a%20%22b%22/)]);
    for (const [range, status, text] of [
      ['bytes=2-4', 206, '234'],
      ['bytes=-3', 206, '789'],
      ['bytes=8-99', 206, '89'],
      ['bytes=10-', 416, ''],
      ['bytes=5-2', 416, ''],
      ['lines=1-2', 200, '0123456789'],
      ['bytes=0-1,4-5', 200, '0123456789'],
    ] as const) {
      const part = await get(artifact.url, { range });
      expect([range, part.status, await part.text()]).toEqual([range, status, text]);
    }
    expect(await (await get(`/files/runs/${held.spec.runId}/log.txt`)).text()).toBe('one\ntwo\n');
    const stranger = await seed.user();
    for (const path of [artifact.url, `/files/runs/${held.spec.runId}/log.txt`]) {
      expect((await get(path, {}, stranger.token)).status).toBe(404);
      expect((await get(path, {}, null)).status).toBe(401);
      expect((await get(path, {}, runner.token)).status).toBe(401);
    }
    for (const path of [
      `/files/artifacts/${newId()}`,
      '/files/artifacts/..%2f..%2fsecrets.json',
      '/files/../secrets.json',
      `/files/runs/${task.id}/log.txt`,
    ])
      expect((await get(path)).status).toBe(404);
  });
});
