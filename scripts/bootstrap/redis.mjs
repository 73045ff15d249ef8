import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, fstatSync, readdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog, readText, tailOf } from './files.mjs';
import { endOf, identityOf, nextPort, serviceEnvironment, tellSpawned } from './postgres.mjs';
import { endProcess, identify, runToEnd, spawnOnRecord } from './processes.mjs';
import { findRedis } from './redis-program.mjs';
import { askRedis } from './redis-wire.mjs';
import { reachableCopy, serviceDirectory } from './service-home.mjs';
import { StartFailure } from './start-failure.mjs';

const READY_TIMEOUT_MS = 60_000; // Docker may have to fetch its image first
const DOCKER_IMAGE = 'redis:7-alpine';

/**
 * Starts Redis on loopback with a password. It keeps nothing on disk: all that is in it can be made again from PostgreSQL.
 * @param {{ home: import('./service-home.mjs').ServiceHome, ports: import('./ports.mjs').RememberedPorts, password: string,
 *   onSpawn: import('./postgres.mjs').PostgresOptions['onSpawn'], stopping: AbortSignal, isPortKept?: boolean }} options
 * @returns {Promise<import('./postgres.mjs').RunningService>}
 */
export async function startRedis(options) {
  const { home } = options;
  const program = await findRedis(home);
  const directory = serviceDirectory(home, 'redis', { owner: home.serviceUser });
  const logFile = path.join(home.dataDir, 'logs', 'redis.log');
  if (program.kind === 'program') await clearLeftovers(directory);
  const deadline = performance.now() + READY_TIMEOUT_MS;
  let port = await (options.isPortKept ? options.ports.known('redis') : options.ports.take('redis'));
  for (;;) {
    const url = `redis://:${options.password}@127.0.0.1:${port}`;
    const attempt = await launch({
      program,
      home,
      directory,
      logFile,
      port,
      url,
      password: options.password,
      onSpawn: options.onSpawn,
      stopping: options.stopping,
      deadline,
    });
    if (attempt.isReady) return { url, logFile, pid: attempt.pid, exited: attempt.exited };
    if (!/Address already in use|port is already allocated/i.test(attempt.tail.join('\n'))) {
      throw new StartFailure(`Redis did not start; its log is ${logFile}`, {
        how: 'it did not start',
        logTail: attempt.tail,
      });
    }
    port = await nextPort(options, 'redis', port);
  }
}

/**
 * @param {{ program: import('./redis-program.mjs').RedisProgram, home: import('./service-home.mjs').ServiceHome, directory: string,
 *   logFile: string, port: number, url: string, password: string, deadline: number,
 *   onSpawn: import('./postgres.mjs').PostgresOptions['onSpawn'], stopping: AbortSignal }} options
 */
async function launch(options) {
  const { program, home, directory, logFile, port } = options;
  const log = openLog(logFile);
  const logStart = fstatSync(log).size;
  const env = serviceEnvironment();
  let command = program.file;
  let args = ['-'];
  let user = home.serviceUser;
  if (program.kind === 'docker') {
    const container = `overmind-redis-${createHash('sha256').update(home.dataDir).digest('hex').slice(0, 12)}`;
    await runToEnd(program.file, ['rm', '--force', container]);
    args = [
      'run',
      '--rm',
      '--interactive',
      '--name',
      container,
      '--publish',
      `127.0.0.1:${port}:6379`,
      DOCKER_IMAGE,
      'redis-server',
      '-',
    ];
    user = undefined;
  } else {
    command = reachableCopy(home, user, program.file, 'redis-server');
    if (program.libraryPath) env['LD_LIBRARY_PATH'] = program.libraryPath;
  }
  /** @type {import('node:child_process').ChildProcess} */
  let child;
  try {
    options.stopping.throwIfAborted();
    const cwd = program.kind === 'docker' ? '/' : directory;
    child = spawnOnRecord(command, args, { ...identityOf(user), cwd, env, stdio: ['pipe', log, log] }, (pid) =>
      tellSpawned(pid, options.onSpawn, stopRedis),
    );
    await once(child, 'spawn');
  } finally {
    closeSync(log);
  }
  const exited = endOf(child);
  // The configuration goes through standard input, so that the password is in no argument list and in no file.
  child.stdin?.on('error', () => {}); // a program that ended at once says why in its log, which is read below
  child.stdin?.end(configuration(options, program.kind === 'docker'));
  const pid = /** @type {number} */ (child.pid);
  while (child.exitCode === null && child.signalCode === null) {
    if ((await askRedis(options.url)) === undefined && child.exitCode === null)
      return { isReady: /** @type {const} */ (true), pid, exited };
    if (performance.now() > options.deadline) child.kill('SIGKILL');
    await sleep(20);
  }
  await exited;
  return { isReady: /** @type {const} */ (false), tail: tailOf(logFile, 12, logStart) };
}

/**
 * Stops a server of this directory that nobody has on record: the working directory of a server is its own. Needs /proc.
 * @param {string} directory
 */
async function clearLeftovers(directory) {
  if (process.platform !== 'linux') return;
  for (const pid of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    if (linkOrNothing(`/proc/${pid}/cwd`) !== directory) continue;
    const identity = identify(pid);
    if (identity && /redis|valkey/.test(readText(`/proc/${pid}/comm`) ?? '')) await stopRedis(identity);
  }
}

/** @param {string} file */
function linkOrNothing(file) {
  try {
    return readlinkSync(file);
  } catch {
    return undefined; // it has ended meanwhile, or belongs to somebody whom we may not look at
  }
}

/**
 * @param {{ directory: string, port: number, password: string }} options
 * @param {boolean} isContainer only the port published on loopback reaches into it
 */
function configuration(options, isContainer) {
  return [
    ...(isContainer
      ? []
      : [
          `port ${options.port}`,
          'bind 127.0.0.1',
          `dir "${options.directory.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
        ]),
    `requirepass ${options.password}`,
    'save ""',
    'appendonly no',
    'maxmemory-policy noeviction', // a queue's keys must never be dropped silently
    'daemonize no',
    '',
  ].join('\n');
}

/** @param {import('./processes.mjs').ProcessIdentity} identity */
async function stopRedis(identity) {
  await endProcess(identity, [
    ['SIGTERM', 5_000],
    ['SIGKILL', 2_000],
  ]);
}
