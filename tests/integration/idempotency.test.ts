import { getNamedType, isInputObjectType } from 'graphql';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildSchema } from '#api/schema/schema.ts';
import { startApi } from '#api/server.ts';
import type { UserActor } from '#core/access/actor.ts';
import { authenticate } from '#core/access/sessions.ts';
import { sendMessage } from '#core/conversations/send-message.ts';
import { removeOldCalls } from '#core/idempotency/keys.ts';
import { once } from '#core/idempotency/once.ts';
import { newId } from '#core/platform/ids.ts';
import { setRunnerConnection } from '#core/runners/connection.ts';
import { createTask } from '#core/tasks/create-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import { saveState } from '#core/state/save-state.ts';
import { rebuildStateDocument } from '#core/state/rebuild-state.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { countOwnSql } from '#tests/kit/count-sql.ts';
import { makeLive, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';

let system: TestSystem;
let url: string;
let user: UserActor & { token: string };
let admin: UserActor & { token: string };
let project: Project;
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi());
  user = await seeder(system.core).user();
  admin = await seeder(system.core).user({ isAdmin: true });
  project = await seeder(system.core).project(user);
});
afterAll(() => system.close());

type Answer = Record<string, unknown> & { __typename: string };
async function call(
  name: string,
  input: Record<string, unknown>,
  selection = '',
  token = user.token,
  at = url,
): Promise<Answer> {
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const query = `mutation ($input: ${title}Input!) { answer: ${name}(input: $input) {
    __typename ... on UserError { code words: message } ... on InvalidInputError { fields { path } } ${selection ? `... on ${title}Payload { ${selection} }` : ''} } }`;
  const { data, errors } = await post(at, query, { input }, token);
  if (errors) throw new Error(JSON.stringify(errors));
  return (data as { answer: Answer }).answer;
}
const addTask = (input: Record<string, unknown>, token = user.token): Promise<Answer> =>
  call('createTask', { projectId: project.id, ...input }, 'task { id title }', token);
const countTasks = (title: string): Promise<number> => system.core.db.task.count({ where: { title } });

/** What a mutation makes nothing by; every other one takes a key. Those of runners have their own way to be repeated. */
const MAKES_NOTHING = [
  ...['login', 'logout', 'changePassword'],
  ...[
    'updateTask',
    'transitionTask',
    'blockTask',
    'cancelTask',
    'startTask',
    'retryTask',
    'approveTask',
    'sendBackTask',
  ],
  ...[
    'updateProject',
    'archiveProject',
    'updateAgent',
    'resumeAgent',
    'updateRunner',
    'setRunnerEnabled',
    'rotateRunnerToken',
  ],
  // Asked for twice, it is the same cycle, grant, or look.
  ...['runOrchestrator', 'grantRepository', 'revokeRepository', 'checkRepository', 'lookForRepositories'],
  ...['removeWorkFolder', 'cancelRun', 'deleteTask', 'deleteProject'],
  // A question is answered once.
  'answerPermission',
  // Said again, it is the same price.
  ...['setModelPrice', 'removeModelPrice'],
  ...['updateMembership', 'removeMembership', 'updateUser'],
  ...[
    'registerRunner',
    'claimRun',
    'heartbeatRuns',
    'appendRunLogs',
    'appendActivity',
    'completeRun',
    'requestLanding',
    'reportLanding',
  ],
  ...['askPermission', 'withdrawPermission', 'takeRunInput'],
  ...['uploadArtifact', 'reportPrograms', 'reportRepositories', 'answerRepositoryCheck', 'reportWorkFolders'],
];
test('every mutation that makes something takes an idempotency key', () => {
  const mutations = Object.values(buildSchema().getMutationType()?.getFields() ?? {});
  const without = mutations.filter(({ args }) => {
    const input = args[0] && getNamedType(args[0].type);
    return !isInputObjectType(input) || String(input.getFields()['idempotencyKey']?.type) !== 'String';
  });
  expect(without.map(({ name }) => name).sort()).toEqual([...MAKES_NOTHING].sort());
});

const countVersions = (): Promise<number> =>
  system.core.db.projectStateVersion.count({ where: { projectId: project.id } });
