import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { updateAgent } from '#core/agents/write-agent.ts';
import { sendMessage } from '#core/conversations/send-message.ts';
import { runCycles } from '#core/cycles/run-cycle.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { createProject } from '#core/projects/create-project.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { createTask } from '#core/tasks/create-task.ts';
import { deleteTask } from '#core/tasks/delete-task.ts';
import { followUpTask } from '#core/tasks/follow-up-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import type { Project, Task } from '#prisma/generated/client/client.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let url: string;
let user: UserActor & { token: string };
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi());
  user = await seeder(system.core).user();
});
afterAll(() => system.close());

const ask = async (query: string, variables: Record<string, unknown>, token = user.token) => {
  const answer = await post(url, query, variables, token);
  expect(answer.errors).toBeUndefined();
  return answer.data as Record<string, never>;
};
const taskBy = async (id: string, token = user.token): Promise<{ id: string; shortId: string } | null> =>
  (await ask('query ($id: ID!) { task(id: $id) { id shortId number } }', { id }, token))['task'] ?? null;
const numbersOf = async (project: Project): Promise<number[]> => {
  const tasks = await system.core.db.task.findMany({ where: { projectId: project.id }, orderBy: { number: 'asc' } });
  return tasks.map(({ number }) => number);
};
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

test('a project has a key of its name, another one where that is taken, or the one that is given', async () => {
  const keys: string[] = [];
  for (const name of ['Keyed', 'Keyed', 'Keyed', '商店', 'متجر'])
    keys.push((await createProject(system.core, user, { name })).key);
  expect(keys).toEqual(['KEYE', 'KEYE2', 'KEYE3', 'PRJ', 'PRJ2']);
  expect((await createProject(system.core, user, { name: 'Keyed', key: 'own1' })).key).toBe('OWN1');
  for (const key of ['A', 'ELEVENCHARS', '1AB', 'A-B', 'ÄB', ''])
    await expect(createProject(system.core, user, { name: 'Keyed', key })).rejects.toMatchObject({
      fields: [{ path: ['key'] }],
    });
  await expect(createProject(system.core, user, { name: 'Keyed', key: 'KEYE' })).rejects.toMatchObject({
    fields: [{ path: ['key'], message: expect.stringContaining('another project') as string }],
  });
});

test('projects that are made of one name at the same time get keys of their own', async () => {
  const made = await Promise.all(
    Array.from({ length: 8 }, () => createProject(system.core, user, { name: 'Parallel' })),
  );
  expect(new Set(made.map(({ key }) => key)).size).toBe(8);
});

/** Again when it could not even start: a slow machine opens connections slowly. */
async function soon<T>(command: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await command();
    } catch (error) {
      if (!String(error).includes('Unable to start a transaction')) throw error;
    }
  }
}

test('fifty tasks at once, with and without an agent, beside renamed agents and follow-ups: each number once, no gap', async () => {
  // Connections enough: what waits here waits for rows.
  const core = system.openCore({ maxConnections: 40 });
  const project = await seeder(system.core).project(user, 'Busy');
  const agent = await seeder(system.core).agent(project);
  const done = await createTask(system.core, user, { projectId: project.id, title: 'First' });
  await transitionTask(system.core, user, { taskId: done.id, to: 'canceled' });
  await Promise.all([
    ...upTo(50).map((i) =>
      soon(() =>
        createTask(core, user, {
          projectId: project.id,
          title: `Task ${i}`,
          agentId: i % 2 === 0 ? agent.id : null,
        }),
      ),
    ),
    ...upTo(5).map((i) => soon(() => updateAgent(core, user, { agentId: agent.id, name: `backend-${i}` }))),
    ...upTo(5).map(() => soon(() => followUpTask(core, user, { taskId: done.id }))),
  ]);
  await core.close();
  expect(await numbersOf(project)).toEqual(upTo(56));
});

test('a task that was not made takes no number, and no number is changed', async () => {
  const project = await seeder(system.core).project(user, 'Sparse');
  await createTask(system.core, user, { projectId: project.id, title: 'One' });
  await expect(
    system.core.db.$transaction(async (db) => {
      await db.task.create({
        data: {
          id: crypto.randomUUID(),
          projectId: project.id,
          title: 'No',
          type: 'doc',
          requestedBy: 'api',
          number: 77,
        },
      });
      throw new Error('taken back');
    }),
  ).rejects.toThrow('taken back');
  const second = await createTask(system.core, user, { projectId: project.id, title: 'Two' });
  expect(second.number).toBe(2);
  await expect(system.core.pool.query('update tasks set number = 7 where id = $1', [second.id])).rejects.toThrow(
    /keeps its number/,
  );
});

