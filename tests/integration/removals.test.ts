import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { removeDeleted } from '#core/deletions/remove-deleted.ts';
import { removeSomeOfProject } from '#core/deletions/remove-project.ts';
import type { Core } from '#core/platform/core.ts';
import { deleteProject } from '#core/projects/delete-project.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { explainSql } from '#tests/kit/plans.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

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
  await core.pool.query('delete from pending_removals');
  project = await seeder(core).project(owner);
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => system.close());

const place = (name: string): string => path.join(core.dataDirectory, 'projects', project.id, name);
/** So many files that can not be removed, since each is a folder with something in it, written down before all others. */
async function stuck(count: number): Promise<void> {
  mkdirSync(place('stuck'), { recursive: true });
  writeFileSync(path.join(place('stuck'), 'file'), 'x');
  await core.pool.query(
    `insert into pending_removals (id, kind, subject)
     select (lpad(to_hex(n), 8, '0') || '-0000-4000-8000-000000000000')::uuid, 'file', $1 from generate_series(1, $2::int) n`,
    [`${project.id}/stuck`, count],
  );
}
/** So many files that somebody else has removed already. */
const waitingFiles = (count: number) =>
  core.pool.query(
    `insert into pending_removals (id, kind, subject) select gen_random_uuid(), 'file', 'nowhere/' || n from generate_series(1, $1::int) n`,
    [count],
  );
async function removable(name: string): Promise<string> {
  mkdirSync(place('.'), { recursive: true });
  writeFileSync(place(name), 'x');
  await core.pool.query(
    `insert into pending_removals (id, kind, subject) values ('ffffffff-0000-4000-8000-000000000000', 'file', $1)`,
    [`${project.id}/${name}`],
  );
  return place(name);
}

test('files that can not be removed keep no other one, and are told of once', async () => {
  const logged = vi.spyOn(core.logger, 'error').mockImplementation(() => undefined);
  await stuck(450);
  const good = await removable('report.md');
  while (await removeDeleted(core)) continue;
  expect(existsSync(good)).toBe(false);
  expect(await core.db.pendingRemoval.count()).toBe(450);
  expect(logged.mock.calls).toEqual([[expect.objectContaining({ files: 450 }), expect.any(String)]]);
  // Not with each pass, but later on.
  await removeDeleted(core);
  expect(logged).toHaveBeenCalledTimes(1);
  await core.pool.query('update pending_removals set due_at = now()');
  await core.pool.query(`update pending_removals set subject = $1`, [`${project.id}/gone`]);
  while (await removeDeleted(core)) continue;
  expect(await core.db.pendingRemoval.count()).toBe(0);
});

test('what fails again and again is tried ever more seldom, and once a day at least', async () => {
  vi.spyOn(core.logger, 'error').mockImplementation(() => undefined);
  await stuck(1);
  const waitsS = async (failures: number): Promise<number> => {
    await core.pool.query('update pending_removals set due_at = now(), failures = $1', [failures]);
    await removeDeleted(core);
    const { rows } = await core.pool.query<{ failures: number; waits: number }>(
      'select failures, extract(epoch from due_at - now())::float8 as waits from pending_removals',
    );
    expect(rows[0]?.failures).toBe(failures + 1);
    // It has waited for a moment already.
    return Math.ceil((rows[0]?.waits ?? 0) / 60) * 60;
  };
  expect([await waitsS(0), await waitsS(1), await waitsS(5)]).toEqual([60, 120, 1_920]);
  expect([await waitsS(11), await waitsS(2_000_000)]).toEqual([86_400, 86_400]);
});

test('folders that can not be removed keep neither files nor other folders', async () => {
  vi.spyOn(core.logger, 'error').mockImplementation(() => undefined);
  await core.pool.query(
    `insert into pending_removals (id, kind, subject)
     select (lpad(to_hex(n), 8, '0') || '-0000-4000-8000-000000000000')::uuid, 'folder', '../outside' from generate_series(1, 250) n`,
  );
  const good = await removable('report.md');
  const other = await seeder(core).project(owner);
  mkdirSync(path.join(core.dataDirectory, 'projects', other.id), { recursive: true });
  await core.pool.query(
    `insert into pending_removals (id, kind, subject) values ('ffffffff-0000-4000-8000-000000000001', 'folder', $1)`,
    [other.id],
  );
  while (await removeDeleted(core)) continue;
  expect([good, path.join(core.dataDirectory, 'projects', other.id)].map((file) => existsSync(file))).toEqual([
    false,
    false,
  ]);
  expect(await core.db.pendingRemoval.count({ where: { subject: '../outside' } })).toBe(250);
  expect(await core.db.pendingRemoval.count()).toBe(250);
});

test('a project of which a part can not be removed is tried once a pass, and keeps no other one', async () => {
  const logged = vi.spyOn(core.logger, 'error').mockImplementation(() => undefined);
  await deleteProject(core, owner, { projectId: project.id, name: project.name });
  const other = await seeder(core).project(owner, 'Other');
  await deleteProject(core, owner, { projectId: other.id, name: 'Other' });
  await core.pool.query(
    `create function refuse_it() returns trigger language plpgsql as $$ begin raise exception 'held'; end $$;
     create trigger held before delete on projects for each row when (old.id = '${project.id}') execute function refuse_it()`,
  );
  await waitingFiles(2_000);
  while (await removeDeleted(core)) continue;
  expect(await core.db.project.count({ where: { id: other.id } })).toBe(0);
  expect(await core.db.pendingRemoval.count({ where: { kind: 'file' } })).toBe(0);
  expect(logged).toHaveBeenCalledTimes(1);
  await core.pool.query('drop trigger held on projects; drop function refuse_it');
  while (await removeDeleted(core)) continue;
  expect(await core.db.project.count({ where: { id: project.id } })).toBe(0);
});

test('what is due is found without reading what waits', async () => {
  await waitingFiles(100_000);
  await core.pool.query('analyze pending_removals');
  const { readings } = await explainSql(() => removeDeleted(core));
  const ofRemovals = readings.filter(({ sql }) => /from .*pending_removals/i.test(sql));
  expect(ofRemovals.length).toBeGreaterThan(3);
  expect(ofRemovals.flatMap(({ wholeTables }) => wholeTables)).toEqual([]);
  expect(Math.max(...ofRemovals.map(({ rowsRead }) => rowsRead))).toBeLessThanOrEqual(1_000);
});

async function addEntries(taskId: string, count: number): Promise<void> {
  await core.pool.query(
    `insert into task_events (id, task_id, event_type, payload) select gen_random_uuid(), $1, 'log', '{}' from generate_series(1, $2::int)`,
    [taskId, count],
  );
}

test('a project whose tasks have any number of entries goes in short steps', async () => {
  const tasks = [];
  for (let i = 0; i < 3; i += 1) tasks.push(await seeder(core).task(owner, project));
  await addEntries(tasks[0]?.id ?? '', 30_000);
  await addEntries(tasks[1]?.id ?? '', 5_000);
  const { id } = await deleteProject(core, owner, { projectId: project.id, name: project.name });
  const entries = () => core.db.taskEvent.count({ where: { task: { projectId: project.id } } });
  for (let isMore = true, left = await entries(); isMore;) {
    isMore = await removeSomeOfProject(core, id, project.id);
    const now = await entries();
    expect(left - now).toBeLessThanOrEqual(5_000);
    left = now;
  }
  expect(await core.db.project.count({ where: { id: project.id } })).toBe(0);
});
