import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyMigrations } from '#scripts/migrations/apply-migrations.ts';
import { until } from '#tests/kit/until.ts';

const rootDir = fileURLToPath(new URL('../..', import.meta.url));
const migrationsDir = path.join(rootDir, 'prisma', 'migrations');

interface Ended {
  code: number | null;
  output: string;
}

let folder: string;
let children: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'overmind-bootstrap-'));
  await chmod(folder, 0o711);
  children = [];
});

afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await rm(folder, { recursive: true, force: true });
});

describe('services for a data directory', () => {
  test('answer, and are gone after SIGTERM, which ends with exit code 0', async () => {
    const services = await startServices('data');
    expect(await queryOne(services.databaseUrl, 'SELECT 1 AS value')).toBe(1);
    await expect(ping(services.redisUrl)).resolves.toBe('PONG');
    const { postgres, redis } = await recordedPids('data');

    services.child.kill('SIGTERM');
    const [code] = await once(services.child, 'exit');
    expect(code).toBe(0);
    expect([await isAlive(postgres), await isAlive(redis)]).toEqual([false, false]);
  });

  test('end by themselves when their start was killed; the next one has the same data and addresses', async () => {
    const first = await startServices('data');
    await query(first.databaseUrl, 'CREATE TABLE kept AS SELECT 7 AS value');
    const left = await recordedPids('data');
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    await until(
      async () => [await isAlive(left.postgres), await isAlive(left.redis)],
      (alive) => !alive.includes(true),
      8_000,
    );

    const second = await startServices('data');
    expect(second).toMatchObject({ databaseUrl: first.databaseUrl, redisUrl: first.redisUrl });
    expect(await queryOne(second.databaseUrl, 'SELECT value FROM kept')).toBe(7);
  });

  test('start over a stale pid file whose number belongs to another process now', async () => {
    const first = await startServices('data');
    first.child.kill('SIGTERM');
    await once(first.child, 'exit');
    await writeFile(
      path.join(folder, 'data', 'postgres', 'cluster', 'postmaster.pid'),
      `${process.pid}\n/elsewhere\n1\n1\n\n\n1 1\nready\n`,
    );
    const second = await startServices('data');
    expect(await queryOne(second.databaseUrl, 'SELECT 1 AS value')).toBe(1);
  });

  test('run side by side in two directories', async () => {
    const [one, two] = await Promise.all([startServices('one'), startServices('two')]);
    expect(new URL(one.databaseUrl).port).not.toBe(new URL(two.databaseUrl).port);
    await query(one.databaseUrl, 'CREATE TABLE only_in_one AS SELECT 1 AS value');
    expect(await queryOne(two.databaseUrl, `SELECT to_regclass('only_in_one') AS value`)).toBeNull();
  });

  test('choose another port when theirs was taken meanwhile', async () => {
    const first = await startServices('data');
    first.child.kill('SIGTERM');
    await once(first.child, 'exit');
    const taken = await listen(Number(new URL(first.databaseUrl).port));
    try {
      const second = await startServices('data');
      expect(second.databaseUrl).not.toBe(first.databaseUrl);
      expect(await queryOne(second.databaseUrl, 'SELECT 1 AS value')).toBe(1);
    } finally {
      taken.close();
    }
  });

  test('refuse a directory that is in use, with one line', async () => {
    const services = await startServices('data');
    const second = await run(['scripts/services.mjs', '--data', path.join(folder, 'data')]);
    expect(second).toEqual({
      code: 1,
      output: expect.stringContaining(
        `is in use by a system that is already running (process ${services.child.pid})`,
      ) as string,
    });
    expect(lines(second.output)).toHaveLength(1);
  });
});

