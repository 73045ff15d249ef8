import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { setRunnerConnection } from '#core/runners/connection.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { collect, openSocket } from '#tests/kit/graphql-client.ts';
import { runnerSide, scheduledTask, waitingReasonOf } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';

let system: TestSystem;
let core: Core;
let user: UserActor;
let project: Project;
let agent: Agent;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  user = await seeder(core).user();
});
beforeEach(async () => {
  await core.db.runner.updateMany({ data: { connection: 'offline' } });
  project = await seeder(core).project(user);
  agent = await seeder(core).agent(project);
});
afterAll(() => system.close());

describe('why a run waits', () => {
  const reasonOf = (task: Task) => waitingReasonOf(core, task);

  test('no runner, a label that none has, all busy, the agent at its limit, the project paused: each says so, and clears', async () => {
    const { actor } = await seeder(core).runner(undefined, { projectIds: [project.id], capacity: 1 });
    await core.db.runner.updateMany({ data: { connection: 'offline' } });
    const task = await scheduledTask(core, user, project, agent);
    expect(await reasonOf(task)).toBe('No runner is online.');
    await setRunnerConnection(core, actor.runnerId, 'online');
    expect(await reasonOf(task)).toBeNull();

    const labelled = await seeder(core).agent(project, 'qa');
    await seeder(core).configure(labelled, { labels: ['gpu'] });
    expect(await reasonOf(await scheduledTask(core, user, project, labelled))).toBe(
      'No runner with the label gpu is online.',
    );

    const side = runnerSide(core, actor);
    const held = await side.claim();
    expect(held.spec.taskId).toBe(task.id);
    const second = await scheduledTask(core, user, project, agent, { title: 'Second' });
    expect(await reasonOf(second)).toBe('All runners are busy.');

    await updateProject(core, user, { projectId: project.id, status: 'paused' });
    expect(await reasonOf(second)).toBe('The project is paused.');
    await updateProject(core, user, { projectId: project.id, status: 'active' });
    expect(await reasonOf(second)).toBe('All runners are busy.');

    await side.complete(held);
    expect(await reasonOf(second)).toBeNull();
  });

  test('those who are left waiting say what they wait for as others start', async () => {
    const side = runnerSide(
      core,
      (await seeder(core).runner(undefined, { projectIds: [project.id], capacity: 1 })).actor,
    );
    await scheduledTask(core, user, project, agent, { title: 'First' });
    const second = await scheduledTask(core, user, project, agent, { title: 'Second' });
    expect(await reasonOf(second)).toBe(`Other tasks of the agent ${agent.name} come first.`);
    await side.claim();
    expect(await reasonOf(second)).toBe('All runners are busy.');
  });
});

describe('the presence of a runner', () => {
  test('is its socket: at whichever api process, also when it changes from one to another', async () => {
    const [first, second] = [await system.startApi(), await system.startApi()];
    const { runner, token } = await seeder(core).runner(undefined, { projectIds: [project.id] });
    await core.db.runner.update({ where: { id: runner.id }, data: { connection: 'offline', lastSeenAt: null } });
    const connection = async () => (await core.db.runner.findUniqueOrThrow({ where: { id: runner.id } })).connection;
    const listen = async (url: string) => {
      const client = openSocket(url, token);
      await collect<unknown>(client, 'subscription { runnerCommands { type } }', {}).until((items) => items.length > 0);
      return client;
    };
    const one = await listen(first.url);
    await until(connection, (state) => state === 'online');
    const two = await listen(second.url);
    await one.dispose();
    // Longer than the first process waits before it says that the runner has gone: it must not say so.
    const seen = new Set<string>();
    const end = performance.now() + 2_500;
    await until(
      async () => seen.add(await connection()),
      () => performance.now() > end,
    );
    expect([...seen]).toEqual(['online']);
    await two.dispose();
    expect(await until(connection, (state) => state !== 'online', 5_000)).toBe('unreachable');
  });
});
