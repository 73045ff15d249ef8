import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { runOrchestrator } from '#core/cycles/run-orchestrator.ts';
import type { Core } from '#core/platform/core.ts';
import { LockLostError, withLock } from '#core/platform/locked-client.ts';
import { createLogger } from '#core/platform/logger.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { errorOf, until } from '#tests/kit/until.ts';
import { startWorkers } from '#workers/start-workers.ts';

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

/** Ends the server's side of every connection that holds or waits for an advisory lock, as a crash of PostgreSQL does. */
async function killLockHolders(): Promise<number> {
  const { rowCount } = await core.pool.query(
    `select pg_terminate_backend(pid) from (select distinct pid from pg_locks where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())) holder`,
  );
  return rowCount ?? 0;
}
const isFree = (lock: string) => withLock(core, lock, () => Promise.resolve(true));

test('a connection that breaks under a lock fails the work, and the lock is free again', async () => {
  const error = await errorOf(
    withLock(core, 'one', async (held) => {
      held.assertHeld();
      expect(await killLockHolders()).toBe(1);
      await until(
        () => errorOf(Promise.resolve().then(() => held.assertHeld())).catch(() => null),
        (lost) => lost !== null,
      );
      return 'done all the same';
    }),
  );
  expect(error).toBeInstanceOf(LockLostError);
  expect(await isFree('one')).toBe(true);
});

test('a lock that somebody holds is not waited for', async () => {
  await withLock(core, 'two', async () => {
    expect(await isFree('two')).toBeNull();
  });
  expect(await isFree('two')).toBe(true);
});

test('work that fails gives its lock back, and fails as it did', async () => {
  const failure = new Error('no luck');
  expect(await errorOf(withLock(core, 'three', () => Promise.reject(failure)))).toBe(failure);
  expect(await isFree('three')).toBe(true);
});

test('workers outlive the death of every connection under a lock, and do the work again', async () => {
  const own = system.openCore({ logger: createLogger('workers', 'silent') });
  const { redisUrl, redisPrefix } = system;
  let kills = 0;
  const stop = startWorkers(own, {
    planner: rulesPlanner,
    redisUrl,
    redisPrefix,
    onPhase: async (phase) => {
      if (phase === 'planned_tasks' && kills < 2) kills += await killLockHolders();
    },
  });
  const cycle = await runOrchestrator(core, user, { projectId: project.id, mode: 'full' });
  const done = await until(
    () => core.db.orchestratorCycle.findUniqueOrThrow({ where: { id: cycle.id } }),
    ({ status }) => status === 'completed',
    20_000,
  );
  expect(kills).toBeGreaterThanOrEqual(1);
  expect(done.attempt).toBeGreaterThan(1);
  await stop();
  await own.close();
});
