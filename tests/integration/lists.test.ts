import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { newId } from '#core/platform/ids.ts';
import type { Agent, Project } from '#prisma/generated/client/client.ts';
import { countSql } from '#tests/kit/count-sql.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let url: string;
let user: UserActor & { token: string };
let project: Project;
let agent: Agent;
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi());
  user = await seeder(system.core).user({ isAdmin: true });
  project = await seeder(system.core).project(user);
  agent = await seeder(system.core).agent(project);
});
afterAll(() => system.close());

interface Page {
  nodes: { id: string }[];
  edges: { cursor: string; node: { id: string } }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}
const PAGE = 'nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';

async function ask<T>(query: string, variables: Record<string, unknown>): Promise<T> {
  const answer = await post(url, query, variables, user.token);
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data as T;
}

interface TaskFields {
  status?: 'queued' | 'done' | 'failed';
  priority?: number;
  updatedAt?: Date;
}
const makeTasks = async (fields: TaskFields[], of = project, worker = agent): Promise<string[]> => {
  const tasks = fields.map((each, i) => ({
    id: newId(),
    projectId: of.id,
    title: `Task ${i}`,
    type: 'doc' as const,
    requestedBy: 'api' as const,
    agentId: worker.id,
    acceptanceCriteria: [],
    description: 'long '.repeat(100),
    ...each,
  }));
  await system.core.db.task.createMany({ data: tasks });
  return tasks.map(({ id }) => id);
};
const makeRuns = async (taskId: string, count: number, of = project, worker = agent): Promise<string[]> => {
  const runs = Array.from({ length: count }, (_, i) => ({
    id: newId(),
    projectId: of.id,
    agentId: worker.id,
    taskId,
    attempt: i + 1,
    status: 'failed' as const,
    reason: 'internal' as const,
    finishedAt: new Date(),
  }));
  await system.core.db.agentRun.createMany({ data: runs });
  return runs.map(({ id }) => id);
};
const freshProject = async (name: string): Promise<{ of: Project; worker: Agent }> => {
  const of = await seeder(system.core).project(user, name);
  return { of, worker: await seeder(system.core).agent(of) };
};

describe('every order of a list', () => {
  const at = (ms: number): Date => new Date(1_790_000_000_000 + ms);
  const ORDERS = ['PRIORITY', 'CREATED_AT', 'UPDATED_AT'].flatMap((field) =>
    ['ASC', 'DESC'].map((direction) => ({ field, direction })),
  );
  let id: string;
  beforeAll(async () => {
    const { of, worker } = await freshProject('Orders');
    id = of.id;
    // Neighbours that differ by nothing but their id, and times within one millisecond.
    await makeTasks(
      [3, 1, 3, 2, 3, 1, 5].map((priority, i) => ({ priority, updatedAt: at(i % 3) })),
      of,
      worker,
    );
    await system.core.pool.query(`update tasks set updated_at = updated_at + interval '0.4 ms' where priority = 3`);
  });

  test.each(ORDERS)('by $field $direction has each item once, forward and backward', async (orderBy) => {
    const query = `query ($id: ID!, $orderBy: TaskOrder, $first: Int, $after: String, $last: Int, $before: String) {
      tasks(projectId: $id, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) { ${PAGE} } }`;
    const page = async (args: object): Promise<Page> =>
      (await ask<{ tasks: Page }>(query, { id, orderBy, ...args })).tasks;
    const all = (await page({ first: 100 })).nodes.map((node) => node.id);
    expect(all).toHaveLength(7);
    const forward: string[] = [];
    for (let after: string | null = null; ;) {
      const part: Page = await page({ first: 2, after });
      forward.push(...part.edges.map((edge) => edge.node.id));
      expect(part.pageInfo.hasPreviousPage).toBe(after !== null);
      after = part.pageInfo.endCursor;
      if (!part.pageInfo.hasNextPage) break;
    }
    expect(forward).toEqual(all);
    const backward: string[] = [];
    for (let before: string | null = null; ;) {
      const part: Page = await page({ last: 3, before });
      backward.unshift(...part.nodes.map((node) => node.id));
      expect(part.pageInfo.hasNextPage).toBe(before !== null);
      before = part.pageInfo.startCursor;
      if (!part.pageInfo.hasPreviousPage) break;
    }
    expect(backward).toEqual(all);
  });
});

