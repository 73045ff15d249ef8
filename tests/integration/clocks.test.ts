import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { runCycles } from '#core/cycles/run-cycle.ts';
import { runOrchestrator } from '#core/cycles/run-orchestrator.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { grantRepository, revokeRepository } from '#core/repositories/grant-repository.ts';
import { answerRepositoryCheck, reportRepositories } from '#core/repositories/report-repositories.ts';
import { registerRunner } from '#core/runners/connection.ts';
import { askRunner, openRequests } from '#core/runners/runner-requests.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import { startTask } from '#core/tasks/start-task.ts';
import { updateTask } from '#core/tasks/update-task.ts';
import { reportWorkFolders } from '#core/work-folders/report-work-folders.ts';
import type { Agent, Project } from '#prisma/generated/client/client.ts';
import { endLease, failed, runnerSide, scheduledTask, waitingReasonOf } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';

let system: TestSystem;
let core: Core;
let user: UserActor;
let admin: UserActor;
let project: Project;
let agent: Agent;
let runner: ReturnType<typeof runnerSide>;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  [user, admin] = [await seeder(core).user(), await seeder(core).user({ isAdmin: true })];
});
beforeEach(async () => {
  project = await seeder(core).project(user);
  agent = await seeder(core).agent(project);
  runner = runnerSide(core, (await seeder(core).runner(undefined, { projectIds: [project.id] })).actor);
});
afterEach(() => vi.useRealTimers());
afterAll(() => system.close());

const HOUR_MS = 3_600_000;
const facts = { branch: 'main', remoteUrl: null, lastCommit: null, isBare: false, worktreeOf: null };
/** Every time column of a row that is not null. */
const timesOf = (row: object): [string, Date][] =>
  Object.entries(row).filter((entry): entry is [string, Date] => entry[1] instanceof Date);
async function databaseTime(): Promise<number> {
  const { rows } = await core.pool.query<{ now: Date }>('select clock_timestamp() as now');
  return rows[0]?.now.getTime() ?? 0;
}

