import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Caps, ProjectCaps } from '#contract/caps.ts';
import type { RunResult } from '#contract/run-result.ts';
import type { UserActor } from '#core/access/actor.ts';
import { updateAgent } from '#core/agents/write-agent.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { RUNNERS_CHANNEL } from '#core/runners/commands.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import { stopRunsOverCaps } from '#core/spend/stop-over-caps.ts';
import { wakeForNewDay } from '#core/spend/wake-for-new-day.ts';
import type { Agent, AgentRun, Project, Task } from '#prisma/generated/client/client.ts';
import { endLease, failed, resultOf, runnerSide, scheduledTask, waitingReasonOf } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';

let system: TestSystem;
let core: Core;
let user: UserActor;
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
  await seeder(core).configure(agent, { concurrency: 10, retry: { maxAttempts: 5, baseDelayMs: 0, maxDelayMs: 0 } });
  runner = runnerSide(core, (await seeder(core).runner(undefined, { capacity: 50, projectIds: [project.id] })).actor);
});
afterAll(() => system.close());

const NONE: Caps = { runs: null, wallSeconds: null, tokens: null, costUsd: null };
const capAgent = (perDay: Partial<Caps>, of = agent) =>
  updateAgent(core, user, { agentId: of.id, caps: { perDay: { ...NONE, ...perDay } } });
const capProject = (caps: Partial<ProjectCaps>) => updateProject(core, user, { projectId: project.id, caps });
const costing = (costUsd: number): Partial<RunResult> => {
  const { metrics } = resultOf({ runId: '', branch: '' } as never);
  return { metrics: { ...metrics, inputTokens: 600, outputTokens: 400, costUsd } };
};
const scheduled = (of = agent): Promise<Task> => scheduledTask(core, user, project, of);
const endNext = async (changes: Partial<RunResult> = {}): Promise<AgentRun> =>
  runner.complete(await runner.claim(), changes);
const taskOf = ({ id }: Task) => core.db.task.findUniqueOrThrow({ where: { id } });
const runOf = ({ spec: { runId } }: HeldRun) => core.db.agentRun.findUniqueOrThrow({ where: { id: runId } });
/** The next entry of its activity. */
const tellsUse = async (held: HeldRun, use: { inputTokens: number; outputTokens: number; costUsd: number | null }) => {
  const { activityCount } = await runOf(held);
  await runner.appendActivity(held, activityCount, [{ kind: 'usage', item: 0, cachedInputTokens: 0, ...use }]);
};
/** As if the run had begun so long ago. */
const workedFor = (held: HeldRun, seconds: number) =>
  core.pool.query(`update agent_runs set started_at = clock_timestamp() - make_interval(secs => $2) where id = $1`, [
    held.spec.runId,
    seconds,
  ]);
/** As if all that was spent had been spent on the day before. */
const dayGoesBy = () =>
  core.pool.query(
    `with days as (update run_spend_days set day = day - 1 where project_id = $1)
     update agent_runs set finished_at = finished_at - interval '1 day', started_at = started_at - interval '1 day'
      where project_id = $1 and finished_at is not null`,
    [project.id],
  );

