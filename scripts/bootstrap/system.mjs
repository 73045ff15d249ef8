import path from 'node:path';
import { ChildProgram } from './child-program.mjs';

export const LOOPBACK_HOSTS = ['127.0.0.1', '::1', 'localhost'];

/**
 * @typedef {object} SystemOptions
 * @property {string} rootDir
 * @property {import('./system-environment.mjs').SystemEnvironment} environment
 * @property {string} databaseUrl
 * @property {string} redisUrl
 * @property {number} webPort
 * @property {import('./runner-account.mjs').RunnerAccount} runner
 * @property {string | undefined} [bubblewrap] undefined: agents run without a sandbox, unless the runner finds one itself
 * @property {import('./process-record.mjs').ProcessRecord} record
 * @property {(line: string) => void} tell
 * @property {(failure: import('./start-failure.mjs').StartFailure) => void} onGiveUp
 */

/**
 * The environment that api, workers, migration and set-up share.
 * @param {Pick<SystemOptions, 'environment' | 'databaseUrl' | 'redisUrl' | 'webPort'>} options
 * @returns {NodeJS.ProcessEnv}
 */
export function serverEnvironment({ environment, databaseUrl, redisUrl, webPort }) {
  return {
    ...environment.variables,
    NODE_ENV: 'production',
    PORT: String(environment.port),
    HOST: environment.host,
    OVERMIND_DATA_DIR: environment.dataDir,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    WEB_ORIGIN: `http://127.0.0.1:${webPort}`,
    OVERMIND_GRAPHIQL: isGraphiqlOn(environment) ? '1' : '0',
  };
}

/**
 * The explorer is on unless told otherwise, but not where a whole network could reach it.
 * @param {import('./system-environment.mjs').SystemEnvironment} environment
 */
export function isGraphiqlOn({ variables, host }) {
  const told = variables['OVERMIND_GRAPHIQL']?.trim();
  return told ? told === '1' || told === 'true' : LOOPBACK_HOSTS.includes(host);
}

/**
 * Our programs in the order they start; they stop in another one, see `stopSystem`.
 * @param {SystemOptions} options
 */
export function createSystem(options) {
  const { rootDir, environment, runner } = options;
  const build = path.join(rootDir, 'build');
  const apiOrigin = loopbackOrigin(environment);
  const server = serverEnvironment(options);
  const common = { cwd: rootDir, execPath: process.execPath, record: options.record, tell: options.tell, onGiveUp: options.onGiveUp };
  const logFile = (/** @type {string} */ name) => path.join(environment.dataDir, 'logs', `${name}.log`);
  const program = (/** @type {string} */ name, /** @type {string} */ file, /** @type {NodeJS.ProcessEnv} */ env) =>
    new ChildProgram({ ...common, name, args: [file], env, logFile: logFile(name) });
  return {
    api: program('api', path.join(build, 'api.mjs'), server),
    workers: program('workers', path.join(build, 'workers.mjs'), server),
    web: program('web', path.join(build, 'web', 'server.mjs'), { ...withoutSecrets(server), WEB_PORT: String(options.webPort), WEB_HOST: '127.0.0.1', API_ORIGIN: apiOrigin }),
    runner: new ChildProgram({
      ...common,
      name: 'runner',
      execPath: runner.execPath,
      args: [path.join(runner.binDir, 'runner.mjs')],
      cwd: runner.runnerDir,
      user: runner.user,
      // Whoever stops the system expects no agent to go on; one that crashes leaves its runs to the next.
      env: { ...runnerEnvironment(environment.variables, runner), OVERMIND_URL: apiOrigin, OVERMIND_RUNNER_DIR: runner.runnerDir, OVERMIND_RUNNER_ON_STOP: 'end', NODE_ENV: 'production', ...sandboxEnvironment(options) },
      openFiles: runner.tokenFile === undefined ? [] : [runner.tokenFile],
      logFile: logFile('runner'),
    }),
  };
}

/**
 * Starts what the pages need at once, and the runner, which dials in, when there is something to dial.
 * @param {ReturnType<typeof createSystem>} system
 * @param {import('./progress.mjs').Progress} progress
 */
export async function startSystem(system, progress) {
  await progress.step('api, workers, web', () => Promise.all([system.api.start(), system.workers.start(), system.web.start()]));
  await progress.step('runner', () => system.runner.start());
}

/**
 * The runner first, so that it can hand in what it holds; then those that people see; the workers last.
 * @param {ReturnType<typeof createSystem>} system
 */
export async function stopSystem({ runner, web, api, workers }) {
  // Nothing is started again from here on, whatever ends in which order.
  for (const program of [runner, web, api, workers]) program.isStopping = true;
  for (const program of [runner, web, api, workers]) await program.stop();
}

/**
 * How programs on this machine reach the api.
 * @param {{ host: string, port: number }} environment
 */
export function loopbackOrigin({ host, port }) {
  if (host === '0.0.0.0' || host === '::') return `http://127.0.0.1:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * What the runner must know to keep agents apart: its token is descriptor 3 where it may not read the file.
 * @param {SystemOptions} options
 */
function sandboxEnvironment({ environment, runner, bubblewrap }) {
  return {
    OVERMIND_HIDDEN_DIRS: environment.dataDir,
    ...(bubblewrap && { OVERMIND_BWRAP: bubblewrap }),
    ...(runner.tokenFile && { OVERMIND_RUNNER_TOKEN_FD: '3' }),
  };
}

/** @param {NodeJS.ProcessEnv} variables */
function withoutSecrets(variables) {
  const { DATABASE_URL: _database, REDIS_URL: _redis, OVERMIND_ADMIN_PASSWORD: _password, ...rest } = variables;
  return rest;
}

/**
 * The agents that a runner starts need its user's own surroundings (PATH, HOME, their log-ins), and nothing of the server.
 * @param {NodeJS.ProcessEnv} variables
 * @param {import('./runner-account.mjs').RunnerAccount} runner
 */
function runnerEnvironment(variables, runner) {
  if (!runner.user) return withoutSecrets(variables);
  // Root's own surroundings are no business of an unprivileged user's.
  return {
    PATH: variables['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    LANG: variables['LANG'] ?? 'C.UTF-8',
    HOME: runner.runnerDir,
    USER: runner.user.name,
    LOGNAME: runner.user.name,
    ...(variables['LOG_LEVEL'] && { LOG_LEVEL: variables['LOG_LEVEL'] }),
  };
}