describe.each([
  ['an hour behind', -HOUR_MS],
  ['an hour ahead', HOUR_MS],
])('with a process whose clock is %s', (_how, byMs) => {
  /** Only the clock is moved; timers go on as they are. */
  const moveClock = async (): Promise<number> => {
    const before = await databaseTime();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + byMs });
    return before;
  };
  const expectNow = async (what: string, row: object, before: number, except: string[] = []): Promise<void> => {
    const after = await databaseTime();
    for (const [name, time] of timesOf(row)) {
      if (except.includes(name)) continue;
      expect(time.getTime(), `${what}.${name}`).toBeGreaterThanOrEqual(before - 1);
      expect(time.getTime(), `${what}.${name}`).toBeLessThanOrEqual(after + 1);
    }
  };

  test("a run begins, is stopped and ends by the database's clock, and so does its task change", async () => {
    const before = await moveClock();
    const task = await scheduledTask(core, user, project, agent);
    const held = await runner.claim();
    await cancelRun(core, user, held.spec.runId);
    await runner.complete(held, failed);
    const run = await core.db.agentRun.findUniqueOrThrow({ where: { id: held.spec.runId } });
    await expectNow('run', run, before, ['leaseExpiresAt']);
    expect(run.createdAt.getTime()).toBeLessThanOrEqual(run.startedAt?.getTime() ?? 0);
    expect(run.startedAt?.getTime()).toBeLessThanOrEqual(run.cancelRequestedAt?.getTime() ?? 0);
    expect(run.cancelRequestedAt?.getTime()).toBeLessThanOrEqual(run.finishedAt?.getTime() ?? 0);
    await expectNow('task', await core.db.task.findUniqueOrThrow({ where: { id: task.id } }), before);
    await startTask(core, user, { taskId: task.id });
    await updateTask(core, user, { taskId: task.id, title: 'Another' });
    await expectNow('task', await core.db.task.findUniqueOrThrow({ where: { id: task.id } }), before);
    for (const event of await core.db.taskEvent.findMany({ where: { taskId: task.id } }))
      await expectNow('event', event, before);
    await updateProject(core, user, { projectId: project.id, status: 'paused' });
    await expectNow('project', await core.db.project.findUniqueOrThrow({ where: { id: project.id } }), before, [
      'createdAt',
    ]);
  });

  test('a retry waits as long as its policy says', async () => {
    await seeder(core).configure(agent, { retry: { maxAttempts: 2, baseDelayMs: 60_000, maxDelayMs: 60_000 } });
    const task = await scheduledTask(core, user, project, agent);
    const held = await runner.claim();
    await moveClock();
    await runner.complete(held, failed);
    const retry = await core.db.agentRun.findFirstOrThrow({ where: { taskId: task.id, status: 'pending' } });
    const now = await databaseTime();
    expect((retry.notBefore?.getTime() ?? 0) - now).toBeGreaterThan(20_000);
    expect((retry.notBefore?.getTime() ?? 0) - now).toBeLessThanOrEqual(60_000);
    expect(await waitingReasonOf(core, task)).toBe('Waits for its next try.');
  });

  test('a lost run ends after it began', async () => {
    await scheduledTask(core, user, project, agent);
    const held = await runner.claim();
    await moveClock();
    await endLease(core, held.spec.runId);
    await sweepLeases(core);
    const run = await core.db.agentRun.findUniqueOrThrow({ where: { id: held.spec.runId } });
    expect(run.finishedAt?.getTime()).toBeGreaterThanOrEqual(run.startedAt?.getTime() ?? 0);
    expect(Math.abs((run.finishedAt?.getTime() ?? 0) - (await databaseTime()))).toBeLessThan(10_000);
  });

  test("cycles and the presence of runners keep the database's time", async () => {
    const before = await moveClock();
    const cycle = await runOrchestrator(core, user, { projectId: project.id, mode: 'full' });
    await runCycles(core, project.id, { planner: rulesPlanner });
    const done = await core.db.orchestratorCycle.findUniqueOrThrow({ where: { id: cycle.id } });
    await expectNow('cycle', done, before, ['createdAt']);
    const after = await databaseTime();
    for (const [phase, at] of Object.entries(done.phaseTimes as Record<string, string>)) {
      expect(Date.parse(at), phase).toBeGreaterThanOrEqual(before - 1);
      expect(Date.parse(at), phase).toBeLessThanOrEqual(after + 1);
    }
    const { actor } = await seeder(core).runner();
    const known = await registerRunner(core, actor, { version: '1', labels: [], capacity: 2 });
    await expectNow('runner', known, before);
  });

  test("what a runner tells of, and what is granted of it, keep the database's time", async () => {
    const { actor } = await seeder(core).runner();
    const { runnerId } = actor;
    const tell = (...paths: string[]) =>
      reportRepositories(core, actor, {
        report: { isComplete: true, repositories: paths.map((path) => ({ path, facts })) },
      });
    /** The machine finds the repository that somebody typed the path of. */
    const check = async (path: string): Promise<void> => {
      const { id } = await core.db.runnerRequest.create({
        data: { id: newId(), runnerId, kind: 'check', subject: path },
      });
      await answerRepositoryCheck(core, actor, {
        requestId: id,
        check: { problem: null, message: 'It can be used.', root: path, subfolder: '', facts },
      });
    };
    const before = await moveClock();
    await tell('/srv/one', '/srv/two');
    await tell('/srv/one');
    await check('/srv/typed');
    await check('/srv/one');
    await reportWorkFolders(core, actor, { report: { folders: [] } });
    const grant = { runnerId, path: '/srv/one', projectId: project.id };
    await grantRepository(core, admin, grant);
    await revokeRepository(core, admin, grant);
    for (const repository of await core.db.runnerRepository.findMany({ where: { runnerId } }))
      await expectNow(repository.path, repository, before);
    expect(await core.db.runnerRepository.count({ where: { runnerId, goneAt: { not: null } } })).toBe(1);
    for (const request of await core.db.runnerRequest.findMany({ where: { runnerId } }))
      await expectNow('request', request, before);
    await expectNow('grant', await core.db.repositoryGrant.findFirstOrThrow({ where: grant }), before);
    const { repositoriesSeenAt, workFoldersSeenAt } = await core.db.runner.findUniqueOrThrow({
      where: { id: runnerId },
    });
    await expectNow('runner', { repositoriesSeenAt, workFoldersSeenAt }, before);
  });

  test.each(['who asks', 'who tells it again'] as const)(
    'a question that a runner missed is told again: the clock of %s',
    async (whose) => {
      const { runnerId } = (await seeder(core).runner()).actor;
      if (whose === 'who asks') await moveClock();
      const asking = askRunner(core, { runnerId, kind: 'check', subject: '/srv/one' }, 3_000);
      await until(
        () => core.db.runnerRequest.count({ where: { runnerId } }),
        (count) => count === 1,
      );
      if (whose === 'who asks') vi.useRealTimers();
      else await moveClock();
      expect(await openRequests(core, runnerId)).toMatchObject([{ type: 'check', path: '/srv/one' }]);
      // Another question takes away only what nobody waits for any more.
      await askRunner(core, { runnerId, kind: 'check', subject: '/srv/two' }, 0);
      expect(await openRequests(core, runnerId)).toMatchObject([{ path: '/srv/one' }]);
      await core.pool.query(
        `update runner_requests set created_at = clock_timestamp() - interval '5 minutes' where runner_id = $1`,
        [runnerId],
      );
      expect(await openRequests(core, runnerId)).toEqual([]);
      await askRunner(core, { runnerId, kind: 'check', subject: '/srv/two' }, 0);
      expect(await core.db.runnerRequest.count({ where: { runnerId } })).toBe(0);
      expect(await asking).toBeNull();
    },
  );
});