async function newestVersion(): Promise<number> {
  await rebuildStateDocument(system.core, project.id);
  const { version } = await system.core.db.projectStateVersion.findFirstOrThrow({
    where: { projectId: project.id },
    orderBy: { version: 'desc' },
  });
  return Number(version);
}

describe('the same call again makes nothing more, and answers with what the first has made', () => {
  const cases: Record<
    string,
    () => Promise<[input: Record<string, unknown>, selection: string, count: () => Promise<number>]>
  > = {
    createTask: () =>
      Promise.resolve([{ projectId: project.id, title: 'Once' }, 'task { id }', () => countTasks('Once')]),
    followUpTask: async () => {
      const task = await createTask(system.core, user, { projectId: project.id, title: 'Over' });
      await transitionTask(system.core, user, { taskId: task.id, to: 'canceled' });
      return [
        { taskId: task.id },
        'task { id }',
        () => system.core.db.task.count({ where: { parentTaskId: task.id } }),
      ];
    },
    commentOnTask: async () => {
      const task = await createTask(system.core, user, { projectId: project.id, title: 'Talked of' });
      const where = { taskId: task.id, eventType: 'comment' as const };
      return [{ taskId: task.id, text: 'Hm' }, 'task { id }', () => system.core.db.taskEvent.count({ where })];
    },
    createProject: () =>
      Promise.resolve([
        { name: 'Once', key: `K${newId().slice(-8)}` },
        'project { id key }',
        () => system.core.db.project.count({ where: { name: 'Once' } }),
      ]),
    createConversation: () =>
      Promise.resolve([
        { projectId: project.id, title: 'Once' },
        'conversation { id }',
        () => system.core.db.conversation.count({ where: { title: 'Once' } }),
      ]),
    sendMessage: async () => {
      const { id } = await system.core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
      return [
        { conversationId: id, content: 'Said once' },
        'message { id }',
        () => system.core.db.message.count({ where: { content: 'Said once' } }),
      ];
    },
    makeTaskOfMessage: async () => {
      const { id } = await system.core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
      const said = await sendMessage(system.core, user, { conversationId: id, content: 'Hm, well' });
      const answer = {
        id: newId(),
        projectId: project.id,
        conversationId: id,
        role: 'orchestrator' as const,
        content: 'No',
      };
      await system.core.db.message.create({ data: { ...answer, answersId: said.id } });
      return [{ messageId: said.id }, 'task { id } answer { id }', () => countTasks('Hm, well')];
    },
    createAgent: () => {
      const name = `once-${newId()}`;
      return Promise.resolve([
        { projectId: project.id, name, config: { commands: [['true']], stdin: 'prompt' } },
        'agent { id }',
        () => system.core.db.agent.count({ where: { name } }),
      ]);
    },
    createRunner: () => {
      const name = `once-${newId()}`;
      return Promise.resolve([{ name }, 'runner { id }', () => system.core.db.runner.count({ where: { name } })]);
    },
    createMembership: async () => {
      const { email, userId } = await seeder(system.core).user();
      return [
        { projectId: project.id, email, role: 'VIEWER' },
        'member { id }',
        () => system.core.db.projectMember.count({ where: { userId } }),
      ];
    },
    createUser: () => {
      const email = `once-${newId()}@example.test`;
      return Promise.resolve([
        { email, password: 'correct horse' },
        'user { id }',
        () => system.core.db.user.count({ where: { email } }),
      ]);
    },
    sendRunMessage: async () => {
      const agent = await seeder(system.core).agent(project);
      await scheduledTask(system.core, user, project, agent);
      const { actor } = await seeder(system.core).runner(undefined, { projectIds: [project.id] });
      const held = await runnerSide(system.core, actor).claim();
      await makeLive(system.core, held);
      const { runId } = held.spec;
      return [
        { runId, text: 'Mind the gap' },
        'message { id }',
        () => system.core.db.runInput.count({ where: { runId } }),
      ];
    },
    saveState: async () => [
      { projectId: project.id, baseVersion: await newestVersion(), notes: newId() },
      'stateVersion { version }',
      countVersions,
    ],
    rollBackState: async () => {
      const first = await newestVersion();
      await saveState(system.core, user, { projectId: project.id, baseVersion: first, notes: newId() });
      return [
        { projectId: project.id, version: first, baseVersion: await newestVersion() },
        'stateVersion { version } previousVersion',
        countVersions,
      ];
    },
  };
  test('there is a case for each of them', () => {
    const all = Object.keys(buildSchema().getMutationType()?.getFields() ?? {});
    expect(Object.keys(cases).sort()).toEqual(all.filter((name) => !MAKES_NOTHING.includes(name)).sort());
  });
  test.each(Object.keys(cases))('%s', async (name) => {
    const [input, selection, count] = (await cases[name]?.()) ?? [{}, '', () => Promise.resolve(-1)];
    const token = name === 'createUser' || name === 'createRunner' ? admin.token : user.token;
    const before = await count();
    const key = newId();
    const first = await call(name, { ...input, idempotencyKey: key }, selection, token);
    expect(first.__typename).toMatch(/Payload$/);
    expect(await call(name, { ...input, idempotencyKey: key }, selection, token)).toEqual(first);
    expect(await count()).toBe(before + 1);
  });

  describe('also when the first is carried out while the second is looked up', () => {
    let late: { url: string; close(): Promise<void> };
    /** What is done when the second call has been looked up, and nothing was found. */
    let meanwhile: (() => Promise<unknown>) | null = null;
    beforeAll(async () => {
      const core = system.openCore();
      const db = core.db.$extends({
        query: {
          async $queryRaw({ args, query }) {
            const rows: unknown = await query(args);
            if (!(args as unknown as { sql: string }).sql.includes('from idempotency_keys')) return rows;
            const first = meanwhile;
            meanwhile = null;
            await first?.();
            return rows;
          },
        },
      }) as unknown as typeof core.db;
      const api = await startApi({
        core: { ...core, db },
        host: '127.0.0.1',
        port: 0,
        trustedProxies: [],
        isExplorable: false,
      });
      late = {
        url: `http://127.0.0.1:${api.port}`,
        close: async () => {
          await api.close();
          await core.close();
        },
      };
    });
    afterAll(() => late.close());
    test.each(Object.keys(cases))('%s', async (name) => {
      const [input, selection, count] = (await cases[name]?.()) ?? [{}, '', () => Promise.resolve(-1)];
      const token = name === 'createUser' || name === 'createRunner' ? admin.token : user.token;
      const before = await count();
      const keyed = { ...input, idempotencyKey: newId() };
      let first: Answer | null = null;
      meanwhile = async () => (first = await call(name, keyed, selection, token));
      const second = await call(name, keyed, selection, token, late.url);
      expect(second.__typename).toMatch(/Payload$/);
      expect(second).toEqual(first);
      expect(await count()).toBe(before + 1);
    });

    test('what was refused for another reason stays refused, and so does another call with its key', async () => {
      const name = `late-${newId()}`;
      meanwhile = () => call('createRunner', { name, idempotencyKey: newId() }, '', admin.token);
      const taken = await call('createRunner', { name, idempotencyKey: newId() }, '', admin.token, late.url);
      expect(taken).toMatchObject({ __typename: 'ConflictError', words: `There already is a runner named ${name}.` });
      const idempotencyKey = newId();
      meanwhile = () => call('createRunner', { name: `${name}-2`, idempotencyKey }, '', admin.token);
      expect(await call('createRunner', { name, idempotencyKey }, '', admin.token, late.url)).toMatchObject({
        __typename: 'InvalidInputError',
        fields: [{ path: ['idempotencyKey'] }],
      });
    });
  });
});

