import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog, readText, tailOf } from './files.mjs';
import { findPostgresPackage, linkPostgresLibraries } from './postgres-package.mjs';
import { endProcess, identify, isAlive, runToEnd, spawnOnRecord } from './processes.mjs';
import { StartFailure, codeOf } from './start-failure.mjs';
import { reachableCopy, serviceDirectory } from './service-home.mjs';

const READY_TIMEOUT_MS = 60_000;
/** Owns the database and may do nothing beyond it; whoever must, starts the cluster in single-user mode. */
const ROLE = 'overmind';
const SUPERUSER = 'postgres';
const DATABASE = 'overmind';

/**
 * @typedef {object} PostgresOptions
 * @property {string} rootDir the clone, whose node_modules holds PostgreSQL
 * @property {import('./service-home.mjs').ServiceHome} home
 * @property {import('./ports.mjs').RememberedPorts} ports
 * @property {string} password
 * @property {(service: { pid: number, stop: () => Promise<void> }) => void} onSpawn called before it is ready, so that a stop at any moment finds it
 * @property {AbortSignal} stopping nothing is spawned once it is aborted
 * @property {boolean} [isPortKept] programs know its port already: no other one will do
 * @property {boolean} [isThrowAway] for tests: a crash may lose data, so nothing waits for the disk
 */

/**
 * A running service beside our own programs.
 * @typedef {object} RunningService
 * @property {string} url
 * @property {number} pid
 * @property {string} logFile
 * @property {Promise<string>} exited how it ended, when the process is gone
 */

/**
 * Starts PostgreSQL from the npm package on loopback, making its cluster the first time. What an earlier, killed
 * start left behind (a running server, a stale pid file) is cleared away first.
 * @param {PostgresOptions} options
 * @returns {Promise<RunningService>}
 */
export async function startPostgres(options) {
  const { home } = options;
  const found = findPostgresPackage(options.rootDir);
  linkPostgresLibraries(found.native);
  const native = reachableCopy(home, home.serviceUser, found.native, `postgresql-${found.version}`);
  const clusterDir = path.join(serviceDirectory(home, 'postgres', { owner: home.serviceUser }), 'cluster');
  const logFile = path.join(home.dataDir, 'logs', 'postgres.log');
  await clearLeftovers(clusterDir);
  await makeCluster({ ...options, major: found.version.split('.')[0] ?? '' }, native, clusterDir);

  let port = await (options.isPortKept ? options.ports.known('postgres') : options.ports.take('postgres'));
  // After a crash it may have much to read again, and would have to begin anew if it were stopped.
  const deadline = options.isPortKept ? Number.POSITIVE_INFINITY : performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const started = await launch(options, native, clusterDir, port, logFile, deadline);
    if (started.isReady) {
      const url = `postgresql://${ROLE}:${options.password}@127.0.0.1:${port}/${DATABASE}`;
      return { url, pid: started.pid, logFile, exited: started.exited };
    }
    const output = started.tail.join('\n');
    // Orphaned backends of a killed server hold its shared memory for a moment.
    if (/shared memory block .* still in use/.test(output) && performance.now() < deadline && !options.stopping.aborted)
      await sleep(200);
    else if (/could not bind|Address already in use/.test(output)) port = await nextPort(options, 'postgres', port);
    else
      throw new StartFailure(`PostgreSQL did not start; its log is ${logFile}`, {
        how: 'it did not start',
        logTail: started.tail,
      });
  }
}

/**
 * Somebody else has the port of a service.
 * @param {{ ports: import('./ports.mjs').RememberedPorts, isPortKept?: boolean }} options
 * @param {'postgres' | 'redis'} name
 * @param {number} port
 * @returns {Promise<number>} another one
 * @throws {StartFailure} when no other one will do
 */
export async function nextPort(options, name, port) {
  if (!options.isPortKept) return options.ports.chooseAnew(name);
  const how = `its port ${port} is taken by another program`;
  throw new StartFailure(`${name}: ${how}`, { how });
}

/**
 * @param {PostgresOptions & { major: string }} options
 * @param {string} native
 * @param {string} clusterDir
 */