describe('a cap on what an agent uses on a day', () => {
  test('of cost lets nothing more start, says how much was used, and ends with the day', async () => {
    await capAgent({ costUsd: 5 });
    await scheduled();
    await endNext(costing(5.02));
    const task = await scheduled();
    expect(await runner.claimOrNull()).toBeNull();
    expect(await waitingReasonOf(core, task)).toBe(
      'The agent backend has used 5.02 of 5.00 USD today. It goes on at 00:00 UTC, or when the cap is raised.',
    );
    expect((await taskOf(task)).status).toBe('queued');
    await dayGoesBy();
    expect(await waitingReasonOf(core, task)).toBeNull();
    expect((await runner.claim()).spec.taskId).toBe(task.id);
  });

  test('of runs counts those at work, which are not stopped by it', async () => {
    await capAgent({ runs: 2 });
    const tasks = [await scheduled(), await scheduled(), await scheduled()];
    const held = [await runner.claim(), await runner.claim()];
    expect(await runner.claimOrNull()).toBeNull();
    expect(await waitingReasonOf(core, tasks[2] as Task)).toContain('has used 2 of 2 runs today.');
    expect(await stopRunsOverCaps(core)).toBe(0);
    await runner.complete(held[0] as HeldRun);
    expect(await runner.claimOrNull()).toBeNull();
  });

  test.each([
    [{ tokens: 1_000 }, 'has used 1,000 of 1,000 tokens today.'],
    [{ wallSeconds: 60 }, 'has used 2 of 1 minute of work today.'],
    [{ wallSeconds: 90 }, 'has used 120 of 90 seconds of work today.'],
  ] as const)('of %o is reached by what runs that ended have used', async (caps, words) => {
    await scheduled();
    const held = await runner.claim();
    await workedFor(held, 120);
    await runner.complete(held, costing(1));
    const task = await scheduled();
    await capAgent(caps);
    expect(await runner.claimOrNull()).toBeNull();
    expect(await waitingReasonOf(core, task)).toContain(words);
  });

  test('holds back no other agent', async () => {
    await capAgent({ runs: 1 });
    await scheduled();
    await endNext();
    await scheduled();
    const other = await scheduled(await seeder(core).agent(project, 'qa'));
    expect((await runner.claim()).spec.taskId).toBe(other.id);
  });

  test('that is raised or taken away lets it go on, and runners hear of it at once', async () => {
    await capAgent({ runs: 1 });
    await scheduled();
    await endNext();
    await scheduled();
    expect(await runner.claimOrNull()).toBeNull();
    const publish = vi.spyOn(core.bus, 'publish');
    await capAgent({ runs: 2 });
    expect(publish).toHaveBeenCalledWith(RUNNERS_CHANNEL, { type: 'work', projectId: project.id });
    publish.mockRestore();
    await endNext();
    await scheduled();
    expect(await runner.claimOrNull()).toBeNull();
    await capAgent({});
    expect(await runner.claimOrNull()).not.toBeNull();
  });
});

test('runners hear of a new day where something waits, and the next one is known', async () => {
  const idle = await seeder(core).project(user);
  await scheduled();
  const publish = vi.spyOn(core.bus, 'publish');
  const { rows } = await core.pool.query<{ ms: number }>(
    `select 86400000 - (extract(epoch from clock_timestamp()) * 1000)::bigint % 86400000 as ms`,
  );
  const ms = await wakeForNewDay(core);
  expect(publish).toHaveBeenCalledWith(RUNNERS_CHANNEL, { type: 'work', projectId: project.id });
  expect(publish).not.toHaveBeenCalledWith(RUNNERS_CHANNEL, { type: 'work', projectId: idle.id });
  publish.mockRestore();
  const apartMs = Math.abs(Number(rows[0]?.ms) - ms);
  expect(Math.min(apartMs, 86_400_000 - apartMs)).toBeLessThan(60_000);
});

