import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunnerActor, UserActor } from '#core/access/actor.ts';
import { eventsChannel } from '#core/events/bus.ts';
import type { EventEnvelope } from '#core/events/define-event.ts';
import type { Core } from '#core/platform/core.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { grantRepository, revokeRepository } from '#core/repositories/grant-repository.ts';
import { reportRepositories } from '#core/repositories/report-repositories.ts';
import { setRunnerEnabled } from '#core/runners/set-runner-enabled.ts';
import { updateRunner } from '#core/runners/update-runner.ts';
import { wakeDelayedRun } from '#core/runs/wake-delayed-run.ts';
import { approveTask } from '#core/tasks/approve-task.ts';
import { updateTask } from '#core/tasks/update-task.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { countSql } from '#tests/kit/count-sql.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { growHistory } from '#tests/kit/history.ts';
import { failed, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder, TEST_REPOSITORY } from '#tests/kit/seed.ts';
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

describe('what changes the reason tells the project', () => {
  const FACTS = { branch: 'main', remoteUrl: null, lastCommit: null, isBare: false, worktreeOf: null };
  const NOT_GRANTED = `No runner has the repository ${TEST_REPOSITORY} granted.`;
  let runner: RunnerActor;
  let task: Task;
  beforeEach(async () => {
    runner = (await seeder(core).runner(undefined, { projectIds: [project.id], capacity: 1 })).actor;
    task = await scheduledTask(core, user, project, agent);
    expect(await reasonsOf(task)).toEqual(said(null));
  });
  const report = (...paths: string[]) =>
    reportRepositories(core, runner, {
      report: { isComplete: true, repositories: paths.map((path) => ({ path, facts: FACTS })) },
    });
  const change = async (act: () => Promise<unknown>, reason: string | null): Promise<void> => {
    const since = await cursorOf(project);
    await act();
    expect(await reasonsOf(task)).toEqual(said(reason));
    expect(await eventsSince(since)).toEqual(['runner.status.changed']);
  };

  test('a runner that is disabled, and enabled again', async () => {
    await change(() => setRunnerEnabled(core, user, runner.runnerId, false), 'No runner is online.');
    await change(() => setRunnerEnabled(core, user, runner.runnerId, true), null);
  });

  test('a runner that is taken from the project, and given back', async () => {
    await change(() => updateRunner(core, user, { runnerId: runner.runnerId, projectIds: [] }), 'No runner is online.');
    await change(() => updateRunner(core, user, { runnerId: runner.runnerId, projectIds: [project.id] }), null);
  });

  test('a grant that is taken back, and made again', async () => {
    await report(TEST_REPOSITORY);
    const grant = { runnerId: runner.runnerId, path: TEST_REPOSITORY, projectId: project.id };
    await change(() => revokeRepository(core, user, grant), NOT_GRANTED);
    await change(() => grantRepository(core, user, grant), null);
  });

  test('a repository inside of the granted one that its runner finds, and loses', async () => {
    await report(TEST_REPOSITORY);
    await core.db.project.update({
      where: { id: project.id },
      data: { defaultRepoPath: `${TEST_REPOSITORY}/vendor/nested` },
    });
    await change(
      () => report(TEST_REPOSITORY, `${TEST_REPOSITORY}/vendor/nested`),
      `No runner has the repository ${TEST_REPOSITORY}/vendor/nested granted.`,
    );
    await change(() => report(TEST_REPOSITORY), null);
    // The same once more is no news.
    const since = await cursorOf(project);
    await report(TEST_REPOSITORY);
    expect(await eventsSince(since)).toEqual([]);
  });

  test('a run of another project that takes the last place, and gives it back: by a notice, to those that wait', async () => {
    const [other, idle] = [await seeder(core).project(user), await seeder(core).project(user)];
    await updateRunner(core, user, { runnerId: runner.runnerId, projectIds: [project.id, other.id, idle.id] });
    const side = runnerSide(core, { ...runner, projectIds: [other.id] });
    await scheduledTask(core, user, other, await seeder(core).agent(other));
    const heard = [project, other, idle].map(({ id }) => {
      const loads: unknown[] = [];
      const listener = core.bus.listen<EventEnvelope[]>(eventsChannel(id));
      const read = async (): Promise<void> => {
        const { messages, closed } = await listener.take();
        loads.push(
          ...messages.flat().flatMap(({ type, entity }) => (type === 'runner.load.changed' ? [entity.patch] : [])),
        );
        if (!closed) await read();
      };
      return { loads, listener, reading: read() };
    });
    await settled();
    const since = await cursorOf(project);
    const held = await side.claim();
    expect(await reasonsOf(task)).toEqual(said('All runners are busy.'));
    await side.complete(held);
    expect(await reasonsOf(task)).toEqual(said(null));
    expect(await eventsSince(since)).toEqual([]);
    for (const { listener } of heard) listener.close();
    await Promise.all(heard.map(({ reading }) => reading));
    expect(heard.map(({ loads }) => loads)).toEqual([[{ isFull: true }, { isFull: false }], [], []]);
  });

  test('a retry whose delay is over', async () => {
    await seeder(core).configure(agent, { retry: { maxAttempts: 2, baseDelayMs: 60_000, maxDelayMs: 60_000 } });
    const side = runnerSide(core, runner);
    await side.complete(await side.claim(), failed);
    expect(await reasonsOf(task)).toEqual(said('Waits for its next try.'));
    const run = await core.db.agentRun.findFirstOrThrow({ where: { taskId: task.id, status: 'pending' } });
    await core.db.agentRun.update({ where: { id: run.id }, data: { notBefore: new Date(Date.now() - 60_000) } });
    const since = await cursorOf(project);
    await wakeDelayedRun(core, run.id);
    expect(await reasonsOf(task)).toEqual(said(null));
    expect(await eventsSince(since)).toEqual(['agent.run.updated']);
    await core.db.agentRun.update({ where: { id: run.id }, data: { notBefore: null } });
    await wakeDelayedRun(core, run.id);
    expect(await eventsSince(since)).toEqual(['agent.run.updated']);
  });

  test('an approved merge waits for no limit of its agent', async () => {
    const side = runnerSide(core, runner);
    await side.complete(await side.claim());
    await approveTask(core, user, { taskId: task.id });
    const merge = await core.db.agentRun.findFirstOrThrow({ where: { taskId: task.id, kind: 'merge' } });
    await core.db.agent.update({ where: { id: agent.id }, data: { isEnabled: false } });
    const reason = await post(url, 'query ($id: ID!) { run(id: $id) { waitingReason } }', { id: merge.id }, user.token);
    expect(reason).toEqual({ data: { run: { waitingReason: null } } });
    // It may not be said of the task, which is in review.
    expect((await reasonsOf(task))[0]).toBeNull();
  });
});
