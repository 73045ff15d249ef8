import { ProcessRecord } from './process-record.mjs';
import { startPostgres } from './postgres.mjs';
import { endProcess } from './processes.mjs';
import { RememberedPorts } from './ports.mjs';
import { startRedis } from './redis.mjs';
import { secretNamed } from './secrets.mjs';
import { StartFailure, messageOf } from './start-failure.mjs';

/**
 * @typedef {object} ServicesOptions
 * @property {string} rootDir the clone
 * @property {import('./service-home.mjs').ServiceHome} home
 * @property {import('./progress.mjs').Progress} progress
 * @property {ProcessRecord} record
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

  /** @param {'postgres' | 'redis'} name */
  const start = (name) => {
    const common = {
      home,
      ports,
      password: secretNamed(home.dataDir, `${name}Password`),
      onSpawn: (/** @type {{ pid: number, stop: () => Promise<void> }} */ service) => {
        record.add(name, service.pid);
        spawned.set(name, service);
      },
    };
    return name === 'redis' ? startRedis(common) : startPostgres({ ...common, rootDir: options.rootDir, isThrowAway: options.isThrowAway ?? false });
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
 * Starts a service of ours again when it crashes. It holds the same port and data, so nobody needs a new address.
 * @param {Awaited<ReturnType<typeof startServices>>} services
 * @param {AbortSignal} stopping
 * @param {(line: string) => void} tell
 * @param {(failure: StartFailure) => void} giveUp
 */
export function keepServicesRunning(services, stopping, tell, giveUp) {
  const watch = (/** @type {'postgres' | 'redis'} */ name, /** @type {import('./postgres.mjs').RunningService} */ service) => {
    void service.exited.then(async () => {
      if (stopping.aborted) return;
      tell(`  ! ${name} ended; it is started again (${service.logFile})`);
      try {
        const next = await services.start(name);
        if (next.url !== service.url) throw new StartFailure(`The port of ${name} was taken by another program meanwhile; start again.`);
        tell(`  ✓ ${name} runs again`);
        watch(name, next);
      } catch (error) {
        if (!stopping.aborted) giveUp(error instanceof StartFailure ? error : new StartFailure(`${name} could not be started again: ${messageOf(error)}`, { cause: error }));
      }
    });
  };
  if (services.own.postgres) watch('postgres', services.own.postgres);
  if (services.own.redis) watch('redis', services.own.redis);
}

/**
 * Ends what an earlier start of this data directory left running when it was killed.
 * @param {string} dataDir
 * @returns {Promise<string[]>} the names of what was ended
 */
export async function endLeftovers(dataDir) {
  const leftovers = new ProcessRecord(dataDir).leftovers();
  // The runner first: it ends its agents, and tells the api, which still runs, what has become of them.
  await Promise.all(leftovers.filter(([name]) => name === 'runner').map(([, identity]) => endProcess(identity, [['SIGTERM', 15_000], ['SIGKILL', 2_000]])));
  const programs = leftovers.filter(([name]) => !['postgres', 'redis', 'runner'].includes(name));
  await Promise.all(programs.map(([, identity]) => endProcess(identity, [['SIGTERM', 8_000], ['SIGKILL', 2_000]])));
  // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
  await Promise.all(leftovers.map(([name, identity]) => endProcess(identity, [[name === 'postgres' ? 'SIGINT' : 'SIGTERM', 20_000], ['SIGKILL', 2_000]])));
  return leftovers.map(([name]) => name);
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