describe('a cap of a project', () => {
  test('counts all of its agents, and is told in the state document and to members', async () => {
    const qa = await seeder(core).agent(project, 'qa');
    await capProject({ perDay: { ...NONE, costUsd: 2 } });
    await scheduled();
    await endNext(costing(1));
    await scheduled(qa);
    await endNext(costing(1));
    const task = await scheduled();
    expect(await runner.claimOrNull()).toBeNull();
    expect(await waitingReasonOf(core, task)).toContain('The project has used 2.00 of 2.00 USD today.');
    const told = await core.db.realtimeEvent.findMany({
      where: { projectId: project.id, eventType: 'project.updated' },
    });
    expect(JSON.stringify(told.map(({ payload }) => payload))).toContain('"what":["caps"]');
    await capProject({});
    expect((await runner.claim()).spec.taskId).toBe(task.id);
  });

  test('is never passed by claims that come at once, each for a run of its own', async () => {
    await capProject({ perDay: { ...NONE, runs: 1 } });
    const sides = [];
    for (const name of ['frontend', 'backend', 'qa', 'infra', 'docs']) {
      const each = await seeder(core).agent(project, name);
      await seeder(core).configure(each, { labels: [name] });
      await scheduled(each);
      const { actor } = await seeder(core).runner(undefined, { labels: [name], projectIds: [project.id] });
      sides.push(runnerSide(core, actor));
    }
    const claims = await Promise.all(sides.map((side) => side.claimOrNull()));
    expect(claims.filter((claim) => claim !== null)).toHaveLength(1);
  });

  test('is not passed by a claim that counts while another one, not yet committed, takes the last place', async () => {
    await capProject({ runsAtOnce: 1 });
    const sides = [];
    for (const name of ['frontend', 'qa']) {
      const each = await seeder(core).agent(project, name);
      await seeder(core).configure(each, { labels: [name] });
      await scheduled(each);
      const { actor } = await seeder(core).runner(undefined, { labels: [name], projectIds: [project.id] });
      sides.push(runnerSide(core, actor));
    }
    // Every change of a project takes its row as its last: a claim that waits for it has counted already.
    const holder = await core.pool.connect();
    await holder.query('begin');
    const [{ pid }] = (await holder.query('select pg_backend_pid() as pid')).rows as [{ pid: number }];
    await holder.query('select 1 from projects where id = $1 for no key update', [project.id]);
    /** Sessions that wait for that row, and those that wait behind them. */
    const waiting = async (): Promise<number> => {
      const { rows } = await core.pool.query<{ count: number }>(
        `with recursive behind (pid) as (
           select $1::int
           union select a.pid from pg_stat_activity a join behind on behind.pid = any(pg_blocking_pids(a.pid))
         ) select count(*)::int - 1 as count from behind`,
        [pid],
      );
      return rows[0]?.count ?? 0;
    };
    try {
      const claims = [];
      for (const [index, side] of sides.entries()) {
        claims.push(side.claimOrNull());
        await until(waiting, (count) => count === index + 1);
      }
      await holder.query('commit');
      expect((await Promise.all(claims)).map((claim) => claim !== null)).toEqual([true, false]);
    } finally {
      holder.release(true);
    }
  });

  test('of runs at once holds the others back until one has ended', async () => {
    await capProject({ runsAtOnce: 1 });
    await scheduled();
    const task = await scheduled(await seeder(core).agent(project, 'qa'));
    const held = await runner.claim();
    expect(await runner.claimOrNull()).toBeNull();
    expect(await waitingReasonOf(core, task)).toBe('The project already has 1 run at work.');
    await runner.complete(held);
    expect((await runner.claim()).spec.taskId).toBe(task.id);
  });

  test('for each task holds back that task alone, though it stands first', async () => {
    await capProject({ perTask: { ...NONE, costUsd: 1 } });
    const task = await scheduled();
    await endNext({ ...failed, ...costing(1.5) });
    const behind = await scheduled();
    expect(await taskOf(task)).toMatchObject({ status: 'queued' });
    expect(await waitingReasonOf(core, task)).toBe(
      'The task has used 1.50 of 1.00 USD. It goes on when the cap is raised.',
    );
    expect(await waitingReasonOf(core, behind)).toBeNull();
    expect((await runner.claim()).spec.taskId).toBe(behind.id);
    expect(await runner.claimOrNull()).toBeNull();
    await dayGoesBy();
    expect(await runner.claimOrNull()).toBeNull();
    await capProject({ perTaskDay: { ...NONE, costUsd: 1 } });
    expect((await runner.claim()).spec.taskId).toBe(task.id);
  });

  test('for each task and day ends with the day', async () => {
    await capProject({ perTaskDay: { ...NONE, runs: 1 } });
    const task = await scheduled();
    await endNext(failed);
    expect(await waitingReasonOf(core, task)).toContain('The task has used 1 of 1 run today.');
    expect(await runner.claimOrNull()).toBeNull();
    await dayGoesBy();
    expect((await runner.claim()).spec.taskId).toBe(task.id);
  });

  test('is changed by owners only, and is no less than something', async () => {
    const stranger = await seeder(core).user();
    await expect(updateProject(core, stranger, { projectId: project.id, caps: {} })).rejects.toThrow(/project/);
    await expect(capProject({ runsAtOnce: 0 })).rejects.toThrow(/one run/);
    await expect(capAgent({ costUsd: -1 })).rejects.toThrow(/cent/);
  });
});

