import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { rulesPlanner } from '#core/orchestrator/rules/rules-planner.ts';
import { runOrchestrator } from '#core/orchestrator/run-orchestrator.ts';
import type { Core } from '#core/platform/core.ts';
import { LockLostError, withLock } from '#core/platform/locked-client.ts';
import { createLogger } from '#core/platform/logger.ts';
import { copyStateVersions } from '#core/state-document/copy-to-git.ts';
import { rebuildStateDocument } from '#core/state-document/rebuild-state.ts';
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
const isFree = (lock: string) => withLock(core, { lock, waits: false }, () => Promise.resolve(true));

test('a connection that breaks under a lock fails the work, and the lock is free again', async () => {
  const error = await errorOf(
    withLock(core, { lock: 'one', waits: true }, async (held) => {
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

test('a lock that somebody holds is not waited for, or waited for, as asked', async () => {
  const order: string[] = [];
  await withLock(core, { lock: 'two', waits: true }, async () => {
    expect(await isFree('two')).toBeNull();
    void withLock(core, { lock: 'two', waits: true }, () => Promise.resolve(order.push('second')));
    await until(
      async () =>
        (await core.pool.query(`select 1 from pg_locks where locktype = 'advisory' and not granted`)).rowCount,
      (count) => count === 1,
    );
    order.push('first');
  });
  await until(
    () => order,
    (found) => found.length === 2,
  );
  expect(order).toEqual(['first', 'second']);
});

test('work that fails gives its lock back, and fails as it did', async () => {
  const failure = new Error('no luck');
  expect(await errorOf(withLock(core, { lock: 'three', waits: true }, () => Promise.reject(failure)))).toBe(failure);
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

test('the copy of the state document is broken off with its connection, and goes on where it stands', async () => {
  await rebuildStateDocument(core, project.id, 'test');
  const waiting = withLock(core, { lock: `state-git:${project.id}`, waits: true }, async () => {
    const copy = errorOf(copyStateVersions(core, project.id));
    await until(
      async () =>
        (await core.pool.query(`select 1 from pg_locks where locktype = 'advisory' and not granted`)).rowCount,
      (count) => count === 1,
    );
    await core.pool.query(`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and not granted`);
    expect((await copy).message).toMatch(/terminat/);
  });
  await waiting;
  await copyStateVersions(core, project.id);
  expect(await isFree(`state-git:${project.id}`)).toBe(true);
});
