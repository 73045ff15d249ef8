import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { applyMigrations } from '#scripts/migrations/apply-migrations.ts';

const migrationsDir = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A database of its own for one test file: a copy of a template that is migrated once. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const adminUrl = serverUrl('DATABASE_URL');
  const template = `template_${migrationsHash()}`;
  const name = `test_${randomBytes(8).toString('hex')}`;
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    // Test files start at the same time: one makes the template, the others wait for it.
    await admin.query('select pg_advisory_lock(704211)');
    const known = await admin.query('select 1 from pg_database where datname = $1', [template]);
    if (known.rowCount === 0) {
      await admin.query(`drop database if exists ${template}_new`);
      await admin.query(`create database ${template}_new`);
      await applyMigrations({ connectionString: withDatabase(adminUrl, `${template}_new`), migrationsDir });
      await admin.query(`alter database ${template}_new rename to ${template}`);
    }
    await admin.query(`create database ${name} template ${template}`);
  } finally {
    await admin.end();
  }
  return asTestDatabase(adminUrl, name);
}

/** One that no migration was applied to. */
export async function createEmptyTestDatabase(): Promise<TestDatabase> {
  const adminUrl = serverUrl('DATABASE_URL');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    await admin.query(`create database ${name}`);
  } finally {
    await admin.end();
  }
  return asTestDatabase(adminUrl, name);
}

function asTestDatabase(adminUrl: string, name: string): TestDatabase {
  return {
    url: withDatabase(adminUrl, name),
    async drop() {
      const client = new pg.Client({ connectionString: adminUrl });
      await client.connect();
      await dropDatabase(client, name);
      await client.end();
    },
  };
}

const DROP_PATIENCE_MS = 20_000;
const INSUFFICIENT_PRIVILEGE = '42501';

/**
 * Drops a database with whoever is still connected. A worker of autovacuum that is in it belongs to the server, and a
 * role like ours may not end it: it ends by itself in a moment.
 */
export async function dropDatabase(client: pg.Client, name: string): Promise<void> {
  const untilMs = performance.now() + DROP_PATIENCE_MS;
  for (;;) {
    try {
      await client.query(`drop database if exists ${name} with (force)`);
      return;
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== INSUFFICIENT_PRIVILEGE || performance.now() > untilMs) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Tests are given real services by `npm test` or scripts/services.mjs. */
export function serverUrl(name: 'DATABASE_URL' | 'REDIS_URL'): string {
  const url = process.env[name];
  if (!url)
    throw new Error(
      `${name} is not set: run the tests with npm test, or start services with node scripts/services.mjs`,
    );
  return url;
}

function withDatabase(url: string, database: string): string {
  const parsed = new URL(url);
  parsed.pathname = `/${database}`;
  return parsed.toString();
}

function migrationsHash(): string {
  const hash = createHash('sha256');
  for (const entry of readdirSync(migrationsDir, { withFileTypes: true })) {
    if (entry.isDirectory())
      hash.update(entry.name).update(readFileSync(path.join(migrationsDir, entry.name, 'migration.sql')));
  }
  return hash.digest('hex').slice(0, 12);
}
