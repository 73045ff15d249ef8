import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { RunReason } from '#contract/enums.ts';
import type { RunResult } from '#contract/run-result.ts';
import type { UserActor } from '#core/access/actor.ts';
import { wakeParkedAgent } from '#core/agents/park-agent.ts';
import { resumeAgent } from '#core/agents/resume-agent.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import type { Agent, AgentRun, Project, Task } from '#prisma/generated/client/client.ts';
import { failed, runnerSide, scheduledTask, waitingReasonOf } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

const HOUR_MS = 3_600_000;

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

const agentNow = () => core.db.agent.findUniqueOrThrow({ where: { id: agent.id } });
const taskOf = (task: Task) => core.db.task.findUniqueOrThrow({ where: { id: task.id } });
const ended = (reason: RunReason, changes: Partial<RunResult> = {}): Partial<RunResult> => ({
  ...failed,
  reason,
  message: 'It could not go on.',
  ...changes,
});
const quota = (resetsAt: Date | null = null) => ended('quota', { resetsAt: resetsAt?.toISOString() ?? null });

/** The agent's next run, ended so. */
async function endNext(changes: Partial<RunResult>): Promise<AgentRun> {
  return runner.complete(await runner.claim(), changes);
}

/** As if the pause had gone by, on the database's clock. */
async function endPause(): Promise<void> {
  await core.pool.query(`update agents set parked_until = clock_timestamp() - interval '1 second' where id = $1`, [
    agent.id,
  ]);
}

async function pauseMs(): Promise<number> {
  const { rows } = await core.pool.query<{ ms: number | null }>(
    `select (extract(epoch from parked_until - clock_timestamp()) * 1000)::float8 as ms from agents where id = $1`,
    [agent.id],
  );
  return rows[0]?.ms ?? 0;
}

describe('a limit of use', () => {
  test('parks its agent until the time it says; every task of it waits, and goes on by itself', async () => {
    const resetsAt = new Date(Date.now() + 5 * HOUR_MS);
    const task = await scheduledTask(core, user, project, agent);
    const behind = await scheduledTask(core, user, project, agent);
    const run = await endNext(quota(resetsAt));
    expect(run).toMatchObject({ status: 'failed', reason: 'quota' });
    expect((await agentNow()).parkedUntil).toEqual(resetsAt);
    expect(await taskOf(task)).toMatchObject({ status: 'queued', blockedReason: null });
    expect(await runner.claimOrNull()).toBeNull();
    const until = resetsAt.toISOString().slice(0, 16).replace('T', ' ');
    const words = `The limit of use of the agent ${agent.name} is reached until ${until} UTC.`;
    expect(await waitingReasonOf(core, task)).toBe(words);
    expect(await waitingReasonOf(core, behind)).toBe(words);

    await endPause();
    await wakeParkedAgent(core, agent.id);
    const claimed = [(await runner.claim()).spec.taskId, (await runner.claim()).spec.taskId];
    expect(claimed.sort()).toEqual([task.id, behind.id].sort());
  });

  test('does not keep another agent from its work', async () => {
    const other = await seeder(core).agent(project, 'qa');
    await scheduledTask(core, user, project, agent);
    await endNext(quota());
    const task = await scheduledTask(core, user, project, other);
    expect((await runner.claim()).spec.taskId).toBe(task.id);
  });

  test('uses up no attempt, however often', async () => {
    await setRetry(2);
    const task = await scheduledTask(core, user, project, agent);
    for (let times = 0; times < 3; times += 1) {
      await endNext(quota());
      await endPause();
    }
    await endNext(ended('exit_code'));
    expect(await taskOf(task)).toMatchObject({ status: 'queued' });
    await endNext(ended('exit_code'));
    expect(await taskOf(task)).toMatchObject({ status: 'failed' });
  });

  test('is waited for longer each time in a row when its end is not said, and anew after good work', async () => {
    await scheduledTask(core, user, project, agent);
    const pauses: number[] = [];
    for (let times = 0; times < 4; times += 1) {
      await endNext(quota());
      pauses.push(Math.round((await pauseMs()) / 60_000));
      await endPause();
    }
    expect(pauses).toEqual([15, 60, 300, 300]);
    await endNext({});
    expect(await agentNow()).toMatchObject({ parkedUntil: null, parkedTimes: 0 });
    await scheduledTask(core, user, project, agent);
    await endNext(quota());
    expect(Math.round((await pauseMs()) / 60_000)).toBe(15);
  });

  test('that two runs meet together is one pause, until the later of the times', async () => {
    await scheduledTask(core, user, project, agent);
    await scheduledTask(core, user, project, agent);
    const [one, two] = [await runner.claim(), await runner.claim()];
    const later = new Date(Date.now() + 3 * HOUR_MS);
    await runner.complete(one, quota(later));
    await runner.complete(two, quota(new Date(Date.now() + HOUR_MS)));
    expect(await agentNow()).toMatchObject({ parkedUntil: later, parkedTimes: 1 });
  });

  test('whose time has gone by already is not met again at once', async () => {
    await scheduledTask(core, user, project, agent);
    await endNext(quota(new Date(Date.now() - HOUR_MS)));
    expect(await pauseMs()).toBeGreaterThan(30_000);
    expect(await runner.claimOrNull()).toBeNull();
  });

  test('is no longer waited for when a person says so', async () => {
    const task = await scheduledTask(core, user, project, agent);
    await endNext(quota(new Date(Date.now() + HOUR_MS)));
    await resumeAgent(core, user, { agentId: agent.id });
    expect((await runner.claim()).spec.taskId).toBe(task.id);
  });
});