test('a short id is taken wherever a task is named, without regard to case', async () => {
  const project = await createProject(system.core, user, { name: 'Named', key: 'NAMED' });
  const conversation = await system.core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
  const task = await createTask(system.core, user, { projectId: project.id, title: 'Named one' });
  const agent = await seeder(system.core).agent(project);
  await createTask(system.core, user, { projectId: project.id, title: 'Named two', agentId: agent.id });
  for (const id of ['NAMED-1', 'named-1', 'Named-1', task.id, task.id.toUpperCase()])
    expect(await taskBy(id)).toMatchObject({ id: task.id, shortId: 'NAMED-1', number: 1 });
  for (const id of ['NAMED-3', 'NAMED-0', 'NAMED-01', 'NAMED', 'NOONE-1', 'NAMED-99999999999', ''])
    expect(await taskBy(id)).toBeNull();

  const mutate = (name: string, input: Record<string, unknown>) =>
    ask(
      `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { answer: ${name}(input: $input) { __typename ... on UserError { message } ... on ${name.charAt(0).toUpperCase()}${name.slice(1)}Payload { task { shortId status } } } }`,
      { input },
    );
  for (const [name, input] of [
    ['updateTask', { title: 'Other words' }],
    ['commentOnTask', { text: 'Hm' }],
    ['blockTask', { reason: 'Waits' }],
    ['transitionTask', { to: 'QUEUED' }],
    ['cancelTask', {}],
  ] as const)
    expect(await mutate(name, { taskId: 'named-1', ...input })).toMatchObject({
      answer: { task: { shortId: 'NAMED-1' } },
    });
  expect(await mutate('followUpTask', { taskId: 'named-1' })).toMatchObject({
    answer: { task: { shortId: 'NAMED-3' } },
  });
  expect(await mutate('startTask', { taskId: 'named-99' })).toMatchObject({
    answer: { __typename: 'NotFoundError', message: 'There is no task named-99 that you can see.' },
  });
  expect(await mutate('startTask', { taskId: 'no task' })).toMatchObject({
    answer: { __typename: 'InvalidInputError' },
  });

  await system.core.db.message.create({
    data: {
      id: crypto.randomUUID(),
      projectId: project.id,
      conversationId: conversation.id,
      role: 'agent',
      content: 'x',
      tasks: { create: { taskId: task.id } },
    },
  });
  const { runs, tasks, messages, numbered } = await ask(
    `query ($id: ID!) {
      runs(projectId: $id, filter: { taskIds: ["named-2", "NAMED-77"] }) { nodes { task { shortId } } }
      tasks(projectId: $id, filter: { text: "named-2" }) { nodes { shortId } }
      numbered: tasks(projectId: $id, filter: { text: "#2" }) { nodes { shortId } }
      messages(projectId: $id, filter: { taskId: "named-1" }) { nodes { content } }
    }`,
    { id: project.id },
  );
  expect({ runs, tasks, messages, numbered }).toEqual({
    runs: { nodes: [{ task: { shortId: 'NAMED-2' } }] },
    tasks: { nodes: [{ shortId: 'NAMED-2' }] },
    numbered: { nodes: [{ shortId: 'NAMED-2' }] },
    messages: { nodes: [{ content: 'x' }] },
  });
});

test('whoever may not see a project finds no task of it by its short id', async () => {
  const project = await createProject(system.core, user, { name: 'Secret', key: 'SECRET' });
  await createTask(system.core, user, { projectId: project.id, title: 'Secret' });
  const stranger = await seeder(system.core).user();
  expect(await taskBy('SECRET-1', stranger.token)).toBeNull();
  await expect(transitionTask(system.core, stranger, { taskId: 'secret-1', to: 'canceled' })).rejects.toThrow(
    'There is no task secret-1 that you can see.',
  );
});

test('a changed key: the old short ids still find their tasks, and nobody else is given the old key', async () => {
  const project = await createProject(system.core, user, { name: 'Moves', key: 'OLD' });
  const task: Task = await createTask(system.core, user, { projectId: project.id, title: 'Moved' });
  await updateProject(system.core, user, { projectId: project.id, key: 'new' });
  for (const id of ['OLD-1', 'new-1']) expect(await taskBy(id)).toMatchObject({ id: task.id, shortId: 'NEW-1' });
  await expect(createProject(system.core, user, { name: 'Other', key: 'OLD' })).rejects.toThrow(/another project/);
  expect((await createProject(system.core, user, { name: 'Old' })).key).toBe('OLD2');
  const other = await createProject(system.core, user, { name: 'Other', key: 'OTHER' });
  await expect(updateProject(system.core, user, { projectId: other.id, key: 'old' })).rejects.toMatchObject({
    fields: [{ path: ['key'] }],
  });
  // Its own it may take back.
  expect((await updateProject(system.core, user, { projectId: project.id, key: 'OLD' })).key).toBe('OLD');
  const { updateProject: answer } = await ask(
    'mutation { updateProject(input: { projectId: "PLACE", key: null }) { ... on InvalidInputError { fields { path } } } }'.replace(
      'PLACE',
      project.id,
    ),
    {},
  );
  expect(answer).toEqual({ fields: [{ path: ['key'] }] });
});

