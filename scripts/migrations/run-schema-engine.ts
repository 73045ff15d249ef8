import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { isTransactional, type MigrationFile } from './migration-file.ts';

// Once a process: the bindings keep one instance, and timers of an earlier one would call into the next.
let engineLoaded: Promise<void> | undefined;

const WASM_NAME = 'schema_engine_bg.wasm';

/**
 * Applies migrations with Prisma's schema engine as WebAssembly: no native engine has to be downloaded.
 * @throws Error naming the migration that failed, with the database's own message
 */
export async function runSchemaEngine(options: {
  connectionString: string;
  migrationsDir: string;
  files: readonly MigrationFile[];
}): Promise<void> {
  await (engineLoaded ??= loadEngine());
  // Without the idle timer, which outlives pool.end() and would keep the process for ten seconds.
  const pool = new pg.Pool({ connectionString: options.connectionString, idleTimeoutMillis: 0 });
  const factory = new WholeScriptAdapterFactory(pool, options.files);
  const engine = await bindings.SchemaEngine.new(
    { datamodels: [['schema.prisma', 'datasource db {\n  provider = "postgresql"\n}\n']] },
    () => {},
    bindMigrationAwareSqlAdapterFactory(factory),
  );
  try {
    await engine.applyMigrations({
      migrationsList: {
        baseDir: options.migrationsDir,
        lockfile: { path: 'migration_lock.toml', content: 'provider = "postgresql"\n' },
        shadowDbInitScript: '',
        migrationDirectories: options.files.map(({ name, sql }) => ({
          path: name,
          migrationFile: { path: 'migration.sql', content: { tag: 'ok', value: sql } },
        })),
      },
      filters: { externalTables: [], externalEnums: [] },
    });
  } catch (error) {
    throw factory.failure ?? error;
  } finally {
    engine.free();
    await pool.end();
  }
}

/**
 * Prisma's adapter cuts a script at every semicolon, also inside a function's body or a comment, and commits piece by
 * piece. Sent whole, PostgreSQL parses it and takes all of it or nothing. The ledger's row is finished in the same
 * transaction: a row that is not finished then means that nothing of the migration was applied.
 */
class WholeScriptAdapterFactory extends PrismaPg {
  /** What the database said when a script failed; the engine passes on less. */
  failure: Error | undefined;

  constructor(
    private readonly pool: pg.Pool,
    private readonly files: readonly MigrationFile[],
  ) {
    super(pool);
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    adapter.executeScript = async (script) => this.execute(script);
    return adapter;
  }

  private async execute(script: string): Promise<void> {
    const file = this.files.find(({ sql }) => sql === script);
    try {
      await this.pool.query(file && isTransactional(file) ? `${script}\n;${finishLedgerRow(file.name)}` : script);
    } catch (error) {
      this.failure = new Error(
        `Migration ${file?.name ?? 'ledger'} failed and was taken back: ${error instanceof Error ? error.message : String(error)}`,
        { cause: error },
      );
      throw error;
    }
  }
}

function finishLedgerRow(name: string): string {
  return `UPDATE _prisma_migrations SET finished_at = now() WHERE migration_name = ${pg.escapeLiteral(name)} AND finished_at IS NULL AND rolled_back_at IS NULL`;
}

async function loadEngine(): Promise<void> {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: WebAssemblyRuntime };
  const module = await WebAssembly.compile(await readFile(wasmFile()));
  const { exports } = await WebAssembly.instantiate(module, { './schema_engine_bg.js': bindings });
  bindings.__wbg_set_wasm(exports);
  exports.__wbindgen_start();
}

// The server rooms compile without the DOM's types, where TypeScript keeps those of WebAssembly.
interface WebAssemblyRuntime {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ exports: { __wbindgen_start(): void } }>;
}

/** Beside the bundle, where the build has put it; else in the package. */
function wasmFile(): string {
  const bundled = fileURLToPath(new URL(WASM_NAME, import.meta.url));
  if (existsSync(bundled)) return bundled;
  return path.join(path.dirname(createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm')), WASM_NAME);
}
