import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#core/platform/ids.ts';
import { until } from '#tests/kit/until.ts';
import { createDatabaseBefore, type UpgradedDatabase } from '#tests/kit/upgrade.ts';

let database: UpgradedDatabase;
beforeAll(async () => {
  // As it was before tasks were counted.
  database = await createDatabaseBefore('0021');
});
afterAll(() => database.drop());

test('an upgrade waits for a change that is under way, which goes on to its end', async () => {
  const { client } = database;
  const projectId = newId();
  await client.query(`insert into projects (id, name, key) values ($1, 'Shop', 'SHOP')`, [projectId]);
  for (const title of ['One', 'Two'])
    await client.query(
      `insert into tasks (id, project_id, title, type, requested_by) values ($1, $2, $3, 'doc', 'api')`,
      [newId(), projectId, title],
    );
  // As every change does it: tasks first, their project's row as the last.
  await client.query('begin');
  await client.query(`update tasks set status = 'canceled' where title = 'One'`);
  const upgraded = database.upgrade();
  upgraded.catch(() => undefined);
  await until(
    async () => {
      const waiting = await client.query<{ count: number }>(
        `select count(*)::int as count from pg_locks l join pg_database d on d.oid = l.database
          where d.datname = current_database() and not l.granted`,
      );
      return waiting.rows[0]?.count;
    },
    (count) => count === 1,
    20_000,
  );
  await client.query('update projects set name = name where id = $1', [projectId]);
  await client.query('commit');
  await upgraded;
  const counts = await client.query('select status, tasks from task_counts order by status');
  expect(counts.rows).toEqual([
    { status: 'queued', tasks: 1 },
    { status: 'canceled', tasks: 1 },
  ]);
});