describe('a runner that is added again with its key', () => {
  const add = async () => {
    const input = { name: `added-${newId()}`, idempotencyKey: newId() };
    const again = () => call('createRunner', input, 'token runner { id }', admin.token);
    const { token, runner } = (await again()) as unknown as { token: string; runner: { id: string } };
    return { again, token, runnerId: runner.id };
  };
  const letsIn = async (token: string): Promise<boolean> => (await authenticate(system.core, token)) !== null;

  test('has a new token as long as nobody has come with the first', async () => {
    const { again, token, runnerId } = await add();
    const second = await again();
    expect(second).toMatchObject({ __typename: 'CreateRunnerPayload', runner: { id: runnerId } });
    expect([await letsIn(token), await letsIn(second['token'] as string)]).toEqual([false, true]);
  });

  test.each<[string, (runnerId: string, token: string) => Promise<unknown>]>([
    [
      'has said hello',
      (_id, token) => call('registerRunner', { version: '1', labels: [], capacity: 1, isDraining: false }, '', token),
    ],
    ['is connected', (id) => setRunnerConnection(system.core, id, 'online')],
    [
      'was connected and is away',
      async (id) => {
        await setRunnerConnection(system.core, id, 'online');
        await setRunnerConnection(system.core, id, 'offline');
      },
    ],
    [
      'has claimed a run and nothing else',
      async (id) => {
        const agent = await seeder(system.core).agent(project);
        await scheduledTask(system.core, user, project, agent);
        await system.core.db.agentRun.updateMany({ where: { projectId: project.id }, data: { runnerId: id } });
      },
    ],
  ])('keeps its token when it %s', async (_name, use) => {
    const { again, token, runnerId } = await add();
    await use(runnerId, token);
    expect(await again()).toMatchObject({
      __typename: 'ConflictError',
      words: expect.stringContaining('rotate its token') as string,
    });
    expect(await letsIn(token)).toBe(true);
    // Who asks for that gets it all the same.
    const rotated = await call('rotateRunnerToken', { runnerId }, 'token', admin.token);
    expect([await letsIn(token), await letsIn(rotated['token'] as string)]).toEqual([false, true]);
  });
});

