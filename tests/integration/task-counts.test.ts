import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { readStateFacts } from '#core/state/read-facts.ts';
import { deleteTask } from '#core/tasks/delete-task.ts';
import { countTasks } from '#core/tasks/read-board.ts';
import { addUpTaskCounts, mendTaskCounts } from '#core/tasks/task-counts.ts';
import { TASK_STATUSES } from '#core/tasks/transitions.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let core: Core;
let user: UserActor;
let project: Project;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  user = await seeder(core).user();
});
beforeEach(async () => {
  project = await seeder(core).project(user);
});
afterAll(() => system.close());

async function expectTrueCounts(): Promise<void> {
  const { rows } = await core.pool.query<{ status: string; count: number }>(
    'select status, count(*)::int as count from tasks where project_id = $1 group by status',
    [project.id],
  );
  const told = await countTasks(core, project.id, TASK_STATUSES);
  expect(Object.fromEntries([...told].filter(([, count]) => count !== 0))).toEqual(
    Object.fromEntries(rows.map(({ status, count }) => [status, count])),
  );
}
const countRows = async (): Promise<number> => {
  const { rows } = await core.pool.query<{ count: number }>(
    'select count(*)::int as count from task_counts where project_id = $1',
    [project.id],
  );
  return rows[0]?.count ?? 0;
};

test('what is told of a project is true after tasks were made, moved and deleted, many at once', async () => {
  const tasks = await Promise.all(Array.from({ length: 12 }, () => seeder(core).task(user, project)));
  await expectTrueCounts();
  await Promise.all([
    ...tasks.slice(0, 4).map(({ id }) => transitionTask(core, user, { taskId: id, to: 'canceled' })),
    ...tasks.slice(4, 8).map(({ id }) => transitionTask(core, user, { taskId: id, to: 'blocked', reason: 'Later' })),
  ]);
  await expectTrueCounts();
  await Promise.all(tasks.slice(2, 4).map(({ id }) => deleteTask(core, user, { taskId: id })));
  await expectTrueCounts();
});

test('adding up changes no count, also while tasks move and when two do it', async () => {
  const tasks = [];
  for (let i = 0; i < 60; i += 1) tasks.push(await seeder(core).task(user, project));
  expect(await countRows()).toBeGreaterThan(50);
  await Promise.all([
    addUpTaskCounts(core),
    addUpTaskCounts(core),
    ...tasks.slice(0, 6).map(({ id }) => transitionTask(core, user, { taskId: id, to: 'canceled' })),
    addUpTaskCounts(core),
  ]);
  await expectTrueCounts();
  expect(await countRows()).toBeLessThan(50);
});

test('a change that is taken back counts nothing, and a project that goes takes its counts along', async () => {
  await seeder(core).task(user, project);
  const client = await core.pool.connect();
  await client.query('begin');
  await client.query(`update tasks set status = 'canceled' where project_id = $1`, [project.id]);
  await client.query('rollback');
  client.release();
  await expectTrueCounts();
  const { rows } = await core.pool.query<{ confdeltype: string }>(
    `select confdeltype from pg_constraint where conname = 'task_counts_project_id_fkey'`,
  );
  expect(rows).toEqual([{ confdeltype: 'c' }]);
});

test('a count that is missing hides no task from the state document', async () => {
  const task = await seeder(core).task(user, project);
  await core.pool.query('delete from task_counts where project_id = $1', [project.id]);
  expect((await readStateFacts(core.db, project.id)).tasks).toMatchObject([{ id: task.id }]);
});

test.each([
  [
    'missing',
    'delete from task_counts where project_id = $1',
    [{ status: 'queued', isHeld: false, counted: 0, tasks: 3 }],
  ],
  [
    'too high, of tasks that there are and that there are not',
    `insert into task_counts (project_id, status, is_held, tasks) values ($1, 'queued', false, 2), ($1, 'done', false, 7)`,
    [
      { status: 'queued', isHeld: false, counted: 5, tasks: 3 },
      { status: 'done', isHeld: false, counted: 7, tasks: 0 },
    ],
  ],
  [
    'under the wrong name',
    'update task_counts set is_held = true where project_id = $1',
    [
      { status: 'queued', isHeld: false, counted: 0, tasks: 3 },
      { status: 'queued', isHeld: true, counted: 3, tasks: 0 },
    ],
  ],
])(
  'a count that is %s is mended once, and said, however many look at once and whatever is changed meanwhile',
  async (_how, plant, said) => {
    for (let i = 0; i < 3; i += 1) await seeder(core).task(user, project);
    const other = await seeder(core).task(user, await seeder(core).project(user));
    await mendTaskCounts(core);
    await core.pool.query(plant, [project.id]);
    const warn = vi.fn<(mended: { projectId: string }) => void>();
    const listening = { ...core, logger: { ...core.logger, warn } } as unknown as Core;
    await Promise.all([
      ...Array.from({ length: 4 }, () => mendTaskCounts(listening)),
      addUpTaskCounts(core),
      transitionTask(core, user, { taskId: other.id, to: 'canceled' }),
    ]);
    await mendTaskCounts(listening);
    await expectTrueCounts();
    const mended = warn.mock.calls.map(([each]) => each);
    expect(mended).toHaveLength(said.length);
    expect(mended).toEqual(expect.arrayContaining(said.map((each) => ({ projectId: project.id, ...each }))));
  },
);
