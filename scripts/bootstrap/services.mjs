import { statSync } from 'node:fs';
import { tailOf } from './files.mjs';
import { KeptPart } from './kept-part.mjs';
import { startPostgres } from './postgres.mjs';
import { RememberedPorts } from './ports.mjs';
import { startRedis } from './redis.mjs';
import { secretNamed } from './secrets.mjs';

/** How PostgreSQL and Redis mark what matters in their logs. */
const TROUBLE = /FATAL|PANIC|ERROR| # /;

/**
 * @typedef {object} ServicesOptions
 * @property {string} rootDir the clone
 * @property {import('./service-home.mjs').ServiceHome} home
 * @property {import('./progress.mjs').Progress} progress
 * @property {import('./process-record.mjs').ProcessRecord} record
 * @property {AbortSignal} stopping nothing is spawned once it is aborted
 * @property {string | undefined} [databaseUrl] a server of the user's own, already checked
 * @property {string | undefined} [redisUrl]
 * @property {(stop: () => Promise<void>) => void} onStop told how to stop them before the first one starts
 * @property {boolean} [isThrowAway]
 */

/**
 * PostgreSQL and Redis for one data directory: those that the user named, else our own.
 * @param {ServicesOptions} options
 */
export async function startServices(options) {
  const { home, progress, record } = options;
  const ports = new RememberedPorts(home.dataDir);
  /** @type {Map<string, { pid: number, stop: () => Promise<void> }>} */
  const spawned = new Map();
  options.onStop(async () => {
    for (const name of ['redis', 'postgres']) {
      await spawned.get(name)?.stop();
      record.remove(name);
    }
  });

  /**
   * @param {'postgres' | 'redis'} name
   * @param {{ isPortKept?: boolean }} [how]
   */
  const start = (name, { isPortKept = false } = {}) => {
    const common = {
      home,
      ports,
      isPortKept,
      stopping: options.stopping,
      password: secretNamed(home.dataDir, `${name}Password`),
      onSpawn: (/** @type {{ pid: number, stop: () => Promise<void> }} */ service) => {
        spawned.set(name, service);
        record.add(name, service.pid, 'service');
      },
    };
    return name === 'redis'
      ? startRedis(common)
      : startPostgres({ ...common, rootDir: options.rootDir, isThrowAway: options.isThrowAway ?? false });
  };

  const [postgres, redis] = await settleAll([
    options.databaseUrl ? undefined : progress.step('PostgreSQL', () => start('postgres')),
    options.redisUrl ? undefined : progress.step('Redis', () => start('redis')),
  ]);
  return {
    databaseUrl: options.databaseUrl ?? /** @type {import('./postgres.mjs').RunningService} */ (postgres).url,
    redisUrl: options.redisUrl ?? /** @type {import('./postgres.mjs').RunningService} */ (redis).url,
    own: { ...(postgres && { postgres }), ...(redis && { redis }) },
    start,
  };
}

/**
 * Starts a service of ours again when it crashes, with the same port and data: nobody needs a new address.
 * @param {Awaited<ReturnType<typeof startServices>>} services
 * @param {Pick<import('./kept-part.mjs').PartOptions, 'status' | 'stopping' | 'tell'>} options
 */
export function keepServicesRunning(services, options) {
  for (const [name, service] of Object.entries(services.own)) {
    let logStart = 0;
    const part = new KeptPart({
      ...options,
      name,
      logFile: service.logFile,
      reason: () => tailOf(service.logFile, 12, logStart).findLast((line) => TROUBLE.test(line)),
      launch: () => {
        logStart = statSync(service.logFile, { throwIfNoEntry: false })?.size ?? 0;
        return services.start(/** @type {'postgres' | 'redis'} */ (name), { isPortKept: true });
      },
    });
    part.keep(service);
  }
}

/**
 * Like Promise.all, but waits for every one before it fails, so that what started can be stopped.
 * @template T
 * @param {readonly (T | Promise<T>)[]} work
 * @returns {Promise<T[]>}
 */
async function settleAll(work) {
  const results = await Promise.allSettled(work);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return results.map((result) => /** @type {PromiseFulfilledResult<T>} */ (result).value);
}
