import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import { commentOnTask } from '#core/tasks/comment-on-task.ts';
import type { Agent, Project, Task } from '#prisma/generated/client/client.ts';
import { endLease, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { errorOf, until } from '#tests/kit/until.ts';

let system: TestSystem;
let core: Core;
let user: UserActor;
let project: Project;
let agent: Agent;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  user = await seeder(core).user();
});
beforeEach(async () => {
  project = await seeder(core).project(user);
  agent = await seeder(core).agent(project);
});
afterAll(() => system.close());

const runnerOf = async (options: { capacity?: number; labels?: string[] } = {}) =>
  runnerSide(core, (await seeder(core).runner(undefined, { projectIds: [project.id], ...options })).actor);
const claimsOf = async (claims: Promise<HeldRun | null>[]): Promise<HeldRun[]> =>
  (await Promise.all(claims)).filter((held) => held !== null);

describe('many claims at once', () => {
  test('50 runners that claim one run: one gets it', async () => {
    await scheduledTask(core, user, project, agent);
    const runners = await Promise.all(Array.from({ length: 50 }, () => runnerOf()));
    const held = await claimsOf(runners.map((runner) => runner.claimOrNull()));
    expect(held).toHaveLength(1);
    expect(await core.db.agentRun.count({ where: { projectId: project.id, status: 'started' } })).toBe(1);
    expect(
      await core.db.taskEvent.count({ where: { taskId: held[0]?.spec.taskId ?? '', eventType: 'status_changed' } }),
    ).toBe(1);
  });

  test('50 claims over 30 runs: each run once, and all of them', async () => {
    await seeder(core).configure(agent, { concurrency: 100 });
    for (let i = 0; i < 30; i += 1) await scheduledTask(core, user, project, agent, { title: `Task ${i}` });
    const runners = await Promise.all(Array.from({ length: 10 }, () => runnerOf({ capacity: 5 })));
    const held = await claimsOf(runners.flatMap((runner) => Array.from({ length: 5 }, () => runner.claimOrNull())));
    expect(new Set(held.map(({ spec }) => spec.runId)).size).toBe(30);
    expect(held).toHaveLength(30);
  });

  test('a runner never gets more than its capacity', async () => {
    await seeder(core).configure(agent, { concurrency: 100 });
    for (let i = 0; i < 12; i += 1) await scheduledTask(core, user, project, agent, { title: `Task ${i}` });
    for (const capacity of [3, 1]) {
      const runner = await runnerOf({ capacity });
      expect(await claimsOf(Array.from({ length: 50 }, () => runner.claimOrNull()))).toHaveLength(capacity);
    }
  });

  test('an agent never has more runs than its concurrency, whoever claims', async () => {
    await seeder(core).configure(agent, { concurrency: 3 });
    for (let i = 0; i < 20; i += 1) await scheduledTask(core, user, project, agent, { title: `Task ${i}` });
    const runners = await Promise.all(Array.from({ length: 10 }, () => runnerOf({ capacity: 5 })));
    expect(
      await claimsOf(runners.flatMap((runner) => Array.from({ length: 5 }, () => runner.claimOrNull()))),
    ).toHaveLength(3);
    expect(
      await core.db.agentRun.count({ where: { agentId: agent.id, status: { in: ['started', 'streaming'] } } }),
    ).toBe(3);
  });

  test('a claim is not turned away because somebody happens to hold the task for a moment', async () => {
    const task = await scheduledTask(core, user, project, agent);
    const runner = await runnerOf();
    const other = await core.pool.connect();
    await other.query('begin');
    await other.query('select 1 from tasks where id = $1 for no key update', [task.id]);
    const claim = runner.claimOrNull();
    // The claim has met the lock when PostgreSQL says that it waits; without that it has given up.
    const waits = until(
      async () =>
        (
          await core.pool.query(
            `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          )
        ).rowCount,
      (count) => count !== 0,
    );
    expect(await Promise.race([claim, waits.then(() => 'waits')])).toBe('waits');
    await other.query('commit');
    other.release();
    expect((await claim)?.spec.taskId).toBe(task.id);
  });

  test('claims, comments and cycles of the same tasks at once end without a deadlock', async () => {
    await seeder(core).configure(agent, { concurrency: 100 });
    const tasks = [];
    for (let i = 0; i < 10; i += 1) tasks.push(await scheduledTask(core, user, project, agent, { title: `Task ${i}` }));
    const runner = await runnerOf({ capacity: 50 });
    const answers = await Promise.allSettled(
      tasks.flatMap((task) => [
        runner.claimOrNull(),
        commentOnTask(core, user, { taskId: task.id, text: 'hm' }),
        runner.claimOrNull(),
      ]),
    );
    expect(answers.filter((answer) => answer.status === 'rejected')).toEqual([]);
    expect(await core.db.agentRun.count({ where: { projectId: project.id, status: 'started' } })).toBe(10);
  });
});

describe('the order of claims, while other transactions hold rows', () => {
  /** Does something while somebody else has the row of a task, or of its run. */
  async function whileHeld<T>(
    rows: 'tasks' | 'agent_runs',
    taskId: string,
    work: (letGo: () => Promise<void>) => Promise<T>,
  ): Promise<T> {
    const other = await core.pool.connect();
    let isHeld = true;
    const letGo = async (): Promise<void> => {
      if (isHeld) await other.query('commit');
      isHeld = false;
    };
    await other.query('begin');
    await other.query(`select 1 from ${rows} where ${rows === 'tasks' ? 'id' : 'task_id'} = $1 for no key update`, [
      taskId,
    ]);
    try {
      return await work(letGo);
    } finally {
      await letGo();
      other.release();
    }
  }
  const isWaiting = () =>
    until(
      async () =>
        (
          await core.pool.query(
            `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
          )
        ).rowCount,
      (count) => count !== 0,
    );

  test.each(['tasks', 'agent_runs'] as const)(
    'the first is waited for, and not passed over, when somebody holds its row of %s for a moment',
    async (rows) => {
      const first = await scheduledTask(core, user, project, agent, { title: 'first', priority: 1 });
      await scheduledTask(core, user, project, agent, { title: 'second', priority: 2 });
      const runner = await runnerOf();
      const claim = await whileHeld(rows, first.id, async (letGo) => {
        const asked = runner.claimOrNull();
        await Promise.race([asked, isWaiting()]);
        await letGo();
        return asked;
      });
      expect(claim?.spec.taskId).toBe(first.id);
    },
  );

  test('a first one that turns out not to be it gives way to the one that is', async () => {
    const first = await scheduledTask(core, user, project, agent, { title: 'first', priority: 1 });
    const second = await scheduledTask(core, user, project, agent, { title: 'second', priority: 2 });
    const runner = await runnerOf();
    const other = await core.pool.connect();
    await other.query('begin');
    await other.query('update tasks set priority = 5 where id = $1', [first.id]);
    const claim = runner.claimOrNull();
    await Promise.race([claim, isWaiting()]);
    await other.query('commit');
    other.release();
    expect((await claim)?.spec.taskId).toBe(second.id);
  });

  test('one that is held for long does not hold up the others', async () => {
    const first = await scheduledTask(core, user, project, agent, { title: 'first', priority: 1 });
    const second = await scheduledTask(core, user, project, agent, { title: 'second', priority: 2 });
    const runner = await runnerOf();
    expect((await whileHeld('tasks', first.id, () => runner.claimOrNull()))?.spec.taskId).toBe(second.id);
    expect((await runner.claim()).spec.taskId).toBe(first.id);
  });

  test('with one place, and comments, changes and heartbeats all the time, tasks start by priority, then age', async () => {
    await seeder(core).configure(agent, { concurrency: 1 });
    for (let round = 0; round < 2; round += 1) {
      const tasks: Task[] = [];
      for (const priority of [4, 2, 2, 1, 3, 1])
        tasks.push(await scheduledTask(core, user, project, agent, { title: `P${priority}`, priority }));
      const runners = [await runnerOf(), await runnerOf()];
      let isOver = false;
      const noise = async (): Promise<void> => {
        for (let n = 0; !isOver; n += 1) {
          const task = tasks[n % tasks.length];
          if (task) await commentOnTask(core, user, { taskId: task.id, text: 'hm' });
        }
      };
      const noises = [noise(), noise()];
      const started: number[] = [];
      while (started.length < tasks.length) {
        const [held] = await claimsOf(runners.map((runner) => runner.claimOrNull()));
        if (!held) continue;
        started.push(tasks.findIndex((task) => task.id === held.spec.taskId));
        await runnerSide(core, held.runner).complete(held);
      }
      isOver = true;
      await Promise.all(noises);
      expect(started).toEqual([3, 5, 1, 2, 4, 0]);
    }
  });
});

describe('a claim that is repeated', () => {
  test('its run is answered again: the same attempt under the same lease, whichever answer is heard', async () => {
    await seeder(core).configure(agent, { concurrency: 1 });
    const task = await scheduledTask(core, user, project, agent);
    const runner = await runnerOf({ capacity: 1 });
    const claimId = newId();
    const first = await runner.claimOrNull(claimId);
    const second = await runner.claimOrNull(claimId);
    if (!first || !second) throw new Error('Expected the same run twice');
    expect(second.spec).toEqual(first.spec);
    // Something on the way sent the claim twice: the runner may hear the first answer after the second was made.
    await runner.append(first, 0, ['a line']);
    expect(await core.db.agentRun.count({ where: { taskId: task.id } })).toBe(1);
    expect(await core.db.taskEvent.count({ where: { taskId: task.id, eventType: 'status_changed' } })).toBe(1);
    expect((await runner.complete(second, { lineCount: 1 })).status).toBe('completed');
  });

  test('a lease that has ended, but was not taken away yet, begins anew', async () => {
    await scheduledTask(core, user, project, agent);
    const runner = await runnerOf();
    const claimId = newId();
    const first = await runner.claimOrNull(claimId);
    await endLease(core, first?.spec.runId ?? '');
    const second = await runner.claimOrNull(claimId);
    expect(second?.spec.runId).toBe(first?.spec.runId);
    await sweepLeases(core);
    expect((await core.db.agentRun.findUniqueOrThrow({ where: { id: first?.spec.runId ?? '' } })).status).toBe(
      'started',
    );
  });

  test('once something was heard of the run, an old request gets nothing, and no other run either', async () => {
    await seeder(core).configure(agent, { concurrency: 100 });
    await scheduledTask(core, user, project, agent, { title: 'One' });
    const runner = await runnerOf();
    const claimId = newId();
    const held = await runner.claimOrNull(claimId);
    if (!held) throw new Error('Expected a run');
    await scheduledTask(core, user, project, agent, { title: 'Two' });
    await runner.append(held, 0, ['a line']);
    expect(await runner.claimOrNull(claimId)).toBeNull();
    await runner.complete(held, { lineCount: 1 });
    expect(await runner.claimOrNull(claimId)).toBeNull();
    expect((await runner.claimOrNull(newId()))?.spec.prompt.title).toBe('Two');
  });

  test('many at once under one id get one run, and another runner gets nothing by it', async () => {
    await seeder(core).configure(agent, { concurrency: 100 });
    for (let i = 0; i < 3; i += 1) await scheduledTask(core, user, project, agent, { title: `Task ${i}` });
    const [runner, stranger] = [await runnerOf(), await runnerOf()];
    const claimId = newId();
    const held = await claimsOf(Array.from({ length: 10 }, () => runner.claimOrNull(claimId)));
    expect([held.length, new Set(held.map(({ spec }) => spec.runId)).size]).toEqual([10, 1]);
    expect(await stranger.claimOrNull(claimId)).toBeNull();
    expect(await core.db.agentRun.count({ where: { projectId: project.id, status: 'started' } })).toBe(1);
  });

  test('an id that is none is refused', async () => {
    expect(await errorOf((await runnerOf()).claimOrNull('mine'))).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('who is given what', () => {
  test('the first priority first, then the oldest; merges before all', async () => {
    await seeder(core).configure(agent, { concurrency: 100 });
    const [low, first, second] = [
      await scheduledTask(core, user, project, agent, { title: 'low', priority: 5 }),
      await scheduledTask(core, user, project, agent, { title: 'first', priority: 1 }),
      await scheduledTask(core, user, project, agent, { title: 'second', priority: 1 }),
    ];
    const runner = await runnerOf();
    expect([
      (await runner.claim()).spec.taskId,
      (await runner.claim()).spec.taskId,
      (await runner.claim()).spec.taskId,
    ]).toEqual([first.id, second.id, low.id]);
  });

  test('a runner of another project gets nothing', async () => {
    await scheduledTask(core, user, project, agent);
    const other = await seeder(core).project(user, 'Other');
    const stranger = runnerSide(core, (await seeder(core).runner(undefined, { projectIds: [other.id] })).actor);
    expect(await stranger.claimOrNull()).toBeNull();
  });

  test('only a runner with all of the labels is given the run', async () => {
    await seeder(core).configure(agent, { labels: ['gpu', 'linux'] });
    const task = await scheduledTask(core, user, project, agent);
    expect(await (await runnerOf({ labels: ['gpu'] })).claimOrNull()).toBeNull();
    expect((await (await runnerOf({ labels: ['linux', 'gpu', 'big'] })).claim()).spec.taskId).toBe(task.id);
  });

  test('a cloud agent is reached by a runner with the label cloud only', async () => {
    await core.db.agent.update({ where: { id: agent.id }, data: { type: 'cloud' } });
    const task = await scheduledTask(core, user, project, agent);
    expect(await (await runnerOf()).claimOrNull()).toBeNull();
    expect((await (await runnerOf({ labels: ['cloud'] })).claim()).spec.taskId).toBe(task.id);
  });

  test('nothing starts in a paused project, and resuming starts it', async () => {
    await scheduledTask(core, user, project, agent);
    const runner = await runnerOf();
    await updateProject(core, user, { projectId: project.id, status: 'paused' });
    expect(await runner.claimOrNull()).toBeNull();
    await updateProject(core, user, { projectId: project.id, status: 'active' });
    await runner.claim();
  });

  test('a run whose agent has a configuration of an older form does not keep the others from starting', async () => {
    const old = await seeder(core).agent(project, 'frontend');
    const task = await scheduledTask(core, user, project, old, { priority: 1 });
    await core.db.agent.update({ where: { id: old.id }, data: { configJson: { commands: [['x']], shell: true } } });
    const good = await scheduledTask(core, user, project, agent, { priority: 2 });
    expect((await (await runnerOf()).claim()).spec.taskId).toBe(good.id);
    const blocked = await core.db.task.findUniqueOrThrow({ where: { id: task.id } });
    expect(blocked.status).toBe('blocked');
    expect(blocked.blockedReason).toContain('shell');
  });
});
