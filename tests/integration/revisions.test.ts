import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import type { Agent, Project } from '#prisma/generated/client/client.ts';
import { collect, openSocket, post } from '#tests/kit/graphql-client.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
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

test.each(['projects', 'agents', 'tasks', 'agent_runs', 'messages', 'runners'])(
  'every change of %s gives the row its next revision, whoever makes it and whatever he says it is',
  async (table) => {
    await scheduledTask(system.core, user, project, agent, {});
    await seeder(system.core).runner();
    const conversation = await system.core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
    await system.core.db.message.create({
      data: {
        id: crypto.randomUUID(),
        projectId: project.id,
        conversationId: conversation.id,
        role: 'user',
        content: 'x',
      },
    });
    const change = async (assignment: string): Promise<number> => {
      const { rows } = await system.core.pool.query<{ before: number; revision: number }>(
        `with old as (select id, revision as before from ${table} limit 1)
         update ${table} t set ${assignment} from old where t.id = old.id returning old.before, t.revision`,
      );
      expect(rows).toHaveLength(1);
      return (rows[0]?.revision ?? 0) - (rows[0]?.before ?? 0);
    };
    expect(await change('created_at = t.created_at')).toBe(1);
    expect(await change('revision = 1')).toBe(1);
  },
);

test('answers and events of a task tell which is the newer', async () => {
  const runner = runnerSide(system.core, (await seeder(system.core).runner()).actor);
  const client = openSocket(url, user.token);
  const followed = collect<{ __typename: string; task?: { id: string; status: string; revision: number } }>(
    client,
    'subscription ($id: ID!) { projectEvents(projectId: $id) { __typename ... on TaskUpdatedEvent { task { id status revision } } } }',
    { id: project.id },
  );
  const answer = await post(
    url,
    'mutation ($input: CreateTaskInput!) { createTask(input: $input) { ... on CreateTaskPayload { task { id status revision } } } }',
    { input: { projectId: project.id, title: 'Newer', agentId: agent.id, priority: 1 } },
    user.token,
  );
  const { task } = answer.data?.['createTask'] as { task: { id: string; status: string; revision: number } };
  await runner.claim();
  const events = await followed.until((items) =>
    items.some((event) => event.task?.id === task.id && event.task.status === 'IN_PROGRESS'),
  );
  const started = events.find((event) => event.task?.id === task.id && event.task.status === 'IN_PROGRESS');
  expect(started?.task?.revision).toBeGreaterThan(task.revision);
  const now = await post(url, 'query ($id: ID!) { task(id: $id) { revision } }', { id: task.id }, user.token);
  expect(now.data).toEqual({ task: { revision: started?.task?.revision } });
  await client.dispose();
});
