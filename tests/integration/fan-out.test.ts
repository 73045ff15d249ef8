import { createClient } from 'graphql-ws';
import { Redis } from 'ioredis';
import WebSocket from 'ws';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { eventsChannel } from '#core/events/bus.ts';
import { commentOnTask } from '#core/tasks/comment-on-task.ts';
import { updateTask } from '#core/tasks/update-task.ts';
import type { Project, Task } from '#prisma/generated/client/client.ts';
import { countSql } from '#tests/kit/count-sql.ts';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';

interface TaskEvent {
  type: string;
  cursor: string;
  task?: { title: string; project?: { name: string } };
}
const EVENTS = `subscription ($id: ID!, $after: String, $withProject: Boolean = true) {
  projectEvents(projectId: $id, after: $after) {
    type
    cursor
    ... on TaskUpdatedEvent { task { title project @include(if: $withProject) { name } } }
  }
}`;
const LOG = 'subscription ($id: ID!, $after: Int) { runLog(runId: $id, afterSeq: $after) { firstSeq messages } }';

let system: TestSystem;
let url: string;
let user: UserActor & { token: string };
let admin: UserActor & { token: string };
let project: Project;
let task: Task;
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi());
  [user, admin] = [await seeder(system.core).user(), await seeder(system.core).user({ isAdmin: true })];
});
beforeEach(async () => {
  project = await seeder(system.core).project(user);
  task = await seeder(system.core).task(user, project);
});
afterAll(() => system.close());

const rename = (title: string) => updateTask(system.core, user, { taskId: task.id, title });
const follow = (variables: Record<string, unknown> = {}, token = user.token) =>
  collect<TaskEvent>(openSocket(url, token), EVENTS, { id: project.id, ...variables });
const saw = (title: string) => (events: TaskEvent[]) => events.some((event) => event.task?.title === title);

describe('many who follow the same', () => {
  test('cost the database what one costs', async () => {
    const first = follow({ after: '0' });
    await first.until((events) => events.length > 0);
    const alone = await countSql(async () => {
      await rename('Seen by one');
      await first.until(saw('Seen by one'));
    });
    const others = Array.from({ length: 40 }, () => follow({ after: '0' }));
    for (const each of others) await each.until(saw('Seen by one'));
    const together = await countSql(async () => {
      await rename('Seen by all');
      for (const each of [first, ...others]) await each.until(saw('Seen by all'));
    });
    expect(together.statements.length).toBeLessThanOrEqual(alone.statements.length + 2);
    const cursors = first.items.map(({ cursor }) => cursor);
    for (const each of others) expect(each.items.map(({ cursor }) => cursor)).toEqual(cursors);
  });

  test('begin where they want, and miss and repeat nothing while others write', async () => {
    const comments = Array.from({ length: 60 }, (_, i) => i);
    const writing = (async () => {
      for (const i of comments) await commentOnTask(system.core, user, { taskId: task.id, text: `comment ${i}` });
    })();
    const starts = ['0', '1', '3', null];
    const followed = Array.from({ length: 24 }, (_, i) => ({
      start: starts[i % 4],
      ...follow({ after: starts[i % 4] }),
    }));
    await writing;
    await rename('The last');
    for (const { items, start, until: see } of followed) {
      await see(saw('The last'));
      const cursors = items.filter(({ cursor }) => cursor !== null).map(({ cursor }) => Number(cursor));
      const begin = start === null || start === undefined ? (cursors[0] ?? 0) : Number(start) + 1;
      expect(cursors).toEqual(cursors.map((_, i) => begin + i));
    }
  });

  test('are answered apart when they have asked for something else', async () => {
    const [bare, full] = [follow({ withProject: false }), follow({})];
    const ofAdmin = follow({}, admin.token);
    await ready();
    await rename('Asked for');
    for (const each of [bare, full, ofAdmin]) await each.until(saw('Asked for'));
    const taskOf = (events: TaskEvent[]) => events.find((event) => event.task)?.task;
    expect(taskOf(bare.items)).toEqual({ title: 'Asked for' });
    expect(taskOf(full.items)).toEqual({ title: 'Asked for', project: { name: 'Demo' } });
    expect(taskOf(ofAdmin.items)).toEqual(taskOf(full.items));
  });

  test('a cursor of another time is told to load anew, and follows from there', async () => {
    const lost = follow({ after: '999999' });
    await lost.until((events) => events.length > 0);
    expect(lost.items[0]?.type).toBe('resync');
    await rename('After it');
    await lost.until(saw('After it'));
  });

  test('one that goes leaves the others where they are, and the last one leaves nothing behind', async () => {
    const clients = [openSocket(url, user.token), openSocket(url, user.token)];
    const [stays, goes] = clients.map((client) => collect<TaskEvent>(client, EVENTS, { id: project.id, after: '0' }));
    for (const each of [stays, goes]) await each?.until((events) => events.length > 0);
    goes?.unsubscribe();
    await rename('One is left');
    await stays?.until(saw('One is left'));
    expect(goes?.items.some((event) => event.task?.title === 'One is left')).toBe(false);
    for (const client of clients) await client.dispose();
    await expect.poll(() => subscribers(eventsChannel(project.id)), { timeout: 5_000 }).toBe(0);
    const again = follow({ after: '0' });
    await again.until(saw('One is left'));
  });
});

