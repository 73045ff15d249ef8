import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { isTransactional, type MigrationFile } from './migration-file.ts';

export interface MigrationReport {
  /** Names of the migrations that this run applied, in order. */
  applied: string[];
  /** How many the database has now. */
  total: number;
}

/** A state of the database that a person has to look at. Its message says what to do. */
export class MigrationRefusedError extends Error {
  override name = 'MigrationRefusedError';
}

// Any number that no other program locks; the schema engine takes Prisma's own lock besides.
const ADVISORY_LOCK_KEY = 7_246_110_418;
const CONNECT_TIMEOUT_MS = 10_000;
const OLDEST_SERVER = 160_000;

/**
 * Applies what is missing. When nothing is, this is one query and loads no engine. Several processes may call it at
 * once: the first one works, the others wait and find everything done.
 * @throws MigrationRefusedError when the ledger and the files disagree, or an earlier migration failed half way
 */
export async function applyMigrations(options: {
  connectionString: string;
  migrationsDir: string;
}): Promise<MigrationReport> {
  const files = await readMigrations(options.migrationsDir);
  const client = new pg.Client({
    connectionString: options.connectionString,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A connection lost while idle would otherwise end the process; the next query reports it.
  client.on('error', () => {});
  await client.connect();
  try {
    await requireServerVersion(client);
    if ((await missingMigrations(client, files)).length === 0) return { applied: [], total: files.length };
    await client.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK_KEY]);
    await takeBackUnfinished(client, files);
    const missing = await missingMigrations(client, files);
    if (missing.length > 0) {
      const { runSchemaEngine } = await import('./run-schema-engine.ts');
      await runSchemaEngine({ ...options, files });
    }
    return { applied: missing.map((file) => file.name), total: files.length };
  } finally {
    await client.end(); // gives the lock back too
  }
}

/** All migrations of a folder by name, which is their order. */
export async function readMigrations(migrationsDir: string): Promise<MigrationFile[]> {
  const entries = await readdir(migrationsDir, { withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(path.join(migrationsDir, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

async function missingMigrations(client: pg.Client, files: readonly MigrationFile[]): Promise<MigrationFile[]> {
  const ledger = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`,
  );
  if (!ledger.rows[0]?.exists) return [...files];
  const { rows } = await client.query<{ name: string; checksum: string; isFinished: boolean }>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS "isFinished" FROM _prisma_migrations WHERE rolled_back_at IS NULL`,
  );
  const known = new Map(files.map((file) => [file.name, file]));
  for (const row of rows) {
    const file = known.get(row.name);
    if (!file)
      throw new MigrationRefusedError(
        `The database was migrated by a newer version (it has ${row.name}); update this installation.`,
      );
    if (row.isFinished && file.checksum !== row.checksum)
      throw new MigrationRefusedError(
        `Migration ${row.name} was changed after this database had applied it; restore the file.`,
      );
  }
  const applied = new Set(rows.filter((row) => row.isFinished).map((row) => row.name));
  return files.filter((file) => !applied.has(file.name));
}

/**
 * A migration that was interrupted (a kill, a full disk) has left a row that is not finished, and nothing else: it may be
 * tried again. Needs the lock, or the row may be somebody's work in progress.
 */
async function takeBackUnfinished(client: pg.Client, files: readonly MigrationFile[]): Promise<void> {
  const ledger = await client.query<{ exists: boolean }>(
    `SELECT to_regclass('_prisma_migrations') IS NOT NULL AS exists`,
  );
  if (!ledger.rows[0]?.exists) return;
  const { rows } = await client.query<{ id: string; name: string }>(
    `SELECT id, migration_name AS name FROM _prisma_migrations WHERE finished_at IS NULL AND rolled_back_at IS NULL`,
  );
  for (const row of rows) {
    const file = files.find(({ name }) => name === row.name);
    if (file && !isTransactional(file)) {
      throw new MigrationRefusedError(
        `Migration ${row.name} was interrupted and can not be taken back by itself; look at what it left, then use "prisma migrate resolve".`,
      );
    }
    await client.query('UPDATE _prisma_migrations SET rolled_back_at = now() WHERE id = $1', [row.id]);
  }
}

async function requireServerVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: number; name: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS name`,
  );
  const version = rows[0];
  if (version && version.number < OLDEST_SERVER) {
    throw new MigrationRefusedError(
      `DATABASE_URL points at PostgreSQL ${version.name}; ${OLDEST_SERVER / 10_000} or newer is needed.`,
    );
  }
}