test('in the chat a task is asked about, and canceled, by its short id; a name of something else is an ask as before', async () => {
  const { core } = system;
  const project = await createProject(core, user, { name: 'Talk', key: 'TALK' });
  const elsewhere = await createProject(core, user, { name: 'Elsewhere', key: 'ELSE' });
  const { id: conversationId } = await core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
  const first = await createTask(core, user, { projectId: project.id, title: 'Fix the *header*' });
  const second = await createTask(core, user, { projectId: project.id, title: 'Fix the footer' });
  const other = await createTask(core, user, { projectId: elsewhere.id, title: 'Not here' });
  const say = async (content: string): Promise<{ content: string; tasks: string[] }> => {
    const message = await sendMessage(core, user, { conversationId, content });
    await runCycles(core, project.id, { planner: rulesPlanner });
    const answer = await core.db.message.findUniqueOrThrow({
      where: { answersId: message.id },
      include: { tasks: true },
    });
    return { content: answer.content, tasks: answer.tasks.map(({ taskId }) => taskId) };
  };
  const statusOf = async ({ id }: Task) => (await core.db.task.findUniqueOrThrow({ where: { id } })).status;

  expect(await say('what about talk-1?')).toEqual({
    content: expect.stringMatching(/^\*\*TALK-1\*\* Fix the \\\*header\\\*: /) as string,
    tasks: [first.id],
  });
  expect((await say('cancel TALK-1 and talk-2')).tasks).toEqual([first.id, second.id]);
  expect([await statusOf(first), await statusOf(second)]).toEqual(['canceled', 'canceled']);
  const trail = await core.db.taskEvent.findMany({
    where: { taskId: first.id, eventType: 'status_changed' },
    orderBy: { id: 'desc' },
    take: 1,
  });
  expect(trail[0]?.payload).toMatchObject({ to: 'canceled', actor: { id: user.userId } });
  // Said twice it stays so.
  expect((await say('cancel TALK-1')).content).toMatch(/canceled/);
  expect(await core.db.task.count({ where: { projectId: project.id } })).toBe(2);

  await say('Cancel ELSE-1');
  expect(await statusOf(other)).not.toBe('canceled');
  await say('Fix the sidebar as in TALK-1');
  expect(
    (await core.db.task.findMany({ where: { projectId: project.id, number: { gt: 2 } } })).map(({ title }) => title),
  ).toContain('Fix the sidebar as in TALK-1');
});

test('what is said of tasks is told to open pages as read, once, as every other message', async () => {
  const { core } = system;
  const project = await createProject(core, user, { name: 'Told', key: 'TOLD' });
  const { id: conversationId } = await core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
  await createTask(core, user, { projectId: project.id, title: 'Fix the header' });
  for (const content of ['what about TOLD-1?', 'cancel TOLD-1', 'cancel TOLD-99', 'Fix the footer', 'thanks']) {
    const message = await sendMessage(core, user, { conversationId, content });
    await runCycles(core, project.id, { planner: rulesPlanner });
    const told = await core.db.realtimeEvent.findMany({
      where: {
        projectId: project.id,
        eventType: 'conversation.message.updated',
        payload: { path: ['id'], equals: message.id },
      },
    });
    expect({ content, told }).toMatchObject({
      content,
      told: [{ payload: { patch: { readAt: expect.any(String) as string } } }],
    });
  }
});

