/**
 * Brings the database named by DATABASE_URL up to date with prisma/migrations: forward only, each file once, held
 * against Prisma's own ledger (_prisma_migrations), so that `prisma migrate deploy` agrees with it elsewhere.
 *
 *     tsx scripts/migrate.ts          (bundled as build/migrate.mjs)
 *
 * Prints one JSON line; exits 1 with {"msg":"failed","error":…} when the database cannot be used or a migration fails.
 */
import { fileURLToPath } from 'node:url';
import { applyMigrations, type MigrationReport } from '#scripts/migrations/apply-migrations.ts';
import { explainDatabaseError } from '#scripts/migrations/explain-database-error.ts';

const migrationsDir = fileURLToPath(new URL('../prisma/migrations', import.meta.url));
const connectionString = process.env['DATABASE_URL'];

try {
  if (!connectionString) throw new Error('DATABASE_URL is not set.');
  const report: MigrationReport = await applyMigrations({ connectionString, migrationsDir });
  console.log(JSON.stringify({ level: 'info', msg: 'migrated', ...report }));
} catch (error) {
  console.log(JSON.stringify({ level: 'error', msg: 'failed', error: explainDatabaseError(error, connectionString) }));
  process.exitCode = 1;
}
// The schema engine leaves a timer behind (its wait for Prisma's lock) that would keep the process for ten seconds.
process.exit();
