import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

const rootDir = fileURLToPath(new URL('../..', import.meta.url));
const START_TIMEOUT_MS = 240_000;

export const PARTS = ['api', 'workers', 'web', 'runner', 'postgres', 'redis'] as const;
export type PartName = (typeof PARTS)[number];

/** One `npm start`, on a data directory and a port of its own. */
export interface Product {
  child: ChildProcess;
  /** Everything it has printed. */
  output(): string;
  /** The exit code. */
  ended: Promise<number | null>;
}

export interface ProductOptions {
  dataDirectory: string;
  port: number;
  env?: NodeJS.ProcessEnv;
}

export function startProduct({ dataDirectory, port, env = {} }: ProductOptions): Product {
  const { DATABASE_URL: _database, REDIS_URL: _redis, ...inherited } = process.env;
  const child = spawn(process.execPath, ['scripts/start.mjs'], {
    cwd: rootDir,
    env: { ...inherited, OVERMIND_VOICE: '0', OVERMIND_DATA_DIR: dataDirectory, PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (output += bytes.toString()));
  return { child, output: () => output, ended: once(child, 'close').then(([code]) => code as number | null) };
}

/** Waits until it says that it is ready; fails at once when it ends instead. */
export async function readyProduct(options: ProductOptions): Promise<Product> {
  const product = startProduct(options);
  const isReady = until(product.output, (text) => text.includes('OvermindOps is ready'), START_TIMEOUT_MS);
  const hasEnded = product.ended.then((code) =>
    Promise.reject(new Error(`npm start ended with ${code}:\n${product.output()}`)),
  );
  hasEnded.catch(() => undefined);
  await Promise.race([isReady, hasEnded]);
  return product;
}

/** The process of each part that runs, as the start has it on record. */
export function pidsOf(dataDirectory: string): Partial<Record<PartName, number>> {
  const record = JSON.parse(readFileSync(path.join(dataDirectory, 'processes.json'), 'utf8')) as Record<
    string,
    { pid: number }
  >;
  return Object.fromEntries(Object.entries(record).map(([name, { pid }]) => [name, pid]));
}

/** A process that has ended counts as gone, also while nobody has collected its exit code yet. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).charAt(0) !== 'Z';
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