describe('npm start says in one line, naming the variable,', () => {
  test('that the port is taken', async () => {
    const taken = await listen(0);
    const { port } = taken.address() as net.AddressInfo;
    const result = await start({ PORT: String(port) });
    taken.close();
    expect(lines(result.output)).toEqual([
      expect.stringMatching(new RegExp(`PORT=${port} .* taken by another program`)),
    ]);
    expect(result.code).toBe(1);
  });

  test.for([
    [{ PORT: 'http' }, 'PORT=http is not a port number'],
    [{ PATH: '/nonexistent' }, 'Git was not found on PATH (/nonexistent)'],
    [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL=loud is not valid: it is one of fatal, error'],
    [{ OVERMIND_PUBLIC_ORIGIN: 'overmind.example.org' }, 'OVERMIND_PUBLIC_ORIGIN=overmind.example.org is not valid'],
    [{ OVERMIND_PUBLIC_ORIGIN: 'ftp://x' }, 'OVERMIND_PUBLIC_ORIGIN=ftp://x is not valid'],
    [{ OVERMIND_ADMIN_EMAIL: 'admin' }, 'OVERMIND_ADMIN_EMAIL=admin is not valid'],
    [{ OVERMIND_ADMIN_PASSWORD: 'short' }, 'OVERMIND_ADMIN_PASSWORD is not valid: a password has 8 to 200'],
    [{ OVERMIND_REPO_ROOTS: '/tmp:/nope' }, 'OVERMIND_REPO_ROOTS=/tmp:/nope is not valid: there is no folder /nope'],
    [{ OVERMIND_VOICE: 'off' }, 'OVERMIND_VOICE=off is not valid: it is 0 or 1'],
    [{ OVERMIND_REPO_ROOTS: '/etc/passwd' }, 'there is no folder /etc/passwd'],
    [{ DATABASE_URL: 'localhost/overmind' }, 'DATABASE_URL is not an address'],
    [{ DATABASE_URL: 'postgresql://a:b@127.0.0.1:1/c' }, 'DATABASE_URL: nothing answers at 127.0.0.1:1'],
    [{ REDIS_URL: 'redis://127.0.0.1:1' }, 'REDIS_URL does not answer at 127.0.0.1:1'],
    [{ OVERMIND_DATA_DIR: '/dev/null/data' }, 'OVERMIND_DATA_DIR=/dev/null/data cannot be written'],
  ] as const)('what is wrong with %o', async ([environment, message]) => {
    const free = await listen(0);
    const { port } = free.address() as net.AddressInfo;
    free.close();
    const result = await start({ PORT: String(port), ...environment });
    expect(lines(result.output)).toEqual([expect.stringContaining(message)]);
    expect(result.code).toBe(1);
  });
});

test('the role of the database owns it, and neither the server nor its files', async () => {
  const { databaseUrl } = await startServices('data');
  const isSuperuser = 'SELECT rolsuper AS value FROM pg_roles WHERE rolname = current_user';
  expect(await queryOne(databaseUrl, isSuperuser)).toBe(false);
  await expect(query(databaseUrl, `COPY (SELECT 1) TO PROGRAM 'true'`)).rejects.toThrow(/permission denied/);
  const asSuperuser = new URL(databaseUrl);
  asSuperuser.username = 'postgres';
  await expect(queryOne(asSuperuser.href, 'SELECT 1 AS value')).rejects.toThrow(/password authentication failed/);
});

describe('migrations', () => {
  test('are applied once by three processes at the same time', async () => {
    const { databaseUrl } = await startServices('data');
    const migrate = () => run(['--import', 'tsx', 'scripts/migrate.ts'], { DATABASE_URL: databaseUrl });
    const reports = await Promise.all([migrate(), migrate(), migrate()]);
    expect(reports.map(({ code }) => code)).toEqual([0, 0, 0]);
    const applied = reports.map(({ output }) => (JSON.parse(output) as { applied: string[] }).applied.length);
    expect(applied.filter((count) => count > 0)).toHaveLength(1);
  });

  test('are tried again after an interruption: begun in the ledger, and nothing of it in the database', async () => {
    const { databaseUrl } = await startServices('data');
    const broken = path.join(folder, 'migrations');
    await mkdir(path.join(broken, '0001_first'), { recursive: true });
    const write = (sql: string) => writeFile(path.join(broken, '0001_first', 'migration.sql'), sql);
    await write(`CREATE TABLE first (id int); -- a semicolon; in a comment\nSELECT 1 / 0;`);
    const migrate = () => applyMigrations({ connectionString: databaseUrl, migrationsDir: broken });
    await expect(migrate()).rejects.toThrow('Migration 0001_first failed and was taken back: division by zero');
    expect(await queryOne(databaseUrl, `SELECT to_regclass('first') AS value`)).toBeNull();

    await write('CREATE TABLE first (id int); -- a semicolon; in a comment\n');
    expect(await migrate()).toEqual({ applied: ['0001_first'], total: 1 });
    expect(await migrate()).toEqual({ applied: [], total: 1 });
  });

  test('refuse a file that was changed after it had been applied', async () => {
    const { databaseUrl } = await startServices('data');
    await applyMigrations({ connectionString: databaseUrl, migrationsDir });
    await query(databaseUrl, `UPDATE _prisma_migrations SET checksum = 'other' WHERE migration_name = '0001_tables'`);
    await expect(applyMigrations({ connectionString: databaseUrl, migrationsDir })).rejects.toThrow(
      '0001_tables was changed',
    );
  });
});

async function startServices(name: string): Promise<{ child: ChildProcess; databaseUrl: string; redisUrl: string }> {
  const child = spawn(process.execPath, ['scripts/services.mjs', '--data', path.join(folder, name)], {
    cwd: rootDir,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (bytes: Buffer): void => {
      output += bytes.toString();
      const databaseUrl = /^export DATABASE_URL=(.+)$/m.exec(output)?.[1];
      const redisUrl = /^export REDIS_URL=(.+)$/m.exec(output)?.[1];
      if (databaseUrl && redisUrl) resolve({ child, databaseUrl, redisUrl });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', (code) => reject(new Error(`services ended with code ${code}:\n${output}`)));
  });
}

async function run(args: string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const { DATABASE_URL: _database, REDIS_URL: _redis, ...inherited } = process.env;
  const child = spawn(process.execPath, args, {
    cwd: rootDir,
    env: { ...inherited, OVERMIND_VOICE: '0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  child.stdout.on('data', (bytes: Buffer) => (output += bytes.toString()));
  child.stderr.on('data', (bytes: Buffer) => (output += bytes.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

function start(environment: NodeJS.ProcessEnv): Promise<Ended> {
  return run(['scripts/start.mjs'], { OVERMIND_DATA_DIR: path.join(folder, 'data'), ...environment });
}

async function listen(port: number): Promise<net.Server> {
  const server = net.createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function queryOne(url: string, sql: string): Promise<unknown> {
  return (await query(url, sql))[0]?.['value'];
}

async function ping(url: string): Promise<string> {
  const redis = new Redis(url);
  try {
    return await redis.ping();
  } finally {
    redis.disconnect();
  }
}

async function recordedPids(name: string): Promise<{ postgres: number; redis: number }> {
  const record = JSON.parse(await readFile(path.join(folder, name, 'processes.json'), 'utf8')) as Record<
    'postgres' | 'redis',
    { pid: number }
  >;
  return { postgres: record.postgres.pid, redis: record.redis.pid };
}

/** A process that has ended counts as gone, also while nobody has collected its exit code yet. */
async function isAlive(pid: number): Promise<boolean> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z';
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function lines(output: string): string[] {
  return output.split('\n').filter((line) => line.trim() !== '');
}
