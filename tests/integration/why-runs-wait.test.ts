import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { updateTask } from '#core/tasks/update-task.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { countSql } from '#tests/kit/count-sql.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { growHistory } from '#tests/kit/history.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let core: Core;
let url: string;
let user: UserActor & { token: string };
let project: Project;
let agent: Agent;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  ({ url } = await system.startApi());
  user = await seeder(core).user({ isAdmin: true });
});
beforeEach(async () => {
  await core.db.runner.updateMany({ data: { connection: 'offline' } });
  project = await seeder(core).project(user);
  agent = await seeder(core).agent(project);
});
afterAll(() => system.close());

/** What the API says of a task and of the run that waits for it. */
async function reasonsOf(task: Pick<Task, 'id'>): Promise<[string | null, string | null]> {
  const { data, errors } = await post(
    url,
    'query ($id: ID!) { task(id: $id) { waitingReason liveRun { waitingReason } } }',
    { id: task.id },
    user.token,
  );
  expect(errors).toBeUndefined();
  const found = data?.['task'] as { waitingReason: string | null; liveRun: { waitingReason: string | null } | null };
  return [found.waitingReason, found.liveRun?.waitingReason ?? null];
}
const said = (reason: string | null): [string | null, string | null] => [reason, reason];
const cursorOf = async ({ id }: Project): Promise<bigint> =>
  (await core.db.project.findUniqueOrThrow({ where: { id } })).eventCursor;
const eventsSince = async (cursor: bigint, of = project): Promise<string[]> =>
  (
    await core.db.realtimeEvent.findMany({
      where: { projectId: of.id, cursor: { gt: cursor } },
      orderBy: { cursor: 'asc' },
    })
  ).map(({ eventType }) => eventType);
/** Long enough for what follows a commit without being waited for. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 1_500));

describe('however many wait', () => {
  test('one completion and one claim tell of themselves, and write nothing for those that go on waiting', async () => {
    const runner = await seeder(core).runner(undefined, { projectIds: [project.id], capacity: 1 });
    const side = runnerSide(core, runner.actor);
    const spend = async (waiting: number): Promise<{ events: string[]; statements: number }> => {
      await growHistory(core, project, agent, { done: 0, waiting });
      const first = await side.claim();
      await settled();
      const since = await cursorOf(project);
      const { statements } = await countSql(async () => {
        await side.complete(first);
        const next = await side.claim();
        await settled();
        await side.complete(next);
      });
      return { events: await eventsSince(since), statements: statements.length };
    };
    const few = await spend(10);
    const many = await spend(150);
    expect(many.events).toEqual(few.events);
    expect(many.events.length).toBeLessThanOrEqual(14);
    expect(many.statements).toBeLessThanOrEqual(few.statements + 2);
  }, 120_000);

  test('the last of them says what is true, as the first does', async () => {
    const { runner } = await seeder(core).runner(undefined, { projectIds: [project.id], capacity: 1 });
    await growHistory(core, project, agent, { done: 0, waiting: 5_000 });
    const waiting = await core.db.agentRun.findMany({
      where: { projectId: project.id, status: 'pending' },
      orderBy: [{ queuePriority: 'asc' }, { createdAt: 'asc' }, { id: 'asc' }],
      select: { taskId: true },
    });
    const places = [0, 1, 200, 4_999].map((place) => ({ id: waiting[place]?.taskId ?? '' }));
    const all = () => Promise.all(places.map(reasonsOf));
    const behind = said(`Other tasks of the agent ${agent.name} come first.`);
    // One place is free, so one is about to start.
    expect(await all()).toEqual([said(null), behind, behind, behind]);
    await updateProject(core, user, { projectId: project.id, status: 'paused' });
    expect(await all()).toEqual(places.map(() => said('The project is paused.')));
    await updateProject(core, user, { projectId: project.id, status: 'active' });
    await core.db.runner.update({ where: { id: runner.id }, data: { connection: 'offline' } });
    expect(await all()).toEqual(places.map(() => said('No runner is online.')));
  }, 60_000);
});

describe('a queued task that is given to another agent', () => {
  test('waits for what that agent waits for, and its run says that it has changed', async () => {
    await seeder(core).runner(undefined, { projectIds: [project.id] });
    const other = await seeder(core).agent(project, 'qa');
    await seeder(core).configure(other, { labels: ['gpu'] });
    const task = await scheduledTask(core, user, project, agent);
    expect(await reasonsOf(task)).toEqual(said(null));
    const since = await cursorOf(project);
    await updateTask(core, user, { taskId: task.id, agentId: other.id });
    expect(await reasonsOf(task)).toEqual(said('No runner with the label gpu is online.'));
    expect(await eventsSince(since)).toContain('agent.run.updated');
  });
});
