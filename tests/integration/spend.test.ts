import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RunMetrics, RunResult } from '#contract/run-result.ts';
import type { UserActor } from '#core/access/actor.ts';
import { updateAgent } from '#core/agents/write-agent.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { deleteTask } from '#core/tasks/delete-task.ts';
import { removeModelPrice, setModelPrice } from '#core/spend/model-prices.ts';
import { addUpSpend, readAgentSpend, readProjectSpend, readTaskSpend, spendSpan } from '#core/spend/read-spend.ts';
import type { Spend } from '#core/spend/read-spend.ts';
import { addUpSpendDays, mendSpendDays } from '#core/spend/spend-days.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import type { Agent, AgentRun, Project } from '#prisma/generated/client/client.ts';
import { failed, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let core: Core;
let admin: UserActor;
let user: UserActor;
let project: Project;
let agent: Agent;
let runner: ReturnType<typeof runnerSide>;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  admin = await seeder(core).user({ isAdmin: true });
  user = await seeder(core).user();
});
beforeEach(async () => {
  project = await seeder(core).project(user);
  agent = await seeder(core).agent(project);
  await seeder(core).configure(agent, { concurrency: 50 });
  runner = runnerSide(core, (await seeder(core).runner(undefined, { capacity: 100, projectIds: [project.id] })).actor);
});
afterAll(() => system.close());

const METRICS: RunMetrics = {
  wallSeconds: 1,
  cpuSeconds: null,
  peakMemoryBytes: null,
  lines: 0,
  inputTokens: null,
  cachedInputTokens: null,
  outputTokens: null,
  costUsd: null,
};
const using = (metrics: Partial<RunMetrics>): Partial<RunResult> => ({ metrics: { ...METRICS, ...metrics } });
const NOTHING: Spend = {
  runs: 0,
  wallSeconds: 0,
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
  unknownCostRuns: 0,
};

/** An attempt at a task of its own. */
async function endRun(changes: Partial<RunResult>): Promise<AgentRun> {
  await scheduledTask(core, user, project, agent);
  return runner.complete(await runner.claim(), changes);
}
const costOf = ({ costUsd, costIsEstimated }: AgentRun) => [costUsd === null ? null : Number(costUsd), costIsEstimated];

async function projectSpend(): Promise<Spend> {
  return addUpSpend(await readProjectSpend(core, project.id, await spendSpan(core, {})));
}

