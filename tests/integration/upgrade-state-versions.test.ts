import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#core/platform/ids.ts';
import { readChanges, summaryOf } from '#core/state/state-changes.ts';
import { createDatabaseBefore, type UpgradedDatabase } from '#tests/kit/upgrade.ts';

let database: UpgradedDatabase;
beforeAll(async () => {
  // As it was before versions had lines.
  database = await createDatabaseBefore('0017');
});
afterAll(() => database.drop());

test('versions that are there keep what they said, and events that are there are not told again', async () => {
  const { client } = database;
  const [project, fresh, user] = [newId(), newId(), newId()];
  await client.query(`insert into users (id, email, password_hash) values ($1, 'anna@example.test', 'x')`, [user]);
  await client.query(
    `with keys as (insert into project_keys (key, project_id) values ('OLD', $1), ('FRESH', $2))
     insert into projects (id, name, key, event_cursor, state_copied) values ($1, 'Old', 'OLD', 40, 2), ($2, 'Fresh', 'FRESH', 5, 0)`,
    [project, fresh],
  );
  const add = (version: number, cause: string, by: string | null) =>
    client.query(
      `insert into project_state_versions (id, project_id, version, state_format, content, content_hash, facts_hash, cause, created_by_user_id)
       values ($1, $2, $3, 'yaml', 'x', 'x', 'x', $4, $5)`,
      [newId(), project, version, cause, by],
    );
  await add(1, 'a run ended', null);
  await add(2, 'saved by hand', user);
  await database.upgrade();
  const { rows: versions } = await client.query<{ changes: unknown; human: unknown; same: boolean }>(
    `select changes, human, updated_at = created_at as same from project_state_versions order by version`,
  );
  expect(versions.map(({ changes }) => summaryOf(readChanges(changes)))).toEqual([
    'Orchestrator: a run ended',
    'anna@example.test: saved by hand',
  ]);
  expect(versions).toMatchObject([
    { human: null, same: true },
    { human: null, same: true },
  ]);
  const { rows: projects } = await client.query(
    `select state_told::int, state_copied::int, state_copied_revision from projects order by event_cursor desc`,
  );
  expect(projects).toEqual([
    { state_told: 40, state_copied: 2, state_copied_revision: 1 },
    { state_told: 5, state_copied: 0, state_copied_revision: 0 },
  ]);
}, 60_000);
