import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#core/platform/ids.ts';
import { createDatabaseBefore, type UpgradedDatabase } from '#tests/kit/upgrade.ts';

let database: UpgradedDatabase;
beforeAll(async () => {
  // As it was before tasks had short ids.
  database = await createDatabaseBefore('0015');
});
afterAll(() => database.drop());

test('an upgrade gives every project a key and every task a number, the oldest first', async () => {
  const { client } = database;
  const names = ['Shop', 'shop', 'Web shop', 'Übersicht', '商店', '3D engine', '2048', 'متجر'];
  const projects: string[] = [];
  for (const [i, project] of names.entries()) {
    projects.push(newId());
    await client.query('insert into projects (id, name, created_at) values ($1, $2, $3)', [
      projects[i],
      project,
      new Date(Date.UTC(2026, 0, 1 + i)),
    ]);
  }
  const tasks: string[] = [];
  for (let i = 0; i < 6; i += 1) {
    tasks.push(newId());
    await client.query(
      `insert into tasks (id, project_id, title, type, requested_by, created_at) values ($1, $2, $3, 'doc', 'api', $4)`,
      // The later it was made, the sooner it is written.
      [tasks[i], projects[i % 2], `Task ${i}`, new Date(Date.UTC(2026, 1, 20 - i))],
    );
  }
  await database.upgrade();

  const keys = await client.query<{ name: string; key: string }>('select name, key from projects order by created_at');
  expect(keys.rows.map((row) => `${row.name} ${row.key}`)).toEqual([
    'Shop SHOP',
    'shop SHOP2',
    'Web shop WS',
    'Übersicht UBER',
    '商店 PRJ',
    '3D engine DE',
    '2048 PRJ2',
    'متجر PRJ3',
  ]);
  const kept = await client.query(
    'select count(*)::int as count from project_keys k join projects p using (key) where p.id = k.project_id',
  );
  expect(kept.rows).toEqual([{ count: names.length }]);
  const numbers = await client.query<{ id: string; number: number; revision: number }>(
    'select id, number, revision from tasks',
  );
  expect(tasks.map((id) => numbers.rows.find((row) => row.id === id))).toEqual(
    [3, 3, 2, 2, 1, 1].map((number, i) => ({ id: tasks[i], number, revision: 1 })),
  );
  const { rows } = await client.query<{ number: number }>(
    `insert into tasks (id, project_id, title, type, requested_by) values ($1, $2, 'Next', 'doc', 'api') returning number`,
    [newId(), projects[0]],
  );
  expect(rows).toEqual([{ number: 4 }]);
});