async function makeCluster(options, native, clusterDir) {
  const isIncomplete = existsSync(`${clusterDir}.incomplete`);
  const clusterMajor = readText(path.join(clusterDir, 'PG_VERSION'))?.trim();
  if (clusterMajor && !isIncomplete) {
    if (clusterMajor === options.major) return;
    throw new StartFailure(
      `${clusterDir} was made by PostgreSQL ${clusterMajor}, this version brings ${options.major}: dump it with the old version, or set DATABASE_URL to a server that holds it.`,
    );
  }
  if (existsSync(clusterDir) && !isIncomplete && readdirSync(clusterDir).length > 0) {
    throw new StartFailure(`${clusterDir} holds files but no PostgreSQL cluster; move them away.`);
  }
  const user = options.home.serviceUser;
  // An interrupted initdb leaves a cluster that looks complete; this mark tells the next start to begin again.
  writeFileSync(`${clusterDir}.incomplete`, '');
  rmSync(clusterDir, { recursive: true, force: true });
  const passwordFile = `${clusterDir}.password`;
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  mkdirSync(clusterDir, { mode: 0o700 });
  chmodSync(clusterDir, 0o700);
  if (user) for (const file of [passwordFile, clusterDir]) chownSync(file, user.uid, user.gid);
  const asUser = { ...identityOf(user), cwd: clusterDir, env: serviceEnvironment() };
  try {
    const initdb = await runToEnd(
      path.join(native, 'bin', 'initdb'),
      [
        '-D',
        clusterDir,
        '-U',
        SUPERUSER,
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        // The built-in provider is the same on every machine, whichever locales it has.
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
        '--no-instructions',
        ...(options.isThrowAway ? ['--no-sync'] : []),
      ],
      asUser,
    );
    if (initdb.code !== 0) throw failedSetup('initdb', initdb);
    // Single-user mode makes the database before anything listens, and needs no client.
    const created = await runToEnd(
      path.join(native, 'bin', 'postgres'),
      ['--single', '-D', clusterDir, '-c', 'log_min_messages=error', 'postgres'],
      {
        ...asUser,
        // Tests make databases of their own.
        input: `CREATE ROLE ${ROLE} LOGIN ${options.isThrowAway ? 'CREATEDB' : ''} PASSWORD '${options.password}'\nCREATE DATABASE ${DATABASE} OWNER ${ROLE}\n`,
      },
    );
    if (created.code !== 0 || /ERROR|FATAL/.test(created.stderr))
      throw failedSetup('making role and database', created);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  rmSync(`${clusterDir}.incomplete`);
}

/**
 * @param {string} step
 * @param {import('./processes.mjs').RunResult} result
 */
function failedSetup(step, result) {
  const lines = `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '');
  return new StartFailure(`The PostgreSQL cluster could not be made: ${step} ended with code ${result.code}.`, {
    logTail: lines.slice(-12),
  });
}

/**
 * @param {PostgresOptions} options
 * @param {string} native
 * @param {string} clusterDir
 * @param {number} port
 * @param {string} logFile
 * @param {number} deadline on the monotonic clock
 */
async function launch(options, native, clusterDir, port, logFile, deadline) {
  const log = openLog(logFile);
  const logStart = fstatSync(log).size;
  /** @type {import('node:child_process').ChildProcess} */
  let child;
  try {
    options.stopping.throwIfAborted();
    child = spawnOnRecord(
      path.join(native, 'bin', 'postgres'),
      ['-D', clusterDir, ...settings(port, options.isThrowAway ?? false)],
      {
        ...identityOf(options.home.serviceUser),
        cwd: clusterDir,
        env: serviceEnvironment(),
        stdio: ['ignore', log, log],
      },
      (pid) => tellSpawned(pid, options.onSpawn, stopPostgres),
    );
    await once(child, 'spawn');
  } finally {
    closeSync(log);
  }
  const exited = endOf(child);
  const pid = /** @type {number} */ (child.pid);
  const pidFile = path.join(clusterDir, 'postmaster.pid');
  while (child.exitCode === null && child.signalCode === null) {
    const lines = readText(pidFile)?.split('\n') ?? [];
    if (Number(lines[0]) === pid && lines[7]?.trim() === 'ready')
      return { isReady: /** @type {const} */ (true), pid, exited };
    if (performance.now() > deadline) {
      const identity = identify(pid);
      if (identity) await stopPostgres(identity);
      break;
    }
    await sleep(15);
  }
  await exited;
  return { isReady: /** @type {const} */ (false), tail: tailOf(logFile, 12, logStart) };
}

/**
 * Before it begins: whatever happens from here on, somebody knows of it.
 * @param {number} pid
 * @param {PostgresOptions['onSpawn']} onSpawn
 * @param {(identity: import('./processes.mjs').ProcessIdentity) => Promise<void>} stop
 */
export function tellSpawned(pid, onSpawn, stop) {
  const identity = identify(pid);
  if (identity) onSpawn({ pid: identity.pid, stop: () => stop(identity) });
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<string>} such as "exit code 1"
 */
export async function endOf(child) {
  const [code, signal] = await once(child, 'exit');
  return signal ? `signal ${signal}` : `exit code ${code}`;
}

/**
 * @param {number} port
 * @param {boolean} isThrowAway
 * @returns {string[]}
 */
function settings(port, isThrowAway) {
  const values = {
    listen_addresses: '127.0.0.1',
    port,
    unix_socket_directories: '', // TCP on loopback only: no file that another user of the machine could reach
    max_connections: 200,
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    random_page_cost: 1.1, // solid-state disks
    jit: 'off', // costs more than it gives on short statements
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] ',
    ...(isThrowAway ? { fsync: 'off', full_page_writes: 'off' } : { fsync: 'on' }),
  };
  return Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/**
 * Stops a server of this cluster that a killed start left running, and removes a pid file that nobody owns.
 * @param {string} clusterDir
 */
async function clearLeftovers(clusterDir) {
  const pidFile = path.join(clusterDir, 'postmaster.pid');
  const pid = Number(readText(pidFile)?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 0) return;
  const identity = isPostmasterOf(pid, clusterDir) ? identify(pid) : undefined;
  if (identity) await stopPostgres(identity);
  else rmSync(pidFile, { force: true });
}

/**
 * A pid is reused, even by another system's PostgreSQL: the working directory of a server is its cluster.
 * @param {number} pid
 * @param {string} clusterDir
 */
function isPostmasterOf(pid, clusterDir) {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === clusterDir;
  } catch (error) {
    if (codeOf(error) === 'EACCES' || codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/**
 * The fast shutdown: connections are ended, everything is written.
 * @param {import('./processes.mjs').ProcessIdentity} identity
 */
async function stopPostgres(identity) {
  await endProcess(identity, [
    ['SIGINT', 30_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ]);
}

/**
 * Nothing of ours is passed on: variables such as PGPORT would change what the server does.
 * @returns {NodeJS.ProcessEnv}
 */
export function serviceEnvironment() {
  return { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' };
}

/**
 * @param {import('./users.mjs').SystemUser | undefined} user
 * @returns {{ uid?: number, gid?: number }}
 */
export function identityOf(user) {
  return user ? { uid: user.uid, gid: user.gid } : {};
}
