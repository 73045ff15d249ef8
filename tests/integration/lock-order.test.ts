import type { PoolClient } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { conversationCreated } from '#core/events/catalogue.ts';
import { once } from '#core/idempotency/once.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { deleteProject } from '#core/projects/delete-project.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { rebuildStateDocument } from '#core/state/rebuild-state.ts';
import { rollBackState } from '#core/state/roll-back-state.ts';
import { saveState } from '#core/state/save-state.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { errorOf, until } from '#tests/kit/until.ts';

let system: TestSystem;
let core: Core;
let owner: UserActor;
let project: Project;
beforeAll(async () => {
  system = await startTestSystem();
  ({ core } = system);
  owner = await seeder(core).user();
});
beforeEach(async () => {
  project = await seeder(core).project(owner);
  await core.db.orchestratorCycle.deleteMany({});
  await rebuildStateDocument(core, project.id);
});
afterAll(() => system.close());

const waiters = async (): Promise<number> =>
  (
    await core.pool.query(
      `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
  ).rowCount ?? 0;

/**
 * Another change, which holds what `first` takes, and goes on with its project's row when the command has come to wait
 * for it: the command must not have that row by then, or the two would wait for each other.
 */
async function meanwhile<T>(first: (other: PoolClient) => Promise<unknown>, command: () => Promise<T>): Promise<T> {
  const other = await core.pool.connect();
  try {
    await other.query('begin');
    await first(other);
    const running = command();
    running.catch(() => undefined);
    await until(waiters, (count) => count > 0);
    await other.query('select 1 from projects where id = $1 for no key update nowait', [project.id]);
    await other.query('commit');
    return await running;
  } finally {
    other.release(true);
  }
}

describe('while a message asks for a cycle', () => {
  const asked = (other: PoolClient) =>
    other.query(
      `insert into orchestrator_cycles (id, project_id, mode, cause) values (gen_random_uuid(), $1, 'incremental', 'message')`,
      [project.id],
    );
  const statusNow = async () => (await core.db.project.findUniqueOrThrow({ where: { id: project.id } })).status;

  test('a project can be paused in its settings', async () => {
    await meanwhile(asked, () => updateProject(core, owner, { projectId: project.id, status: 'paused' }));
    expect(await statusNow()).toBe('paused');
  });

  test('a project can be paused in its document', async () => {
    await meanwhile(asked, () => saveState(core, owner, { projectId: project.id, baseVersion: 1, status: 'paused' }));
    expect(await statusNow()).toBe('paused');
  });

  test('a project can be rolled back to before it was paused', async () => {
    await saveState(core, owner, { projectId: project.id, baseVersion: 1, status: 'paused' });
    await core.db.orchestratorCycle.deleteMany({});
    await meanwhile(asked, () => rollBackState(core, owner, { projectId: project.id, version: 1, baseVersion: 2 }));
    expect(await statusNow()).toBe('active');
  });

  test('a document that tells of something new can be saved', async () => {
    await updateProject(core, owner, { projectId: project.id, name: 'Shop' });
    await core.db.orchestratorCycle.deleteMany({});
    await meanwhile(asked, () => saveState(core, owner, { projectId: project.id, baseVersion: 1, status: 'paused' }));
    expect(await statusNow()).toBe('paused');
  });
});

describe('a project can be deleted', () => {
  const remove = () => deleteProject(core, owner, { projectId: project.id, name: project.name });

  test('while a repository is taken away from it', async () => {
    const { actor: runner } = await seeder(core).runner();
    const grant = { id: newId(), runnerId: runner.runnerId, path: '/srv/other', projectId: project.id };
    await core.db.repositoryGrant.create({ data: grant });
    const revoke = (other: PoolClient) =>
      other.query('update repository_grants set revoked_at = now() where project_id = $1', [project.id]);
    await meanwhile(revoke, remove);
    expect(await core.db.repositoryGrant.count({ where: { projectId: project.id } })).toBe(0);
  });

  test('while a runner stops to serve it', async () => {
    const { actor: runner } = await seeder(core).runner(undefined, { projectIds: [project.id] });
    const leave = (other: PoolClient) =>
      other.query('delete from runner_projects where runner_id = $1', [runner.runnerId]);
    await meanwhile(leave, remove);
    expect(await core.db.project.findUniqueOrThrow({ where: { id: project.id } })).toMatchObject({
      status: 'archived',
    });
  });
});

describe('two changes that wait for each other', () => {
  const titles = async (): Promise<string[]> =>
    (await core.db.conversation.findMany({ where: { projectId: project.id }, orderBy: { title: 'asc' } })).map(
      ({ title }) => title,
    );
  const ORM = (tx: Tx, id: string) => tx.db.user.update({ where: { id }, data: { isActive: true } });
  const SQL = (tx: Tx, id: string) => tx.db.$queryRaw`select 1 from users where id = ${id}::uuid for update`;

  test.each([
    ['by the client', ORM],
    ['by SQL', SQL],
  ])('are both made, and each once: %s', async (_how, take) => {
    const [a, b] = [(await seeder(core).user()).userId, (await seeder(core).user()).userId];
    const before = await titles();
    let arrived = 0;
    let starts = 0;
    const sent: string[] = [];
    const change = (title: string, first: string, second: string) => {
      const call = {
        operation: 'test',
        key: title,
        input: title,
        idOf: (id: string) => id,
        find: () => Promise.resolve(null),
      };
      return once(core, owner, call, (keyed) =>
        inTransaction(keyed, async (tx) => {
          starts += 1;
          await take(tx, first);
          arrived += 1;
          await until(
            () => arrived,
            (count) => count >= 2,
          );
          await take(tx, second);
          const { id } = await tx.db.conversation.create({ data: { id: newId(), projectId: project.id, title } });
          tx.emit(conversationCreated, { projectId: project.id, entityId: id, patch: { title, mode: 'text' } });
          tx.afterCommit(() => void sent.push(title));
          return id;
        }),
      );
    };
    const suffix = newId();
    const names = [`one ${suffix}`, `two ${suffix}`];
    const ids = await Promise.all([change(names[0] ?? '', a, b), change(names[1] ?? '', b, a)]);
    expect(starts).toBe(3);
    expect(await titles()).toEqual([...before, ...names].sort());
    expect(sent.sort()).toEqual(names);
    const events = await core.db.realtimeEvent.findMany({
      where: { projectId: project.id, eventType: 'conversation.created' },
      orderBy: { cursor: 'asc' },
    });
    expect(
      events
        .map(({ payload }) => (payload as { id: string }).id)
        .filter((id) => ids.includes(id))
        .sort(),
    ).toEqual(ids.sort());
    const kept = await core.db.idempotencyKey.findMany({ where: { madeId: { in: ids } } });
    expect(kept).toHaveLength(2);
  });

  test('again and again are given up, and a change that is refused is not made again', async () => {
    let starts = 0;
    const always = errorOf(
      inTransaction(core, async (tx) => {
        starts += 1;
        await tx.db.$executeRaw`do $$ begin raise exception 'a circle' using errcode = 'deadlock_detected'; end $$`;
      }),
    );
    expect(String(await always)).toMatch(/circle|deadlock/);
    expect(starts).toBe(3);
    const refused = new Error('refused');
    const once = inTransaction(core, () => {
      starts += 1;
      return Promise.reject(refused);
    });
    await expect(once).rejects.toBe(refused);
    expect(starts).toBe(4);
  });
});