describe('what a run cost', () => {
  const MODEL = `model-${newId().slice(-6)}`;
  const price = (validFrom: string, inputUsd: number) =>
    setModelPrice(core, admin, { model: MODEL, validFrom, inputUsd, cachedInputUsd: inputUsd / 10, outputUsd: 10 });
  const tokens = { inputTokens: 1_000_000, cachedInputTokens: 500_000, outputTokens: 100_000 };

  test('is what its program reports, and not estimated beside that', async () => {
    await price('2020-01-01', 2);
    await seeder(core).configure(agent, { concurrency: 50, model: MODEL });
    const run = await endRun(using({ ...tokens, costUsd: 0.25 }));
    expect(costOf(run)).toEqual([0.25, false]);
    expect([run.inputTokens, run.cachedInputTokens, run.outputTokens]).toEqual([1_000_000n, 500_000n, 100_000n]);
  });

  test('is estimated by the price of its model at its time, cached tokens by theirs', async () => {
    await price('2020-01-01', 2);
    await price('2999-01-01', 50);
    await seeder(core).configure(agent, { concurrency: 50, model: MODEL });
    const run = await endRun(using(tokens));
    // 0.5 × 2.00 in, 0.5 × 0.20 from the cache, 0.1 × 10.00 out
    expect(costOf(run)).toEqual([2.1, true]);
    expect(run.model).toBe(MODEL);
  });

  test('is estimated for the model that it was claimed with, whatever its agent is configured with since', async () => {
    await price('2020-01-01', 2);
    await seeder(core).configure(agent, { concurrency: 50, model: MODEL });
    await scheduledTask(core, user, project, agent);
    const held = await runner.claim();
    await seeder(core).configure(agent, { concurrency: 50, model: 'another' });
    expect(costOf(await runner.complete(held, using(tokens)))).toEqual([2.1, true]);
  });

  test.each([
    ['its model has no price', 'nobody-knows', tokens],
    ['no model is named', null, tokens],
    ['its tokens are not known', MODEL, {}],
    ['half of its tokens are not known', MODEL, { inputTokens: 10 }],
    ['what it reports can not be', null, { costUsd: 1e300 }],
  ])('is not known, and not 0, when %s', async (_why, model, metrics) => {
    await price('2020-01-01', 2);
    await seeder(core).configure(agent, { concurrency: 50, model });
    expect(costOf(await endRun(using(metrics)))).toEqual([null, null]);
  });

  test('stays what it was when prices change', async () => {
    const set = await price('2020-01-01', 2);
    await seeder(core).configure(agent, { concurrency: 50, model: MODEL });
    const run = await endRun(using(tokens));
    expect((await price('2020-01-01', 4)).id).toBe(set.id);
    await removeModelPrice(core, admin, set.id);
    expect(costOf(await core.db.agentRun.findUniqueOrThrow({ where: { id: run.id } }))).toEqual([2.1, true]);
    await expect(removeModelPrice(core, admin, set.id)).rejects.toThrow(/price/);
  });

  test('has prices that only administrators set and take back', async () => {
    const set = await price('2020-01-01', 2);
    await expect(setModelPrice(core, user, { ...PRICE, model: MODEL })).rejects.toThrow(/administrator/);
    await expect(removeModelPrice(core, user, set.id)).rejects.toThrow(/administrator/);
    await expect(setModelPrice(core, admin, { ...PRICE, model: MODEL, inputUsd: -1 })).rejects.toThrow(/negative/);
    await expect(setModelPrice(core, admin, { ...PRICE, model: MODEL, validFrom: '2026-02-30' })).rejects.toThrow();
  });
  const PRICE = { validFrom: '2021-01-01', inputUsd: 1, cachedInputUsd: 1, outputUsd: 1 };
});

