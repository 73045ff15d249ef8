import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { sendMessage } from '#core/conversations/send-message.ts';
import { runCycles } from '#core/cycles/run-cycle.ts';
import type { Planner } from '#core/planner/planner.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import type { Message, Project } from '#prisma/generated/client/client.ts';
import { deleteTask } from '#core/tasks/delete-task.ts';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

const MAKE = `mutation ($messageId: ID!) {
  makeTaskOfMessage(input: { messageId: $messageId }) {
    __typename
    ... on MakeTaskOfMessagePayload { task { id title description status } answer { answersId relatedTasks { id } } }
    ... on UserError { code message }
  }
}`;

let system: TestSystem;
let url: string;
let user: UserActor & { token: string };
let project: Project;
let conversationId: string;
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi());
  user = await seeder(system.core).user();
});
beforeEach(async () => {
  project = await seeder(system.core).project(user);
  conversationId = (await system.core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } })).id;
});
afterAll(() => system.close());

const say = (content: string) => sendMessage(system.core, user, { conversationId, content });
const read = () => runCycles(system.core, project.id, { planner: rulesPlanner });
const answerTo = (message: Message) => system.core.db.message.findUniqueOrThrow({ where: { answersId: message.id } });
async function make(messageId: string, token = user.token) {
  const { data } = await post(url, MAKE, { messageId }, token);
  return data?.['makeTaskOfMessage'] as Record<string, unknown>;
}

test.each([
  'blorpness',
  'the weather is nice today',
  'hmm, that thing from yesterday 🔥',
  '   ## Notes\n\nnothing but words',
  'thanks',
])('what leads to no task is answered with a question and can be made one as it is: %s', async (content) => {
  const message = await say(content);
  await read();
  expect((await answerTo(message)).content).toMatch(/\?.*make it a task/s);
  const made = await make(message.id);
  expect(made).toMatchObject({
    __typename: 'MakeTaskOfMessagePayload',
    task: { description: content, status: 'QUEUED' },
    answer: { answersId: message.id, relatedTasks: [{}] },
  });
  await read();
  const tasks = await system.core.db.task.findMany({ where: { projectId: project.id }, include: { runs: true } });
  expect(tasks).toHaveLength(1);
  expect(tasks[0]?.agentName).not.toBeNull();
  expect(tasks[0]?.runs).toHaveLength(1);
});

test('one task, however often and however many at once ask for it', async () => {
  const message = await say('the weather is nice today');
  await read();
  const answers = await Promise.all(Array.from({ length: 6 }, () => make(message.id)));
  const codes = answers.map((answer) => answer['code'] ?? answer['__typename']).sort();
  expect(codes).toEqual([...Array<string>(5).fill('CONFLICT'), 'MakeTaskOfMessagePayload']);
  expect(await system.core.db.task.count({ where: { projectId: project.id } })).toBe(1);
});

test('not before it is read, not where it has led to tasks, not of an answer, and not for others', async () => {
  const message = await say('fix the login page');
  expect(await make(message.id)).toMatchObject({ code: 'CONFLICT' });
  await read();
  expect(await make(message.id)).toMatchObject({ code: 'CONFLICT' });
  expect(await make((await answerTo(message)).id)).toMatchObject({ code: 'BAD_USER_INPUT' });
  const stranger = await seeder(system.core).user();
  expect(await make(message.id, stranger.token)).toMatchObject({ code: 'NOT_FOUND' });
  expect(await make(project.id)).toMatchObject({ code: 'NOT_FOUND' });
});

interface MessageEvent {
  type: string;
  entityId: string;
  patch: Record<string, unknown>;
  message: { revision: number; readAt: string | null; relatedTasks: { id: string }[] };
}

/** What pages that are open hear of messages that change. */
async function followChanges() {
  const client = openSocket(url, user.token);
  const { items } = collect<MessageEvent>(
    client,
    `subscription ($id: ID!) { projectEvents(projectId: $id, after: "0") { type entityId patch
      ... on ConversationMessageUpdatedEvent { message { revision readAt relatedTasks { id } } } } }`,
    { id: project.id },
  );
  const changesOf = (id: string) =>
    items.filter(({ type, entityId }) => type === 'conversation.message.updated' && entityId === id);
  return { changesOf, end: () => client.dispose() };
}

test('open pages hear that a message was read, was made a task, and that the task is gone', async () => {
  const { changesOf, end } = await followChanges();
  const message = await say('the weather is nice today');
  await read();
  await expect
    .poll(() => changesOf(message.id))
    .toMatchObject([
      {
        patch: { relatedTaskIds: [], readAt: expect.any(String) as string },
        message: { readAt: expect.any(String) as string },
      },
    ]);
  const answer = await answerTo(message);
  const { task } = (await make(message.id)) as { task: { id: string } };
  const linked = { patch: { relatedTaskIds: [task.id] }, message: { relatedTasks: [{ id: task.id }] } };
  await expect.poll(() => changesOf(answer.id)).toMatchObject([linked]);
  expect(changesOf(message.id).at(-1)).toMatchObject(linked);
  expect((await answerTo(message)).revision).toBeGreaterThan(answer.revision);
  await deleteTask(system.core, user, { taskId: task.id });
  const loosened = { patch: { relatedTaskIds: [] }, message: { relatedTasks: [] } };
  await expect.poll(() => changesOf(answer.id).at(-1)).toMatchObject(loosened);
  await expect.poll(() => changesOf(message.id).at(-1)).toMatchObject(loosened);
  await end();
});

test('a message that leads to tasks by itself, and one that can not be read, are told of when they are', async () => {
  const { changesOf, end } = await followChanges();
  const message = await say('fix the login page');
  await read();
  const [task] = await system.core.db.task.findMany({ where: { projectId: project.id } });
  await expect.poll(() => changesOf(message.id).at(-1)).toMatchObject({ patch: { relatedTaskIds: [task?.id] } });
  const unreadable = await say('fix the other page');
  const broken: Planner = { ...rulesPlanner, plan: () => Promise.reject(new Error('out of words')) };
  await runCycles(system.core, project.id, { planner: broken });
  await expect.poll(() => changesOf(unreadable.id).length).toBeGreaterThan(0);
  expect(changesOf(unreadable.id).at(-1)?.message.readAt).not.toBeNull();
  await end();
});
