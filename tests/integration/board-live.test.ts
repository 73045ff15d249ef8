import { afterAll, beforeAll, expect, test } from 'vitest';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
beforeAll(async () => {
  system = await startTestSystem();
});
afterAll(() => system.close());

const EVENTS = `subscription ($projectId: ID!, $after: String) {
  projectEvents(projectId: $projectId, after: $after) { type cursor entityId patch ... on TaskCreatedEvent { task { title status } } }
}`;
const CREATE = `mutation ($input: CreateTaskInput!) { createTask(input: $input) { __typename ... on CreateTaskPayload { task { id title status } } ... on UserError { code message } } }`;
interface Event {
  type: string;
  cursor: string | null;
  entityId: string;
  task?: { title: string };
}

test('a task made at one api process is seen at another, in order, and again after the cursor', async () => {
  const seed = seeder(system.core);
  const [first, second] = [await system.startApi(), await system.startApi()];
  const user = await seed.user();
  const project = await seed.project(user);
  const client = openSocket(second.url, user.token);
  const from = String((await system.core.db.project.findUniqueOrThrow({ where: { id: project.id } })).eventCursor);
  const live = collect<Event>(client, EVENTS, { projectId: project.id, after: from });

  for (const title of ['one', 'two', 'three']) {
    const answer = await post(first.url, CREATE, { input: { projectId: project.id, title } }, user.token);
    expect(answer.data?.['createTask']).toMatchObject({
      __typename: 'CreateTaskPayload',
      task: { title, status: 'QUEUED' },
    });
  }
  const created = (items: Event[]) => items.filter((event) => event.type === 'task.created');
  await live.until((items) => created(items).length === 3);
  expect(created(live.items).map((event) => event.task?.title)).toEqual(['one', 'two', 'three']);

  const cursors = live.items.flatMap((event) => (event.cursor === null ? [] : [BigInt(event.cursor)]));
  expect(cursors).toEqual(cursors.map((_, i) => BigInt(from) + 1n + BigInt(i)));

  const replay = collect<Event>(client, EVENTS, { projectId: project.id, after: from });
  await replay.until((items) => items.length >= live.items.length);
  expect(replay.items.map((event) => event.cursor)).toEqual(live.items.map((event) => event.cursor));
  await client.dispose();
});

test('50 people who move a task at once: one wins, the others are told', async () => {
  const seed = seeder(system.core);
  const api = await system.startApi();
  const user = await seed.user();
  const project = await seed.project(user);
  const task = await seed.task(user, project);
  const mutation = `mutation ($input: BlockTaskInput!) { blockTask(input: $input) { __typename ... on UserError { code } } }`;
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, i) =>
      post(api.url, mutation, { input: { taskId: task.id, reason: `reason ${i}` } }, user.token),
    ),
  );
  const results = answers.map((answer) => answer.data?.['blockTask'] as { __typename: string; code?: string });
  expect(results.filter((result) => result?.__typename === 'BlockTaskPayload')).toHaveLength(1);
  expect(results.filter((result) => result?.code === 'ILLEGAL_TRANSITION' || result?.code === 'CONFLICT')).toHaveLength(
    49,
  );
  expect(await system.core.db.taskEvent.count({ where: { taskId: task.id, eventType: 'status_changed' } })).toBe(1);
});
