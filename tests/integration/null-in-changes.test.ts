import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { seeder, TEST_REPOSITORY } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let url: string;
let admin: UserActor & { token: string };
let project: Project;
let agent: Agent;
let task: Task;
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi());
  const seed = seeder(system.core);
  admin = await seed.user({ isAdmin: true });
  project = await seed.project(admin);
  agent = await seed.agent(project);
  task = await seed.task(admin, project, {
    agentId: agent.id,
    description: 'Words',
    acceptanceCriteria: ['It holds'],
  });
});
afterAll(() => system.close());

async function change(mutation: string, input: Record<string, unknown>): Promise<unknown> {
  const title = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  const answer = await post(
    url,
    `mutation ($input: ${title}!) { ${mutation}(input: $input) { __typename ... on InvalidInputError { fields { path message } } } }`,
    { input },
    admin.token,
  );
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data?.[mutation];
}
const refused = (field: string) => ({
  __typename: 'InvalidInputError',
  fields: [expect.objectContaining({ path: [field] })],
});

describe('null in a change clears', () => {
  test('the repository and the description of a project, and nothing else of it', async () => {
    expect(await change('updateProject', { projectId: project.id, description: 'A shop' })).toMatchObject({
      __typename: 'UpdateProjectPayload',
    });
    expect(await system.core.db.project.findUnique({ where: { id: project.id } })).toMatchObject({
      defaultRepoPath: TEST_REPOSITORY,
      description: 'A shop',
    });
    await change('updateProject', { projectId: project.id, defaultRepoPath: null, description: null });
    expect(await system.core.db.project.findUnique({ where: { id: project.id } })).toMatchObject({
      name: project.name,
      status: 'active',
      defaultRepoPath: null,
      description: '',
    });
  });

  test('the description and the criteria of a task', async () => {
    await change('updateTask', { taskId: task.id, description: null, acceptanceCriteria: null });
    expect(await system.core.db.task.findUnique({ where: { id: task.id } })).toMatchObject({
      title: task.title,
      description: '',
      acceptanceCriteria: [],
      agentId: agent.id,
    });
  });

  test('the limit of a runner, and the choice of its projects', async () => {
    const { runner } = await seeder(system.core).runner(undefined, { projectIds: [project.id] });
    await change('updateRunner', { runnerId: runner.id, capacity: 1, labels: ['gpu'] });
    const read = () => system.core.db.runner.findUnique({ where: { id: runner.id } });
    expect(await read()).toMatchObject({ maxCapacity: 1, labels: ['gpu'], allProjects: false });
    await change('updateRunner', { runnerId: runner.id, capacity: null, labels: null, projectIds: null });
    expect(await read()).toMatchObject({ maxCapacity: null, labels: [], allProjects: true });
  });
});

describe('null in a change is refused by the name of the field', () => {
  test.each([
    ['updateProject', () => ({ projectId: project.id }), ['name', 'status']],
    ['updateTask', () => ({ taskId: task.id }), ['title', 'type', 'priority', 'agentId']],
    ['updateAgent', () => ({ agentId: agent.id }), ['name', 'config', 'isEnabled']],
  ] as const)('of %s, and nothing is changed', async (mutation, ids, fields) => {
    const { eventCursor } = await system.core.db.project.findUniqueOrThrow({ where: { id: project.id } });
    for (const field of fields) expect(await change(mutation, { ...ids(), [field]: null })).toEqual(refused(field));
    expect(await system.core.db.project.findUnique({ where: { id: project.id } })).toMatchObject({ eventCursor });
  });
});
