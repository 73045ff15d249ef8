import { afterAll, beforeAll, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import type { Agent, Project } from '#prisma/generated/client/client.ts';
import { findWaitingReasons } from '#core/runs/waiting-reasons.ts';
import { growHistory } from '#tests/kit/history.ts';
import { explainSql, type Reading } from '#tests/kit/plans.ts';
import { runnerSide } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem, type TestSystem } from '#tests/kit/system.ts';

const MAX_WHOLE_TABLE_ROWS = 10_000;
/** What a claim may read, however long the history and the queue are. */
const MAX_CLAIM_ROWS = 800;

let system: TestSystem;
let core: ReturnType<TestSystem['openCore']>;
let project: Project;
let agent: Agent;
let user: UserActor;
beforeAll(async () => {
  system = await startTestSystem();
  core = system.openCore();
  user = await seeder(system.core).user();
  project = await seeder(system.core).project(user);
  agent = await seeder(system.core).agent(project);
  await growHistory(system.core, project, agent, { done: 90_000, waiting: 10_000 });
}, 120_000);
afterAll(async () => {
  await core.close();
  await system.close();
});

const rowsOf = (readings: Reading[]): number => readings.reduce((sum, { rowsRead }) => sum + rowsRead, 0);
function expectFlat(readings: Reading[], maxRows: number): void {
  const whole = readings.filter(({ wholeTables }) => wholeTables.some(({ rows }) => rows > MAX_WHOLE_TABLE_ROWS));
  expect(whole).toEqual([]);
  const greedy = [...readings].sort((a, b) => b.rowsRead - a.rowsRead)[0];
  expect(rowsOf(readings), `most by: ${greedy?.rowsRead} ${greedy?.sql}`).toBeLessThanOrEqual(maxRows);
}

test('a claim reads as little of 100,000 tasks, 10,000 of them waiting, as of a few, and takes the first', async () => {
  const { actor } = await seeder(system.core).runner(undefined, { capacity: 100 });
  await seeder(system.core).configure(agent, { concurrency: 100 });
  const side = runnerSide(core, actor);
  await side.claim();
  const { result: held, readings } = await explainSql(() => side.claim());
  expect(readings.length).toBeGreaterThan(5);
  expectFlat(readings, MAX_CLAIM_ROWS);
  const task = await core.db.task.findUniqueOrThrow({ where: { id: held.spec.taskId ?? '' } });
  expect(task).toMatchObject({ priority: 1, status: 'in_progress' });
  expect(
    await core.db.task.count({ where: { status: 'queued', priority: 1, createdAt: { lt: task.createdAt } } }),
  ).toBe(0);
});

test('a waiting run goes by the priority that its task has now', async () => {
  const { actor } = await seeder(system.core).runner(undefined, { capacity: 100 });
  const last = await core.db.task.findFirstOrThrow({
    where: { status: 'queued' },
    orderBy: [{ priority: 'desc' }, { createdAt: 'desc' }],
  });
  await core.db.task.updateMany({ where: { status: 'queued', priority: 1 }, data: { priority: 2 } });
  await core.db.task.update({ where: { id: last.id }, data: { priority: 1 } });
  expect((await runnerSide(core, actor).claim()).spec.taskId).toBe(last.id);
});

test('asking for work when there is none to have reads little as well', async () => {
  const { actor } = await seeder(system.core).runner(undefined, { projectIds: [] });
  const { readings } = await explainSql(() => runnerSide(core, actor).claimOrNull());
  expectFlat(readings, MAX_CLAIM_ROWS);
});

test('saying why tasks and runs wait reads as many as are asked for, wherever they stand among 10,000', async () => {
  await seeder(system.core).configure(agent, { concurrency: 100 });
  const last = await core.db.agentRun.findMany({
    where: { projectId: project.id, status: 'pending' },
    orderBy: [{ queuePriority: 'desc' }, { createdAt: 'desc' }],
    take: 100,
    include: { task: true },
  });
  const asked = last.flatMap(({ id, task }) => [
    { type: 'run', id, status: 'pending' } as const,
    ...(task ? [{ type: 'task', id: task.id, status: task.status, heldBy: task.heldBy } as const] : []),
  ]);
  const { result, readings } = await explainSql(() => findWaitingReasons(core, asked));
  expect(result).toEqual(asked.map(() => `Other tasks of the agent ${agent.name} come first.`));
  expect(readings).toHaveLength(2);
  // 100 runs, 100 tasks with theirs, and of the agent's queue the 100 that may start; the runners and what they have.
  expectFlat(readings, 500);
});
