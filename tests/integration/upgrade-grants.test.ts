import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#core/platform/ids.ts';
import { createDatabaseBefore, type UpgradedDatabase } from '#tests/kit/upgrade.ts';

let database: UpgradedDatabase;
beforeAll(async () => {
  // As it was before repositories were granted.
  database = await createDatabaseBefore('0006');
});
afterAll(() => database.drop());

test('an upgrade grants what projects and agents use, on the runners that serve them, and takes no label away', async () => {
  const { client } = database;
  const [all, some, shop, store, bare] = [newId(), newId(), newId(), newId(), newId()];
  await client.query(
    `insert into runners (id, name, labels, capacity, version, all_projects) values ($1, 'all', '{gpu}', 4, '0.1.0', true), ($2, 'some', '{}', 1, null, false)`,
    [all, some],
  );
  await client.query(
    `insert into projects (id, name, default_repo_path) values ($1, 'Shop', '/srv//shop/./web/'), ($2, 'Store', '/srv/store'), ($3, 'Bare', null)`,
    [shop, store, bare],
  );
  await client.query('insert into runner_projects (runner_id, project_id) values ($1, $2)', [some, store]);
  await client.query(
    `insert into agents (id, project_id, name, type, config_json) values ($1, $2, 'backend', 'local', '{"repoRoot":"/srv/other/"}'), ($3, $2, 'qa', 'local', '{}')`,
    [newId(), store, newId()],
  );
  await database.upgrade();

  const grants = await client.query<{ runner: string; project: string; path: string }>(
    'select r.name as runner, p.name as project, g.path from repository_grants g join runners r on r.id = g.runner_id join projects p on p.id = g.project_id order by 1, 2, 3',
  );
  expect(grants.rows.map(({ runner, project, path: granted }) => `${runner} ${project} ${granted}`)).toEqual([
    'all Shop /srv/shop/web',
    'all Store /srv/other',
    'all Store /srv/store',
    'some Store /srv/other',
    'some Store /srv/store',
  ]);
  const runners = await client.query(
    'select name, labels, advertised_labels, capacity, max_capacity from runners order by name',
  );
  expect(runners.rows).toEqual([
    { name: 'all', labels: ['gpu'], advertised_labels: ['gpu'], capacity: 4, max_capacity: null },
    { name: 'some', labels: [], advertised_labels: [], capacity: 1, max_capacity: null },
  ]);
  expect((await client.query('select default_repo_path as path from projects where id = $1', [shop])).rows).toEqual([
    { path: '/srv/shop/web' },
  ]);
  expect(
    (await client.query(`select config_json->>'repoRoot' as path from agents where name = 'backend'`)).rows,
  ).toEqual([{ path: '/srv/other' }]);
});
