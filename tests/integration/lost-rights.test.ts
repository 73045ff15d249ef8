import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newId } from '#core/platform/ids.ts';
import { SystemParts } from '#core/system/system-parts.ts';
import type { UserActor } from '#core/access/actor.ts';
import { MAX_SOCKETS_AN_ACCOUNT } from '#core/config/limits.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { countSql } from '#tests/kit/count-sql.ts';
import { collect, openSocket } from '#tests/kit/graphql-client.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';

/** What the design promises of a removal, a demotion and an expiry. */
const PROMISED_MS = 5_000;
const EVENTS = 'subscription ($id: ID!) { projectEvents(projectId: $id, after: "0") { type } }';

let system: TestSystem;
let url: string;
let owner: UserActor & { token: string };
let member: UserActor & { token: string };
let project: Project;
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi({ parts: new SystemParts() }));
});
beforeEach(async () => {
  const seed = seeder(system.core);
  [owner, member] = [await seed.user(), await seed.user()];
  project = await seed.project(owner);
  await system.core.db.projectMember.create({
    data: { id: newId(), projectId: project.id, userId: member.userId, role: 'viewer' },
  });
});
afterAll(() => system.close());

const endedAs = (followed: { ended(): unknown }, expected: unknown) =>
  expect.poll(followed.ended, { timeout: PROMISED_MS, interval: 50 }).toMatchObject(expected as object);
const LOST = [{ extensions: { code: 'FORBIDDEN' } }];
const removed = () =>
  system.core.db.projectMember.deleteMany({ where: { projectId: project.id, userId: member.userId } });

describe('what somebody follows', () => {
  test('ends when he is taken out of the project; the others and his own other projects go on', async () => {
    const other = await seeder(system.core).project(member, 'Other');
    const client = openSocket(url, member.token);
    const followed = collect<{ type: string }>(client, EVENTS, { id: project.id });
    const own = collect<{ type: string }>(client, EVENTS, { id: other.id });
    const theirs = collect<{ type: string }>(openSocket(url, owner.token), EVENTS, { id: project.id });
    for (const each of [followed, own, theirs]) await each.until((items) => items.length > 0);
    await removed();
    await endedAs(followed, LOST);
    const had = followed.items.length;
    await updateProject(system.core, owner, { projectId: project.id, description: 'secret' });
    await theirs.until((items) => items.some((item) => item.type === 'project.updated'));
    expect(followed.items).toHaveLength(had);
    expect([own.ended(), theirs.ended()]).toEqual([null, null]);
    // The door is shut for what comes after, too.
    const again = collect(client, EVENTS, { id: project.id });
    await endedAs(again, [{ extensions: { code: 'NOT_FOUND' } }]);
    await client.dispose();
  });

  test('a log ends too, also while nothing comes', async () => {
    const { core } = system;
    const agent = await seeder(core).agent(project);
    const runner = await seeder(core).runner();
    await scheduledTask(core, owner, project, agent);
    const side = runnerSide(core, runner.actor);
    const held = await side.claim();
    const client = openSocket(url, member.token);
    const followed = collect(client, 'subscription ($id: ID!) { runLog(runId: $id) { firstSeq } }', {
      id: held.spec.runId,
    });
    await side.append(held, 0, ['x']);
    await followed.until((items) => items.length > 0);
    await removed();
    await endedAs(followed, LOST);
    await client.dispose();
  });

  test('ends when an administrator is none any more, for the programs of the system too', async () => {
    const admin = await seeder(system.core).user({ isAdmin: true });
    const client = openSocket(url, admin.token);
    const followed = [
      collect<unknown>(client, EVENTS, { id: project.id }),
      collect<unknown>(client, 'subscription { systemPartsChanged { name } }', {}),
    ];
    await followed[0]?.until((items) => items.length > 0);
    await system.core.db.user.update({ where: { id: admin.userId }, data: { isAdmin: false } });
    for (const each of followed) await endedAs(each, LOST);
    // What he asks on the same socket from now on he asks as what he is.
    const users = collect(client, '{ users { nodes { id } } }', {});
    await endedAs(users, [{ extensions: { code: 'FORBIDDEN' } }]);
    await client.dispose();
  });

  test('ends with its session when that runs out, though nobody says so', async () => {
    const client = openSocket(url, member.token);
    const followed = collect<unknown>(client, EVENTS, { id: project.id });
    await followed.until((items) => items.length > 0);
    await system.core.db.session.updateMany({ where: { userId: member.userId }, data: { expiresAt: new Date(0) } });
    await endedAs(followed, { code: 4403 });
  });

  test('costs no statement an event for that', async () => {
    const client = openSocket(url, member.token);
    const followed = collect<{ type: string }>(client, EVENTS, { id: project.id });
    await followed.until((items) => items.length > 0);
    const had = followed.items.length;
    const { statements } = await countSql(async () => {
      const entity = { id: project.id, patch: {} };
      for (let i = 0; i < 200; i += 1)
        system.core.bus.publishEvents([
          { type: 'project.updated', ts: new Date(0).toISOString(), projectId: project.id, cursor: null, entity },
        ]);
      await followed.until((items) => items.length >= had + 200);
    });
    expect(statements.length).toBeLessThan(20);
    await client.dispose();
  });
});

describe('a socket', () => {
  const connectWith = (connectionParams: Record<string, unknown>) =>
    createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams,
      retryAttempts: 0,
      lazy: true,
    });

  test.each([
    ['authorization', (token: string) => ({ authorization: `Bearer ${token}` })],
    ['Authorization', (token: string) => ({ Authorization: `Bearer ${token}` })],
    ['headers.Authorization', (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })],
    ['headers.authorization', (token: string) => ({ headers: { authorization: `bearer ${token}` } })],
    ['token', (token: string) => ({ token })],
    ['authorization without the word', (token: string) => ({ authorization: token })],
  ])('takes the token as %s', async (_name, params) => {
    const client = connectWith(params(member.token));
    const answer = collect<{ email: string }>(client, '{ viewer { email } }', {});
    await answer.until((items) => items.length > 0);
    expect(answer.items).toEqual([{ email: member.email }]);
    await client.dispose();
    const wrong = connectWith(params('ovm_usr_nobody'));
    await endedAs(collect(wrong, '{ viewer { email } }', {}), { code: 4403 });
  });

  test.each([{}, { headers: null }, { headers: 'x' }, { token: 1 }, { authorization: [] }])(
    'without a token is refused: %j',
    async (params) => {
      await endedAs(collect(connectWith(params), '{ viewer { email } }', {}), { code: 4403 });
    },
  );

  test('is one of a limited number', async () => {
    const sockets: WebSocket[] = [];
    const open = (token: string): Promise<number | 'open'> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
        sockets.push(socket);
        socket.once('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: { token } })));
        socket.once('message', () => resolve('open'));
        socket.once('close', (code) => resolve(code));
      });
    const results = [];
    for (let i = 0; i <= MAX_SOCKETS_AN_ACCOUNT; i += 1) results.push(await open(member.token));
    expect(results.filter((result) => result === 'open')).toHaveLength(MAX_SOCKETS_AN_ACCOUNT);
    expect(results.at(-1)).toBe(1013);
    expect(await open(owner.token)).toBe('open');
    sockets[0]?.terminate();
    await until(
      () => open(member.token),
      (result) => result === 'open',
    );
    for (const socket of sockets) socket.terminate();
  });
});