describe('what was spent', () => {
  test('is nothing before anything has run', async () => {
    expect(await projectSpend()).toEqual(NOTHING);
  });

  test('is summed by day, agent, and task; runs whose cost is not known are counted beside', async () => {
    const other = await seeder(core).agent(project, 'qa');
    const task = await scheduledTask(core, user, project, agent);
    await runner.complete(await runner.claim(), {
      ...failed,
      ...using({ inputTokens: 10, outputTokens: 5, costUsd: 1 }),
    });
    await endRun(using({ costUsd: 0.5 }));
    await scheduledTask(core, user, project, other);
    await runner.complete(await runner.claim(), {});
    const first = await core.db.agentRun.findFirstOrThrow({ where: { taskId: task.id, attempt: 1 } });

    expect(await projectSpend()).toMatchObject({
      runs: 3,
      costUsd: 1.5,
      unknownCostRuns: 1,
      inputTokens: 10,
      outputTokens: 5,
    });
    const span = await spendSpan(core, {});
    const [ofAgent, ofOther] = await readAgentSpend(core, [agent.id, other.id], span);
    expect(ofAgent).toMatchObject({ runs: 2, costUsd: 1.5, unknownCostRuns: 0 });
    expect(ofOther).toMatchObject({ runs: 1, costUsd: 0, unknownCostRuns: 1 });
    const [ofTask] = await readTaskSpend(core, [task.id]);
    expect(ofTask).toMatchObject({ runs: 1, costUsd: 1, outputTokens: 5 });
    const wall = (first.finishedAt?.getTime() ?? 0) - (first.startedAt?.getTime() ?? 0);
    expect(Math.abs((ofTask?.wallSeconds ?? 0) - wall / 1000)).toBeLessThan(0.01);
    const days = await readProjectSpend(core, project.id, span);
    expect(days.map(({ day }) => day)).toEqual([span.to, span.to]);
  });

  test('of days that are not asked for is left out, and spans are checked', async () => {
    await endRun(using({ costUsd: 0.5 }));
    expect(await readProjectSpend(core, project.id, await spendSpan(core, { to: '2020-01-31' }))).toEqual([]);
    expect(await spendSpan(core, { to: '2020-01-31' })).toEqual({ from: '2020-01-25', to: '2020-01-31' });
    await expect(spendSpan(core, { from: '2020-02-01', to: '2020-01-31' })).rejects.toThrow(/days/);
    await expect(spendSpan(core, { from: '2020-01-01', to: '2021-01-31' })).rejects.toThrow(/days/);
    await expect(spendSpan(core, { from: 'yesterday' })).rejects.toThrow(/day/);
  });

  test('counts no merge, and no run that never started', async () => {
    const task = await scheduledTask(core, user, project, agent);
    await transitionTask(core, user, { taskId: task.id, to: 'canceled' });
    const { id, projectId } = await scheduledTask(core, user, project, agent);
    await core.pool.query(
      `insert into agent_runs (id, project_id, agent_id, task_id, kind, attempt, status, reason, started_at, finished_at)
       values ($1, $2, $3, $4, 'merge', 1, 'completed', 'ok', now(), now())`,
      [newId(), projectId, agent.id, id],
    );
    expect(await projectSpend()).toEqual(NOTHING);
  });

  test('stays spent when its task is deleted, and is not found missing', async () => {
    const run = await endRun(using({ costUsd: 0.5 }));
    const task = await core.db.task.findUniqueOrThrow({ where: { id: run.taskId ?? '' } });
    await transitionTask(core, user, { taskId: task.id, to: 'canceled' });
    await deleteTask(core, user, { taskId: task.id });
    await core.pool.query('delete from agent_runs where id = $1', [run.id]);
    expect(await projectSpend()).toMatchObject({ runs: 1, costUsd: 0.5 });
    expect(await mended()).toEqual([]);
  });

  test('is added up without a change, also while runs end and when two do it', async () => {
    for (let i = 0; i < 24; i += 1) await scheduledTask(core, user, project, agent);
    const held = [];
    for (let i = 0; i < 24; i += 1) held.push(await runner.claim());
    for (const each of held.slice(0, 21)) await runner.complete(each, using({ costUsd: 0.1 }));
    await Promise.all([
      addUpSpendDays(core),
      addUpSpendDays(core),
      ...held.slice(21).map((each) => runner.complete(each, using({ costUsd: 0.1 }))),
    ]);
    const { runs, costUsd } = await projectSpend();
    expect([runs, costUsd]).toEqual([24, expect.closeTo(2.4)]);
    const { rows } = await core.pool.query('select 1 from run_spend_days where project_id = $1', [project.id]);
    expect(rows.length).toBeLessThan(10);
    expect(await mended()).toEqual([]);
  });

  test.each([
    ['missing', 'delete from run_spend_days where project_id = $1', { countedRuns: 0, countedCostUsd: 0 }],
    [
      'too high',
      'update run_spend_days set runs = 5, cost_usd = 9 where project_id = $1',
      { countedRuns: 5, countedCostUsd: 9 },
    ],
  ])('that is %s is mended, and said', async (_how, plant, counted) => {
    await endRun(using({ costUsd: 0.5 }));
    await core.pool.query(plant, [project.id]);
    expect(await mended()).toEqual([
      expect.objectContaining({ projectId: project.id, agentId: agent.id, runs: 1, costUsd: 0.5, ...counted }),
    ]);
    expect(await projectSpend()).toMatchObject({ runs: 1, costUsd: 0.5 });
    expect(await mended()).toEqual([]);
  });
});

/** What mending finds wrong of the project. */
async function mended(): Promise<unknown[]> {
  const warn = vi.fn<(each: { projectId: string }) => void>();
  await mendSpendDays({ ...core, logger: { ...core.logger, warn } });
  return warn.mock.calls.map(([each]) => each).filter(({ projectId }) => projectId === project.id);
}

test('an agent keeps its other settings when its caps change', async () => {
  const caps = { perDay: { runs: 3, wallSeconds: null, tokens: null, costUsd: null } };
  const { configJson } = await updateAgent(core, user, { agentId: agent.id, caps });
  expect(configJson).toMatchObject({ caps, concurrency: 50 });
});
