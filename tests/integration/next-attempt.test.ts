import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import { startTask } from '#core/tasks/start-task.ts';
import { approveTask } from '#core/tasks/approve-task.ts';
import { retryTask } from '#core/tasks/retry-task.ts';
import { sendBackTask } from '#core/tasks/send-back-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import { updateTask } from '#core/tasks/update-task.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { endLease, failed, runnerSide, scheduleWaiting, scheduledTask } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

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

const taskOf = (task: Task) => core.db.task.findUniqueOrThrow({ where: { id: task.id } });
const liveRuns = (task: Task) =>
  core.db.agentRun.count({ where: { taskId: task.id, status: { in: ['pending', 'started', 'streaming'] } } });
async function claimed(fields: Parameters<typeof scheduledTask>[4] = {}): Promise<{ task: Task; held: HeldRun }> {
  const task = await scheduledTask(core, user, project, agent, fields);
  return { task, held: await runner.claim() };
}
const empty = {
  reason: 'empty_diff',
  message: 'The agent ended well and changed nothing',
  summary: 'Which of the two files do you mean?',
  git: null,
} as const;

describe('a task that was sent back while its agent was disabled', () => {
  /** Blocked, without a next attempt; with another agent that could go on. */
  async function sentBack(): Promise<{ task: Task; branch: string; other: Agent }> {
    const { held, task } = await claimed();
    await runner.complete(held);
    await core.db.agent.update({ where: { id: agent.id }, data: { isEnabled: false } });
    await sendBackTask(core, user, { taskId: task.id, feedback: 'Shorter, please.' });
    expect(await taskOf(task)).toMatchObject({ status: 'blocked' });
    expect(await liveRuns(task)).toBe(0);
    return { task, branch: held.spec.branch, other: await seeder(core).agent(project, 'qa') };
  }
  const enable = () => core.db.agent.update({ where: { id: agent.id }, data: { isEnabled: true } });

  test.each<[string, (task: Task, other: Agent) => Promise<unknown>]>([
    [
      'queued by a person',
      async ({ id }) => {
        await enable();
        await transitionTask(core, user, { taskId: id, to: 'queued' });
      },
    ],
    ['given to another agent', ({ id }, other) => updateTask(core, user, { taskId: id, agentId: other.id })],
    [
      'queued without an agent, and given one by hand',
      async ({ id }, other) => {
        await core.db.task.update({ where: { id }, data: { agentId: null } });
        await transitionTask(core, user, { taskId: id, to: 'queued' });
        await updateTask(core, user, { taskId: id, agentId: other.id });
      },
    ],
    [
      'queued without an agent, and given one by the orchestrator',
      async ({ id }, other) => {
        await core.db.task.update({ where: { id }, data: { agentId: null } });
        await transitionTask(core, user, { taskId: id, to: 'queued' });
        await core.db.task.update({ where: { id }, data: { agentId: other.id } });
        await scheduleWaiting(core, project.id);
      },
    ],
    [
      'given to another agent, blocked and given back',
      async ({ id }, other) => {
        await updateTask(core, user, { taskId: id, agentId: other.id });
        await transitionTask(core, user, { taskId: id, to: 'blocked', reason: 'Waits for the key.' });
        await enable();
        await updateTask(core, user, { taskId: id, agentId: agent.id });
      },
    ],
    [
      'given to another agent, stopped before it started, and started',
      async ({ id }, other) => {
        await updateTask(core, user, { taskId: id, agentId: other.id });
        const pending = await core.db.agentRun.findFirstOrThrow({ where: { taskId: id, status: 'pending' } });
        await cancelRun(core, user, pending.id);
        await startTask(core, user, { taskId: id });
      },
    ],
  ])('goes on with its work: %s', async (_how, goOn) => {
    const { task, branch, other } = await sentBack();
    await goOn(task, other);
    const next = await runner.claim();
    expect(next.spec).toMatchObject({
      taskId: task.id,
      startFromBranch: branch,
      prompt: { feedback: 'Shorter, please.' },
    });
    await runner.complete(next, { ...failed, reason: 'command_missing' });
    await retryTask(core, user, { taskId: task.id });
    expect((await runner.claim()).spec).toMatchObject({ startFromBranch: branch });
  });

  test('follows the newest work: what the second attempt made, not what it started from', async () => {
    const { task, other } = await sentBack();
    await updateTask(core, user, { taskId: task.id, agentId: other.id });
    const second = await runner.claim();
    await runner.complete(second);
    await sendBackTask(core, user, { taskId: task.id, feedback: 'Shorter still.' });
    expect((await runner.claim()).spec).toMatchObject({ attempt: 3, startFromBranch: second.spec.branch });
  });
});