describe('a run at work whose cap is reached', () => {
  test('is stopped; its task waits with the reason, and no attempt is used up', async () => {
    await capAgent({ wallSeconds: 600 });
    const task = await scheduled();
    const held = await runner.claim();
    expect(await stopRunsOverCaps(core)).toBe(0);
    await workedFor(held, 601);
    expect(await stopRunsOverCaps(core)).toBe(1);
    expect(await stopRunsOverCaps(core)).toBe(0);
    const words =
      'The agent backend has used 10 of 10 minutes of work today. It goes on at 00:00 UTC, or when the cap is raised.';
    const ended = await runner.complete(held, { ...failed, message: 'Killed.' });
    expect(ended).toMatchObject({ status: 'canceled', reason: 'budget', message: words });
    expect(await taskOf(task)).toMatchObject({ status: 'queued', heldBy: null });
    expect(await waitingReasonOf(core, task)).toBe(words);
    expect(await runner.claimOrNull()).toBeNull();
    const trail = JSON.stringify(await core.db.taskEvent.findMany({ where: { taskId: task.id } }));
    expect(trail).toContain(words);

    await seeder(core).configure(agent, { retry: { maxAttempts: 1, baseDelayMs: 0, maxDelayMs: 0 } });
    const next = await runner.claim();
    expect(next.spec.taskId).toBe(task.id);
    await runner.complete(next);
    expect((await taskOf(task)).status).toBe('needs_review');
  });

  test('counts together with the others that are at work', async () => {
    await capProject({ perDay: { ...NONE, wallSeconds: 600 } });
    await scheduled();
    await scheduled(await seeder(core).agent(project, 'qa'));
    const held = [await runner.claim(), await runner.claim()];
    for (const each of held) await workedFor(each, 290);
    expect(await stopRunsOverCaps(core)).toBe(0);
    for (const each of held) await workedFor(each, 305);
    expect(await stopRunsOverCaps(core)).toBe(2);
  });

  test('is stopped by the cost of another, and by what it has told of its own', async () => {
    await capAgent({ costUsd: 1 });
    await scheduled();
    await scheduled();
    const [one, two] = [await runner.claim(), await runner.claim()];
    await tellsUse(one, { inputTokens: 100, outputTokens: 10, costUsd: 0.2 });
    await tellsUse(one, { inputTokens: 300, outputTokens: 20, costUsd: 0.4 });
    expect(await stopRunsOverCaps(core)).toBe(0);
    await runner.complete(two, costing(0.7));
    expect(await stopRunsOverCaps(core)).toBe(1);
    expect((await runOf(one)).stopWords).toContain('has used 1.10 of 1.00 USD today.');
  });

  test('is stopped by its tokens, whose cost is known by the price of its model, and they stay when its runner is lost', async () => {
    await core.db.modelPrice.create({
      data: {
        id: newId(),
        model: 'm-1',
        validFrom: new Date(0),
        inputUsd: 3,
        cachedInputUsd: 1,
        outputUsd: 10,
        changedBy: 'a test',
      },
    });
    await seeder(core).configure(agent, { model: 'm-1' });
    await capAgent({ tokens: 1_000 });
    await scheduled();
    const held = await runner.claim();
    await tellsUse(held, { inputTokens: 800, outputTokens: 100, costUsd: null });
    expect(await stopRunsOverCaps(core)).toBe(0);
    await tellsUse(held, { inputTokens: 900, outputTokens: 200, costUsd: null });
    expect(await stopRunsOverCaps(core)).toBe(1);
    await endLease(core, held.spec.runId);
    await sweepLeases(core);
    const { inputTokens, outputTokens, costUsd, costIsEstimated } = await runOf(held);
    expect({ inputTokens, outputTokens, costUsd: Number(costUsd), costIsEstimated }).toEqual({
      inputTokens: 900n,
      outputTokens: 200n,
      costUsd: (900 * 3 + 200 * 10) / 1_000_000,
      costIsEstimated: true,
    });
    // An ended run has said its last: what comes late is shown, and changes no sum.
    await tellsUse(held, { inputTokens: 5_000, outputTokens: 200, costUsd: null });
    expect((await runOf(held)).inputTokens).toBe(900n);
  });

  test('waits all the same when its runner was lost on the way', async () => {
    await capProject({ perTask: { ...NONE, wallSeconds: 60 } });
    const task = await scheduled();
    const held = await runner.claim();
    await workedFor(held, 61);
    expect(await stopRunsOverCaps(core)).toBe(1);
    await endLease(core, held.spec.runId);
    await sweepLeases(core);
    expect(await runOf(held)).toMatchObject({ status: 'timed_out', reason: 'runner_lost' });
    expect(await taskOf(task)).toMatchObject({ status: 'queued', heldBy: null });
    expect(await waitingReasonOf(core, task)).toContain('The task has used 1 of 1 minute of work.');
  });

  test('has done its work when it ends well before it hears of it', async () => {
    await capAgent({ wallSeconds: 60 });
    const task = await scheduled();
    const held = await runner.claim();
    await workedFor(held, 61);
    await stopRunsOverCaps(core);
    expect(await runner.complete(held)).toMatchObject({ status: 'completed' });
    expect((await taskOf(task)).status).toBe('needs_review');
  });
});
