import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { newId } from '#core/platform/ids.ts';
import { RUNNERS_CHANNEL } from '#core/runners/commands.ts';
import type { RunnerMessage } from '#core/runners/commands.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { lockTask } from '#core/tasks/lock-task.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { errorOf, until } from '#tests/kit/until.ts';

let system: TestSystem;
let core: Core;
let user: UserActor & { token: string };
let project: Project;
let agent: Agent;
let runner: ReturnType<typeof runnerSide>;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  user = await seeder(core).user();
});
beforeEach(async () => {
  project = await seeder(core).project(user);
  agent = await seeder(core).agent(project);
  runner = runnerSide(core, (await seeder(core).runner(undefined, { projectIds: [project.id] })).actor);
});
afterAll(() => system.close());

async function working(): Promise<{ task: Task; held: HeldRun }> {
  const task = await scheduledTask(core, user, project, agent);
  return { task, held: await runner.claim() };
}
const runOf = (held: HeldRun) => core.db.agentRun.findUniqueOrThrow({ where: { id: held.spec.runId } });
const linesOf = (task: Task) => core.db.taskEvent.findMany({ where: { taskId: task.id, eventType: 'log' } });
const sessionsWaiting = async (): Promise<number> => {
  const [row] = await core.db.$queryRaw<{ count: bigint }[]>`
    select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  return Number(row?.count);
};

test('few questions are asked of the database before the runner is told', async () => {
  const { held } = await working();
  const listener = core.bus.listen<RunnerMessage>(RUNNERS_CHANNEL);
  await listener.take(); // that it listens now
  const asking = vi.spyOn(pg.Client.prototype, 'query');
  try {
    const canceling = cancelRun(core, user, held.spec.runId);
    const { messages } = await listener.take();
    const asked = asking.mock.calls.length;
    await canceling;
    expect(messages).toMatchObject([{ type: 'cancel', runId: held.spec.runId, reason: 'by_user' }]);
    // Begin, the change, the project and the role in it, the events, commit, and what was begun since.
    expect(asked).toBeLessThanOrEqual(7);
  } finally {
    asking.mockRestore();
    listener.close();
  }
});

test('50 people who stop it at once: it is asked for once, with one line on the trail', async () => {
  const { held, task } = await working();
  const answers = await Promise.allSettled(Array.from({ length: 50 }, () => cancelRun(core, user, held.spec.runId)));
  expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 'fulfilled'));
  expect(await linesOf(task)).toMatchObject([
    { payload: { isStopping: true, runId: held.spec.runId, actor: { kind: 'user', id: user.userId } } },
  ]);
  expect(await runOf(held)).toMatchObject({ cancelReason: 'by_user', cancelRequestedBy: user.email });
});

test('a run that ends while the stop waits for its task has ended, and nothing is asked of it', async () => {
  const { held, task } = await working();
  let canceling: Promise<Record<string, unknown>> | undefined;
  await inTransaction(core, async (tx) => {
    await lockTask(tx, user, task.id);
    canceling = errorOf(cancelRun(core, user, held.spec.runId));
    await until(sessionsWaiting, (count) => count > 0);
    await tx.db.agentRun.update({
      where: { id: held.spec.runId },
      data: { status: 'failed', reason: 'exit_code', finishedAt: new Date() },
    });
  });
  expect(await canceling).toMatchObject({ code: 'CONFLICT', message: 'This run has already ended.' });
  expect((await runOf(held)).cancelRequestedAt).toBeNull();
  expect(await linesOf(task)).toEqual([]);
});

test.each([
  ['a viewer', 'viewer', 'FORBIDDEN'],
  ['a stranger', null, 'NOT_FOUND'],
] as const)('%s asks nothing of it', async (_name, role, code) => {
  const { held, task } = await working();
  const other = await seeder(core).user();
  if (role !== null)
    await core.db.projectMember.create({ data: { id: newId(), projectId: project.id, userId: other.userId, role } });
  expect(await errorOf(cancelRun(core, other, held.spec.runId))).toMatchObject({ code });
  expect((await runOf(held)).cancelRequestedAt).toBeNull();
  expect(await linesOf(task)).toEqual([]);
});