describe('an agent that is not signed in', () => {
  test('gets no task until a person says that it is, and is asked about once', async () => {
    const task = await scheduledTask(core, user, project, agent);
    await scheduledTask(core, user, project, agent);
    const [one, two] = [await runner.claim(), await runner.claim()];
    await runner.complete(one, ended('sign_in_needed'));
    const since = (await agentNow()).signInNeededSince;
    expect(since).not.toBeNull();
    await runner.complete(two, ended('sign_in_needed'));
    expect((await agentNow()).signInNeededSince).toEqual(since);
    expect(await taskOf(task)).toMatchObject({ status: 'queued' });
    expect(await waitingReasonOf(core, task)).toBe(`The agent ${agent.name} is not signed in.`);
    expect(await runner.claimOrNull()).toBeNull();

    await resumeAgent(core, user, { agentId: agent.id });
    const claimed = [(await runner.claim()).spec.taskId, (await runner.claim()).spec.taskId];
    expect(claimed).toContain(task.id);
    const told = await core.db.realtimeEvent.findMany({ where: { projectId: project.id, eventType: 'agent.updated' } });
    expect(JSON.stringify(told.map(({ payload }) => payload))).toContain('"what":["pause"]');
  });

  test('may not be signed in by who may only look', async () => {
    const viewer = await seeder(core).user();
    await core.db.projectMember.create({
      data: { id: newId(), projectId: project.id, userId: viewer.userId, role: 'viewer' },
    });
    await expect(resumeAgent(core, viewer, { agentId: agent.id })).rejects.toThrow(/maintainer/);
    const stranger = await seeder(core).user();
    await expect(resumeAgent(core, stranger, { agentId: agent.id })).rejects.toThrow(/agent/);
  });
});

describe('what a second attempt may cure', () => {
  test.each(['rate_limited', 'overloaded', 'agent_crashed'] as const)('%s is tried again', async (reason) => {
    await setRetry(2);
    const task = await scheduledTask(core, user, project, agent);
    await endNext(ended(reason));
    expect(await taskOf(task)).toMatchObject({ status: 'queued' });
    expect((await agentNow()).parkedUntil).toBeNull();
  });

  test.each(['refused', 'nothing_done', 'context_full', 'model_unknown', 'permission_denied', 'cut_off'] as const)(
    '%s is not',
    async (reason) => {
      await setRetry(5);
      const task = await scheduledTask(core, user, project, agent);
      await endNext(ended(reason));
      expect(await taskOf(task)).toMatchObject({ status: 'failed' });
    },
  );

  test('a provider that says when to come back is not asked before', async () => {
    await setRetry(2);
    await scheduledTask(core, user, project, agent);
    await endNext(ended('rate_limited', { resetsAt: new Date(Date.now() + 120_000).toISOString() }));
    expect(await runner.claimOrNull()).toBeNull();
    const next = await core.db.agentRun.findFirstOrThrow({ where: { agentId: agent.id, status: 'pending' } });
    expect((next.notBefore?.getTime() ?? 0) - Date.now()).toBeGreaterThan(100_000);
  });
});

async function setRetry(maxAttempts: number): Promise<void> {
  const { configJson } = await agentNow();
  const retry = { maxAttempts, baseDelayMs: 0, maxDelayMs: 0 };
  await core.db.agent.update({
    where: { id: agent.id },
    data: { configJson: { ...(configJson as object), retry } },
  });
}