describe('the next attempt starts from the base', () => {
  test('when the one before it changed nothing: it left no branch', async () => {
    const { held, task } = await claimed();
    await runner.complete(held, empty);
    await sendBackTask(core, user, { taskId: task.id, feedback: 'The second one.' });
    expect((await runner.claim()).spec).toMatchObject({ attempt: 2, startFromBranch: null });
  });

  test('when the one before it took everything back', async () => {
    const { held, task } = await claimed();
    await runner.complete(held);
    await sendBackTask(core, user, { taskId: task.id, feedback: 'Take it back.' });
    await runner.complete(await runner.claim(), empty);
    await transitionTask(core, user, { taskId: task.id, to: 'queued' });
    expect((await runner.claim()).spec).toMatchObject({ attempt: 3, startFromBranch: null });
  });

  test('when none has ended well', async () => {
    const { held, task } = await claimed();
    await runner.complete(held, { ...failed, reason: 'command_missing' });
    await retryTask(core, user, { taskId: task.id });
    expect((await runner.claim()).spec).toMatchObject({ attempt: 2, startFromBranch: null });
  });

  test('when the work has been merged meanwhile, as is found out late', async () => {
    const { held, task } = await claimed();
    await runner.complete(held);
    await approveTask(core, user, { taskId: task.id });
    const merge = await runner.claim();
    await runner.requestLanding(merge);
    await endLease(core, merge.spec.runId);
    await sweepLeases(core);
    await core.db.agent.update({ where: { id: agent.id }, data: { isEnabled: false } });
    await sendBackTask(core, user, { taskId: task.id, feedback: 'One thing more.' });
    await runner.reportLanding(merge, true);
    await updateTask(core, user, { taskId: task.id, agentId: (await seeder(core).agent(project, 'qa')).id });
    expect((await runner.claim()).spec).toMatchObject({ taskId: task.id, attempt: 2, startFromBranch: null });
  });
});

describe('a lost runner', () => {
  test('uses up no try: the next attempt follows at once, also where the policy has only one', async () => {
    await seeder(core).configure(agent, { retry: { maxAttempts: 1, baseDelayMs: 60_000, maxDelayMs: 60_000 } });
    const { held, task } = await claimed();
    await endLease(core, held.spec.runId);
    await sweepLeases(core);
    const second = await runner.claim();
    expect(second.spec).toMatchObject({ taskId: task.id, attempt: 2 });
    // What a runner says that was told to end its runs when it is stopped.
    await runner.complete(second, {
      ...failed,
      status: 'timed_out',
      reason: 'runner_lost',
      message: 'The runner was stopped.',
      exitCode: null,
    });
    expect((await runner.claim()).spec.attempt).toBe(3);
  });

  test('ends some day, and a failure is still one', async () => {
    await seeder(core).configure(agent, { retry: { maxAttempts: 1, baseDelayMs: 0, maxDelayMs: 0 } });
    const { held, task } = await claimed();
    let current = held;
    for (let loss = 1; loss <= 5; loss += 1) {
      await endLease(core, current.spec.runId);
      await sweepLeases(core);
      current = await runner.claim();
    }
    await endLease(core, current.spec.runId);
    await sweepLeases(core);
    expect((await taskOf(task)).status).toBe('failed');
    const other = await claimed();
    await runner.complete(other.held, failed);
    expect((await taskOf(other.task)).status).toBe('failed');
  });
});
