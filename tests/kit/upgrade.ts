import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { applyMigrations } from '#scripts/migrations/apply-migrations.ts';
import { createEmptyTestDatabase } from './database.ts';

const migrationsDir = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

export interface UpgradedDatabase {
  client: pg.Client;
  /** Applies the migrations that are missing. */
  upgrade(): Promise<void>;
  drop(): Promise<void>;
}

/**
 * A database as it was before a migration, for what an upgrade does to rows that are there.
 * @param migration the beginning of its name, such as "0006"
 */
export async function createDatabaseBefore(migration: string): Promise<UpgradedDatabase> {
  const entries = readdirSync(migrationsDir);
  if (!entries.some((entry) => entry.startsWith(migration))) throw new Error(`There is no migration ${migration}`);
  const database = await createEmptyTestDatabase();
  const before = mkdtempSync(path.join(tmpdir(), 'overmind-migrations-'));
  try {
    for (const entry of entries)
      if (entry < migration || entry.endsWith('.toml'))
        cpSync(path.join(migrationsDir, entry), path.join(before, entry), { recursive: true });
    await applyMigrations({ connectionString: database.url, migrationsDir: before });
  } finally {
    rmSync(before, { recursive: true });
  }
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  return {
    client,
    upgrade: async () => {
      await applyMigrations({ connectionString: database.url, migrationsDir });
    },
    async drop() {
      await client.end();
      await database.drop();
    },
  };
}