test('another call with the same key is refused by its name, and makes nothing', async () => {
  const refused = { __typename: 'InvalidInputError', fields: [{ path: ['idempotencyKey'] }] };
  await addTask({ title: 'First words', idempotencyKey: 'one' });
  expect(await addTask({ title: 'Other words', idempotencyKey: 'one' })).toMatchObject(refused);
  expect(await call('createProject', { name: 'Other', idempotencyKey: 'one' })).toMatchObject(refused);
  expect(await countTasks('Other words')).toBe(0);
  for (const idempotencyKey of ['', 'x'.repeat(201)])
    expect(await addTask({ title: 'Other words', idempotencyKey })).toMatchObject(refused);
  expect(await addTask({ title: 'Longest', idempotencyKey: 'ü'.repeat(200) })).toMatchObject({
    task: { title: 'Longest' },
  });
});

test('a call that was refused leaves its key free', async () => {
  const idempotencyKey = newId();
  const { __typename } = await addTask({ title: 'Later', agentId: newId(), idempotencyKey });
  expect(__typename).toBe('NotFoundError');
  expect(await addTask({ title: 'Later', idempotencyKey })).toMatchObject({ task: { title: 'Later' } });
});

test('a key is its account’s own', async () => {
  const other = await seeder(system.core).user();
  await system.core.db.projectMember.create({
    data: { id: newId(), projectId: project.id, userId: other.userId, role: 'maintainer' },
  });
  const idempotencyKey = newId();
  const mine = await addTask({ title: 'Both', idempotencyKey });
  const theirs = await addTask({ title: 'Both', idempotencyKey }, other.token);
  expect(theirs['task']).not.toEqual(mine['task']);
  expect(await countTasks('Both')).toBe(2);
});

test('who has lost the right to what was made is not told of it', async () => {
  const other = await seeder(system.core).user();
  const member = await system.core.db.projectMember.create({
    data: { id: newId(), projectId: project.id, userId: other.userId, role: 'maintainer' },
  });
  await addTask({ title: 'Gone', idempotencyKey: 'gone' }, other.token);
  await system.core.db.projectMember.delete({ where: { id: member.id } });
  expect(await addTask({ title: 'Gone', idempotencyKey: 'gone' }, other.token)).toMatchObject({
    __typename: 'NotFoundError',
  });
});