test('a cursor whose item has left the list skips nobody', async () => {
  const { of, worker } = await freshProject('Cursors');
  const [first = '', second = '', third = ''] = await makeTasks([{}, {}, {}], of, worker);
  const query = `query ($id: ID!, $after: String) { tasks(projectId: $id, filter: { statuses: [QUEUED] }, first: 1, after: $after) { ${PAGE} } }`;
  const start = (await ask<{ tasks: Page }>(query, { id: of.id })).tasks;
  expect(start.nodes).toEqual([{ id: first }]);
  await system.core.db.task.update({ where: { id: first }, data: { status: 'done' } });
  const next = (await ask<{ tasks: Page }>(query, { id: of.id, after: start.pageInfo.endCursor })).tasks;
  expect(next.nodes).toEqual([{ id: second }]);
  await system.core.db.task.delete({ where: { id: second } });
  const last = (await ask<{ tasks: Page }>(query, { id: of.id, after: next.pageInfo.endCursor })).tasks;
  expect(last.nodes).toEqual([{ id: third }]);
});

describe('a list inside of a list', () => {
  let id: string;
  let tasks: string[];
  let runs: string[][];
  beforeAll(async () => {
    const { of, worker } = await freshProject('Nested');
    id = of.id;
    tasks = await makeTasks([{}, {}, {}], of, worker);
    runs = await Promise.all(tasks.map((task, i) => makeRuns(task, i === 2 ? 0 : 40, of, worker)));
  });
  interface Answer {
    tasks: { nodes: { id: string; runs: Page; oldest: Page }[] };
  }

  test('is paged for each item, and PostgreSQL sends no more than is shown', async () => {
    const query = `query ($id: ID!) { tasks(projectId: $id) { nodes { id runs(first: 2) { ${PAGE} } oldest: runs(last: 1) { ${PAGE} } } } }`;
    const { result, rowCount } = await countSql(() => ask<Answer>(query, { id }));
    const [one, two, none] = result.tasks.nodes;
    const newest = (of: string[] = []): { id: string }[] =>
      of
        .slice(-2)
        .reverse()
        .map((run) => ({ id: run }));
    expect(one?.runs.nodes).toEqual(newest(runs[0]));
    expect(two?.runs.nodes).toEqual(newest(runs[1]));
    expect(none?.runs).toEqual({
      nodes: [],
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
    expect(one?.runs.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    expect(one?.oldest.nodes).toEqual([{ id: runs[0]?.[0] }]);
    // Of 80 runs.
    expect(rowCount).toBeGreaterThan(10);
    expect(rowCount).toBeLessThan(35);
  });

  test('goes on behind a cursor, for many and for one alike', async () => {
    const cursor = Buffer.from(JSON.stringify([runs[0]?.[1]])).toString('base64url');
    const many = await ask<Answer>(
      `query ($id: ID!, $after: String) { tasks(projectId: $id) { nodes { id runs(first: 5, after: $after) { ${PAGE} } } } }`,
      { id, after: cursor },
    );
    expect(many.tasks.nodes[0]?.runs.nodes).toEqual([{ id: runs[0]?.[0] }]);
    const one = await ask<{ task: { runs: Page } }>(
      `query ($id: ID!, $after: String) { task(id: $id) { runs(first: 5, after: $after) { ${PAGE} } } }`,
      { id: tasks[0], after: cursor },
    );
    expect(one.task.runs).toEqual(many.tasks.nodes[0]?.runs);
  });

  test('that would be too many rows is refused, whatever its kind', async () => {
    await makeTasks(Array.from({ length: 260 }, () => ({})));
    for (const field of ['runs', 'artifacts', 'events', 'followUps']) {
      const answer = await post(
        url,
        `query ($id: ID!) { board(projectId: $id) { tasks(first: 300) { nodes { ${field}(first: 100) { nodes { id } } } } } }`,
        { id: project.id },
        user.token,
      );
      expect([field, answer.errors?.[0]?.extensions?.['code']]).toEqual([field, 'QUERY_REJECTED']);
    }
  });
});

describe('a project with history', () => {
  let old: Project;
  beforeAll(async () => {
    const { of, worker } = await freshProject('History');
    old = of;
    const [task = ''] = await makeTasks([{}], of, worker);
    await makeRuns(task, 300, of, worker);
    await system.core.db.projectStateVersion.createMany({
      data: Array.from({ length: 200 }, (_, i) => ({
        id: newId(),
        projectId: of.id,
        version: BigInt(i + 1_000),
        stateFormat: 'yaml' as const,
        content: 'x'.repeat(10_000),
        contentHash: 'x',
        factsHash: 'x',
      })),
    });
    await system.core.db.conversation.createMany({
      data: Array.from({ length: 150 }, () => ({ id: newId(), projectId: of.id, title: 'Talk' })),
    });
  });

  test('is a line on the page of projects: its newest version and run are read, not all of them', async () => {
    const query =
      '{ projects { nodes { id name stateVersion openTaskCount lastRun { id status task { title } } agents { nodes { name } } conversations(first: 3) { nodes { id } } } } }';
    const { result, rowCount } = await countSql(() => ask<{ projects: { nodes: { id: string }[] } }>(query, {}));
    expect(result.projects.nodes.find(({ id }) => id === old.id)).toMatchObject({
      stateVersion: 1_199,
      openTaskCount: 1,
      lastRun: { status: 'FAILED' },
    });
    expect(rowCount).toBeGreaterThan(10);
    expect(rowCount).toBeLessThan(150);
  });

  test('lists its state versions without reading the documents', async () => {
    const { result, statements } = await countSql(() =>
      ask<{ stateVersions: { nodes: { version: number }[] } }>(
        'query ($id: ID!) { stateVersions(projectId: $id, first: 100) { nodes { version summary createdBy { email } } } }',
        { id: old.id },
      ),
    );
    expect(result.stateVersions.nodes.map(({ version }) => version)).toEqual(
      Array.from({ length: 100 }, (_, i) => 1_199 - i),
    );
    expect(statements.filter((statement) => statement.includes('"content"'))).toEqual([]);
  });
});

test('a board counts what it does not show, and shows what was done last first', async () => {
  const { of, worker } = await freshProject('Board');
  await makeTasks(
    Array.from({ length: 12 }, (_, i) => ({ priority: 1 + (i % 5) })),
    of,
    worker,
  );
  const done = await makeTasks(
    Array.from({ length: 9 }, (_, i) => ({
      status: 'done' as const,
      updatedAt: new Date(1_790_000_000_000 - i * 1_000),
    })),
    of,
    worker,
  );
  interface Column {
    status: string;
    taskCount: number;
    tasks: { nodes: { id: string; priority: number }[]; pageInfo: Page['pageInfo'] };
  }
  const board = async (args: string, after?: string | null): Promise<Column[]> =>
    (
      await ask<{ board: Column[] }>(
        `query ($id: ID!, $after: String) { board(projectId: $id, statuses: ${args}) { status taskCount tasks(first: 5, after: $after) { nodes { id priority } pageInfo { hasNextPage endCursor } } } }`,
        { id: of.id, after },
      )
    ).board;
  const [queued, failed, over] = await board('[QUEUED, FAILED, DONE]');
  expect([queued?.taskCount, failed?.taskCount, over?.taskCount]).toEqual([12, 0, 9]);
  expect(queued?.tasks.nodes.map(({ priority }) => priority)).toEqual([1, 1, 1, 2, 2]);
  expect(queued?.tasks.pageInfo.hasNextPage).toBe(true);
  expect(over?.tasks.nodes.map(({ id }) => id)).toEqual(done.slice(0, 5));
  const [rest] = await board('[DONE]', over?.tasks.pageInfo.endCursor);
  expect(rest?.tasks.nodes.map(({ id }) => id)).toEqual(done.slice(5));
  expect((await board('[DONE]'))[0]?.tasks).toEqual(over?.tasks);
});

test('runs are found by what they are for, who did them, and whether they are live', async () => {
  const { of, worker } = await freshProject('Filters');
  const [busy = '', other = ''] = await makeTasks([{}, {}], of, worker);
  const [ended = ''] = await makeRuns(busy, 1, of, worker);
  const live = newId();
  await system.core.db.agentRun.create({
    data: { id: live, projectId: of.id, agentId: worker.id, taskId: other, attempt: 1 },
  });
  const find = async (filter: object): Promise<string[]> =>
    (
      await ask<{ runs: Page }>(
        'query ($id: ID!, $filter: RunFilter) { runs(projectId: $id, filter: $filter) { nodes { id } } }',
        {
          id: of.id,
          filter,
        },
      )
    ).runs.nodes.map(({ id }) => id);
  expect(await find({})).toEqual([live, ended]);
  expect(await find({ isLive: true })).toEqual([live]);
  expect(await find({ isLive: false })).toEqual([ended]);
  expect(await find({ isLive: true, statuses: ['FAILED'] })).toEqual([]);
  expect(await find({ taskIds: [busy] })).toEqual([ended]);
  expect(await find({ kinds: ['MERGE'] })).toEqual([]);
  expect(await find({ agentIds: [worker.id], statuses: ['PENDING'] })).toEqual([live]);
});

test('tasks are found by when they changed', async () => {
  const { of, worker } = await freshProject('Since');
  const since = new Date(1_790_000_000_000);
  const [, at, after] = await makeTasks(
    [-1, 0, 1].map((ms) => ({ updatedAt: new Date(since.getTime() + ms) })),
    of,
    worker,
  );
  const { tasks } = await ask<{ tasks: Page }>(
    'query ($id: ID!, $since: DateTime) { tasks(projectId: $id, filter: { updatedSince: $since }) { nodes { id } } }',
    { id: of.id, since },
  );
  expect(tasks.nodes.map(({ id }) => id)).toEqual([at, after]);
});