test('a viewer that stops reading holds up nobody, and has every line in the end', async () => {
  const { core } = system;
  const agent = await seeder(core).agent(project);
  await scheduledTask(core, user, project, agent);
  const side = runnerSide(core, (await seeder(core).runner()).actor);
  const held = await side.claim();
  const reader = collect<{ firstSeq: number; messages: string[] }>(openSocket(url, user.token), LOG, {
    id: held.spec.runId,
    after: -1,
  });
  const sockets: WebSocket[] = [];
  const stalledClient = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: class extends WebSocket {
      constructor(address: string, protocols: string) {
        super(address, protocols);
        sockets.push(this);
      }
    },
    connectionParams: { authorization: `Bearer ${user.token}` },
    retryAttempts: 0,
  });
  const stalled = collect<{ firstSeq: number; messages: string[] }>(stalledClient, LOG, {
    id: held.spec.runId,
    after: -1,
  });
  let seq = 0;
  const write = async (batches: number): Promise<void> => {
    for (let i = 0; i < batches; i += 1) {
      const messages = Array.from({ length: 100 }, (_, n) => `${seq + n} ${'x'.repeat(1_000)}`);
      await side.append(held, seq, messages);
      seq += messages.length;
    }
  };
  await write(1);
  for (const each of [reader, stalled]) await each.until((batches) => batches.length > 0);
  sockets[0]?.pause();
  // What the two kernels hold of a paused connection is a few megabytes; this is more.
  await write(120);
  await reader.until((batches) => lines(batches) === seq, 20_000);
  expect(lines(stalled.items)).toBeLessThan(seq);
  // He begins to follow it once more, from its start, and leaves while his socket takes nothing.
  const second = collect(stalledClient, LOG, { id: held.spec.runId, after: -1 });
  await new Promise((resolve) => setTimeout(resolve, 500));
  second.unsubscribe();
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await post(url, '{ viewer { id } }', {}, user.token)).toMatchObject({ data: { viewer: { id: user.userId } } });
  sockets[0]?.resume();
  await stalled.until((batches) => lines(batches) === seq, 20_000);
  const numbers = stalled.items.flatMap(({ messages }) => messages.map((message) => Number(message.split(' ')[0])));
  expect(numbers).toEqual(Array.from({ length: seq }, (_, i) => i));
  await write(1);
  await stalled.until((batches) => lines(batches) === seq);
  await stalledClient.dispose();
});

const lines = (batches: readonly { messages: string[] }[]): number =>
  batches.reduce((sum, { messages }) => sum + messages.length, 0);

/** How many processes listen to a channel. */
async function subscribers(channel: string): Promise<number> {
  const redis = new Redis(system.redisUrl);
  try {
    const [, count] = (await redis.call('PUBSUB', 'NUMSUB', `${system.redisPrefix}:${channel}`)) as [string, number];
    return Number(count);
  } finally {
    redis.disconnect();
  }
}

/** Waits until so many follow the project: nothing tells a client that it is followed for from now on. */
async function ready(): Promise<void> {
  await until(
    () => subscribers(eventsChannel(project.id)),
    (count) => count > 0,
  );
  await new Promise((resolve) => setTimeout(resolve, 300));
}

describe('what depends on who asks', () => {
  const DELETE_REFUSAL = '... on TaskUpdatedEvent { task { viewerDeleteRefusal } }';
  const RIGHTS = '... on TaskUpdatedEvent { task { project { ...Mine } } }';

  test.each([
    ['Task.viewerDeleteRefusal', `subscription ($id: ID!) { projectEvents(projectId: $id) { ${DELETE_REFUSAL} } }`],
    [
      'Project.viewerRights',
      `query Other { __typename }
       subscription Mine($id: ID!) { projectEvents(projectId: $id) { type ...Part } }
       fragment Part on ProjectEvent { ${RIGHTS} }
       fragment Mine on Project { rights: viewerRights { refusal } }`,
    ],
  ])('is refused when somebody begins to follow, with what to do: %s', async (name, query) => {
    const message = `${name} depends on who asks, and what is followed is answered once for all who follow it. Ask for it in a query.`;
    const expected = [{ message, extensions: { code: 'QUERY_REJECTED' } }];
    const operationName = query.includes('Mine(') ? 'Mine' : undefined;
    const client = createClient({
      url: `${url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { token: user.token },
      retryAttempts: 0,
    });
    const over = await new Promise((resolve, reject) =>
      client.subscribe(
        { query, variables: { id: project.id }, operationName },
        { next: resolve, error: resolve, complete: () => reject(new Error('Expected a refusal')) },
      ),
    );
    expect(over).toMatchObject(expected);
    await client.dispose();
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${user.token}`,
      },
      body: JSON.stringify({ query, variables: { id: project.id }, operationName }),
    });
    expect(await response.text()).toContain(message);
  });

  test('is answered beside what is followed, in a query', async () => {
    const answer = await post(
      url,
      `query ($id: ID!) { task(id: $id) { viewerDeleteRefusal project { ...Mine } } }
       fragment Mine on Project { viewerRights { permission } }`,
      { id: task.id },
      user.token,
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data?.['task']).toMatchObject({ viewerDeleteRefusal: null });
  });
});