test('twenty at once make one task; who comes too soon is told to try again', async () => {
  const idempotencyKey = newId();
  const again = async (): Promise<Answer> => {
    const answer = await addTask({ title: 'Rushed', idempotencyKey });
    if (answer.__typename !== 'ConflictError') return answer;
    expect(answer['words']).toMatch(/Try again/);
    return again();
  };
  const answers = await Promise.all(Array.from({ length: 20 }, again));
  expect(new Set(answers.map(({ task }) => (task as { id: string }).id)).size).toBe(1);
  expect(await countTasks('Rushed')).toBe(1);
});

test('an answer that the time limit has cut off: in progress is said so, and then what was made', async () => {
  const blocker = new pg.Client({ connectionString: system.databaseUrl });
  await blocker.connect();
  await blocker.query('begin');
  // The change waits at its last statement: its event.
  await blocker.query('select 1 from projects where id = $1 for update', [project.id]);
  const input = { title: 'Late', idempotencyKey: newId() };
  await expect(addTask(input)).rejects.toThrow(/UNAVAILABLE/);
  expect(await addTask(input)).toMatchObject({ __typename: 'ConflictError' });
  await blocker.query('commit');
  await blocker.end();
  const answer = await until(
    () => addTask(input),
    ({ __typename }) => __typename === 'CreateTaskPayload',
  );
  expect(answer['task']).toMatchObject({ title: 'Late' });
  expect(await countTasks('Late')).toBe(1);
}, 60_000);

test('a process that dies between commit and answer: another one answers with what was made', async () => {
  const call = {
    operation: 'test',
    key: newId(),
    input: { b: [1, { d: 1, c: 2 }], a: 1 },
    idOf: (task: { id: string }) => task.id,
    find: (id: string) => system.core.db.task.findUnique({ where: { id } }),
  };
  const title = 'Committed';
  await expect(
    once(system.core, user, call, async (core) => {
      await createTask(core, user, { projectId: project.id, title });
      throw new Error('The process dies here');
    }),
  ).rejects.toThrow('dies here');
  const other = system.openCore();
  const reordered = { ...call, input: { a: 1, b: [1, { c: 2, d: 1 }] } };
  const task = await once(other, user, reordered, () => Promise.reject(new Error('Made again')));
  expect(task).toMatchObject({ title });
  await other.close();
});

test('a key is free again after a day, and is removed', async () => {
  const age = (hours: number) =>
    system.core.pool.query(
      `update idempotency_keys set created_at = created_at - make_interval(hours => $1::int) where user_id = $2`,
      [hours, user.userId],
    );
  const input = { title: 'Daily', idempotencyKey: newId() };
  const first = await addTask(input);
  await age(23);
  expect(await addTask(input)).toEqual(first);
  await age(1);
  const second = await addTask(input);
  expect(second['task']).not.toEqual(first['task']);
  expect(await addTask(input)).toEqual(second);
  await removeOldCalls(system.core.db);
  const kept = await system.core.db.idempotencyKey.findMany({ where: { userId: user.userId } });
  expect(kept.map(({ madeId }) => madeId)).toEqual([(second['task'] as { id: string }).id]);
});

test('without a key it costs no statement more, and nothing is kept of passwords', async () => {
  const core = system.core;
  const plainCall = { operation: 'createTask', input: {}, idOf: () => newId(), find: () => Promise.resolve(null) };
  const make = (make: typeof core) => createTask(make, user, { projectId: project.id, title: 'Counted' });
  await make(core);
  const { statements: bare } = await countOwnSql(() => make(core));
  const { statements: without } = await countOwnSql(() => once(core, user, { ...plainCall, key: null }, make));
  const { statements: keyed } = await countOwnSql(() => once(core, user, { ...plainCall, key: 'counted' }, make));
  expect(without).toEqual(bare);
  expect(keyed.length - bare.length).toBe(3);

  const account = { email: 'kept@example.test', password: 'correct horse', idempotencyKey: 'kept' };
  const made = await call('createUser', account, 'user { id }', admin.token);
  expect(await call('createUser', { ...account, password: 'another one!' }, 'user { id }', admin.token)).toEqual(made);
});
