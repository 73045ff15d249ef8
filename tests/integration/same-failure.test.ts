import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { RunResult } from '#contract/run-result.ts';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { endLease, failed, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let core: Core;
let user: UserActor;
let project: Project;
let agent: Agent;
let task: Task;
let runner: ReturnType<typeof runnerSide>;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  user = await seeder(core).user();
});
beforeEach(async () => {
  project = await seeder(core).project(user);
  agent = await seeder(core).agent(project);
  await seeder(core).configure(agent, { retry: { maxAttempts: 20, baseDelayMs: 0, maxDelayMs: 0 } });
  runner = runnerSide(core, (await seeder(core).runner(undefined, { projectIds: [project.id] })).actor);
  task = await scheduledTask(core, user, project, agent);
});
afterAll(() => system.close());

const taskNow = () => core.db.task.findUniqueOrThrow({ where: { id: task.id } });
async function fail(message: string, changes: Partial<RunResult> = {}): Promise<void> {
  await runner.complete(await runner.claim(), { ...failed, message, ...changes });
}

test('the same failure three times in a row stops the tries, and asks a person', async () => {
  await fail('Process 4711 ended with 1 after 12.5 s in 0192f3aa-1c2d.');
  await fail('Process 12 ended with  1 after 3.25 s in 9f92f3bb-77ee.');
  expect((await taskNow()).status).toBe('queued');
  await fail('process 99999 ended with 1 after 7.5 s in 00aa11bb-22cc.');
  expect(await taskNow()).toMatchObject({
    status: 'blocked',
    blockedReason:
      'Failed 3 times in the same way: process 99999 ended with 1 after 7.5 s in 00aa11bb-22cc. Change the task, its agent or the machine, then queue it again.',
  });
  expect(await runner.claimOrNull()).toBeNull();
});

test('it is asked again when it fails once more in that way, and not when it fails in another', async () => {
  for (let times = 0; times < 3; times += 1) await fail('No space.');
  await transitionTask(core, user, { taskId: task.id, to: 'queued' });
  await fail('No space.');
  expect((await taskNow()).status).toBe('blocked');
  await transitionTask(core, user, { taskId: task.id, to: 'queued' });
  await fail('No network.');
  expect((await taskNow()).status).toBe('queued');
});

test('other words, another reason, or good work between end the row', async () => {
  await fail('No space.');
  await fail('No space.');
  await fail('No network.');
  await fail('No space.');
  await fail('No space.', { reason: 'agent_crashed' });
  await fail('No space.');
  expect((await taskNow()).status).toBe('queued');
  await runner.complete(await runner.claim());
  await transitionTask(core, user, { taskId: task.id, to: 'queued' });
  await fail('No space.');
  expect((await taskNow()).status).toBe('queued');
});

test('lost runners are no failures of the task, and limits of use neither', async () => {
  for (let times = 0; times < 4; times += 1) {
    const held = await runner.claim();
    await endLease(core, held.spec.runId);
    await sweepLeases(core);
  }
  await fail('No space.');
  await fail('Come back later.', { reason: 'quota' });
  expect((await taskNow()).status).toBe('queued');
});

test('a long message leaves room for what to do', async () => {
  for (let times = 0; times < 3; times += 1) await fail('x'.repeat(2_000));
  expect((await taskNow()).blockedReason).toMatch(
    /xxx… Change the task, its agent or the machine, then queue it again\.$/,
  );
});
