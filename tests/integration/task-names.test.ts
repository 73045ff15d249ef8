import { getNamedType, isInputObjectType } from 'graphql';
import type { GraphQLInputType } from 'graphql';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildSchema } from '#api/schema/schema.ts';
import type { UserActor } from '#core/access/actor.ts';
import { newId } from '#core/platform/ids.ts';
import { createProject } from '#core/projects/create-project.ts';
import { createRecording } from '#core/recordings/create-recording.ts';
import { createTask } from '#core/tasks/create-task.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { rootFields, variablesOf, withValueAt } from '#tests/kit/schema-walk.ts';
import type { RootField } from '#tests/kit/schema-walk.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let url: string;
let user: UserActor & { token: string };
let project: Project;
let agent: Agent;
let task: Task;
let recordingId: string;
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi());
  user = await seeder(system.core).user({ isAdmin: true });
  project = await createProject(system.core, user, { name: 'Named', key: 'NAMED' });
  agent = await seeder(system.core).agent(project);
  const recording = { projectId: project.id, name: 'Named', mimeType: 'audio/webm' };
  recordingId = (await createRecording(system.core, user, recording)).id;
});
beforeEach(async () => {
  task = await createTask(system.core, user, { projectId: project.id, title: 'Named' });
});
afterAll(() => system.close());

interface Place {
  path: string[];
  isList: boolean;
  description: string;
}

/** Where a root field is told of a task: by a field called after it, or by the id of what is one itself. */
function placesOf({ field }: RootField): Place[] {
  const walk = (
    owner: string,
    args: { name: string; type: GraphQLInputType; description?: string | null | undefined }[],
    path: string[],
  ): Place[] =>
    args.flatMap(({ name, type, description }) => {
      const named = getNamedType(type);
      if (isInputObjectType(named)) return walk(named.name, Object.values(named.getFields()), [...path, name]);
      const isTask = /task_?ids?$/i.test(name) || (/^ids?$/.test(name) && /^task(filter)?$/i.test(owner));
      if (named.name !== 'ID' || !isTask) return [];
      return [{ path: [...path, name], isList: String(type).includes('['), description: description ?? '' }];
    });
  return walk(field.name, [...field.args], []);
}

const NAMING = rootFields(buildSchema()).flatMap((root) => placesOf(root).map((place) => ({ root, place })));
const cases = NAMING.map(({ root, place }) => [`${root.name}(${place.path.join('.')})`, root, place] as const);

/** What nothing else is in the way of: a task that is queued can be changed so, by an agent that there is. */
const CARRIED_OUT = ['updateTask', 'commentOnTask', 'blockTask', 'cancelTask', 'deleteTask'];

/** What a call is as good without. */
const NOT_GIVEN = ['after', 'before', 'last', 'orderBy', 'filter', 'idempotencyKey'];

test('tasks are named in as many places as are known of', () => {
  expect(cases.map(([name]) => name)).toEqual(
    expect.arrayContaining(['task(id)', 'tasks(filter.ids)', 'runs(filter.taskIds)', 'deleteTask(input.taskId)']),
  );
  expect(cases.length).toBeGreaterThan(12);
});

test.each(cases)('%s takes a short id, and says so', async (_name, root, { path, isList, description }) => {
  expect(description).toMatch(/short ids?/);
  const known: Record<string, string> = { projectId: project.id, agentId: agent.id, recordingId };
  const variables = variablesOf(root, (_field, name) => (NOT_GIVEN.includes(name) ? null : known[name]));
  const name = (said: string): Record<string, unknown> => {
    const [first = ''] = path;
    const opened = variables[first] === null ? { ...variables, [first]: {} } : variables;
    return withValueAt(opened, path, isList ? [said] : said);
  };
  // Whatever else is refused of the call, the task is found by it.
  const answer = await post(url, root.operation, name(`named-${task.number}`), user.token);
  const words = JSON.stringify(answer);
  expect(words).not.toContain('NOT_FOUND');
  expect(words).not.toContain('Not the id of a task');
  expect(words).not.toMatch(/invalid uuid/i);
  if (CARRIED_OUT.includes(root.name)) expect(words).toContain('Payload"');
  const missing = JSON.stringify(await post(url, root.operation, name('NAMED-9999'), user.token));
  if (root.kind === 'mutation') expect(missing).toContain('There is no task NAMED-9999 that you can see.');
  else expect(missing).toMatch(/^\{"data":\{"\w+":(null|\{"nodes":\[\]\})\}\}$/);
});

test('the tasks of a list are those that are named, by whichever name', async () => {
  const other = await createTask(system.core, user, { projectId: project.id, title: 'Other' });
  const elsewhere = await createProject(system.core, user, { name: 'Elsewhere' });
  await createTask(system.core, user, { projectId: elsewhere.id, title: 'Not here' });
  const ask = (ids: string[]) =>
    post(
      url,
      'query ($id: ID!, $ids: [ID!]) { tasks(projectId: $id, filter: { ids: $ids }) { nodes { id } } }',
      { id: project.id, ids },
      user.token,
    );
  expect(
    await ask([`named-${task.number}`, other.id, other.id.toUpperCase(), `${elsewhere.key}-1`, newId()]),
  ).toMatchObject({
    data: { tasks: { nodes: expect.arrayContaining([{ id: task.id }, { id: other.id }]) as unknown[] } },
  });
  expect(await ask([])).toEqual({ data: { tasks: { nodes: [] } } });
  expect(JSON.stringify(await ask(['no task']))).toContain('Not the id of a task');
});

test('a task deleted by its short id: again by its id it is the same record, by the short id there is none', async () => {
  const remove = async (taskId: string) =>
    (
      await post(
        url,
        `mutation ($input: DeleteTaskInput!) { deleteTask(input: $input) {
          __typename ... on UserError { message } ... on DeleteTaskPayload { deletion { id entityId } } } }`,
        { input: { taskId } },
        user.token,
      )
    ).data?.['deleteTask'];
  const shortId = `named-${task.number}`;
  const [first, atOnce] = await Promise.all([remove(shortId), remove(task.id)]);
  expect(first).toMatchObject({ __typename: 'DeleteTaskPayload', deletion: { entityId: task.id } });
  for (const said of [task.id, task.id.toUpperCase()]) expect(await remove(said)).toEqual(first);
  expect(atOnce).toEqual(first);
  expect(await remove(shortId)).toEqual({
    __typename: 'NotFoundError',
    message: `There is no task ${shortId} that you can see.`,
  });
});