describe('what is said in the chat of tasks that there are not', () => {
  /** A project with two tasks of which the second is deleted, a former key, and somebody who talks there. */
  async function talker(key: string, former: string) {
    const { core } = system;
    const project = await createProject(core, user, { name: 'Gone', key: former });
    await updateProject(core, user, { projectId: project.id, key });
    const { id: conversationId } = await core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
    const kept = await createTask(core, user, { projectId: project.id, title: 'Kept' });
    const deleted = await createTask(core, user, { projectId: project.id, title: 'Deleted' });
    await deleteTask(core, user, { taskId: deleted.id });
    const say = async (content: string, talking = core): Promise<string> => {
      const message = await sendMessage(core, user, { conversationId, content });
      await runCycles(talking, project.id, { planner: rulesPlanner });
      return (await core.db.message.findUniqueOrThrow({ where: { answersId: message.id } })).content;
    };
    const countMade = () => core.db.task.count({ where: { projectId: project.id, number: { gt: 2 } } });
    const statusOfKept = async () => (await core.db.task.findUniqueOrThrow({ where: { id: kept.id } })).status;
    return { project, kept, say, countMade, statusOfKept };
  }

  test('a deleted one, and one that never was, are said to be none, and nothing is planned', async () => {
    const { say, countMade, statusOfKept } = await talker('GONE', 'WENT');
    const wasThere = '**GONE-2**: there is no such task any more.';
    expect(await say('drop GONE-2')).toBe(wasThere);
    expect(await say('what about gone-2?')).toBe(wasThere);
    expect(await say('cancel went-2')).toBe('**WENT-2**: there is no such task any more.');
    expect(await say('cancel GONE-99')).toBe('**GONE-99**: there is no such task.');
    expect(await say('drop GONE-98, gone-99 and WENT-99')).toBe(
      '- **GONE-98**: there is no such task.\n- **GONE-99**: there is no such task.',
    );
    expect(await countMade()).toBe(0);
    expect(await statusOfKept()).not.toBe('canceled');
  });

  test('the others of the message are canceled all the same, each said once and in the order of the message', async () => {
    const { say, countMade, statusOfKept } = await talker('MIXED', 'STIRRED');
    expect(await say('cancel mixed-99, MIXED-1, stirred-1 and MIXED-2')).toMatch(
      /^- \*\*MIXED-99\*\*: there is no such task\.\n- \*\*MIXED-1\*\* Kept: canceled.*\n- \*\*MIXED-2\*\*: there is no such task any more\.$/,
    );
    expect(await statusOfKept()).toBe('canceled');
    expect(await countMade()).toBe(0);
  });

  test('a key of another tracker or project makes the whole message an ask like any other', async () => {
    const { say, statusOfKept, countMade } = await talker('MINE', 'MYOLD');
    await createProject(system.core, user, { name: 'Theirs', key: 'THEIRS' });
    await say('cancel MINE-1 and PROJ-3');
    await say('cancel MINE-1 and THEIRS-1');
    expect(await statusOfKept()).not.toBe('canceled');
    expect(await countMade()).toBe(2);
  });

  test('one that is deleted while it is being canceled is said to be gone', async () => {
    const { kept, say } = await talker('RACED', 'RACING');
    let isThere = true;
    const removeFirst = async <A, R>({ args, query }: { args: A; query(args: A): R }): Promise<Awaited<R>> => {
      if (isThere) await deleteTask(system.core, user, { taskId: kept.id });
      isThere = false;
      return await query(args);
    };
    // It goes when the message was read, and before anything is done.
    const db = system.core.db.$extends({
      query: { task: { findUnique: removeFirst, findUniqueOrThrow: removeFirst } },
    }) as unknown as typeof system.core.db;
    expect(await say('cancel RACED-1', { ...system.core, db })).toBe('**RACED-1**: there is no such task any more.');
    expect(isThere).toBe(false);
  });
});

test('who may only look at a project cancels nothing by saying so', async () => {
  const { core } = system;
  const project = await createProject(core, user, { name: 'Looked at', key: 'LOOKED' });
  const { id: conversationId } = await core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
  const task = await createTask(core, user, { projectId: project.id, title: 'Stays' });
  const maintainer = await seeder(core).user();
  const member = await core.db.projectMember.create({
    data: { id: crypto.randomUUID(), projectId: project.id, userId: maintainer.userId, role: 'maintainer' },
  });
  const message = await sendMessage(core, maintainer, { conversationId, content: 'cancel LOOKED-1' });
  await core.db.projectMember.update({ where: { id: member.id }, data: { role: 'viewer' } });
  await runCycles(core, project.id, { planner: rulesPlanner });
  expect((await core.db.message.findUniqueOrThrow({ where: { answersId: message.id } })).content).toMatch(
    /takes the role maintainer/,
  );
  expect((await core.db.task.findUniqueOrThrow({ where: { id: task.id } })).status).not.toBe('canceled');
  const version = await core.db.projectStateVersion.findFirstOrThrow({
    where: { projectId: project.id },
    orderBy: { version: 'desc' },
  });
  expect(version.content).toContain('short_id: LOOKED-1');
});
