import path from 'node:path';
import { ChildProgram } from './child-program.mjs';
import { readJson } from './files.mjs';
import { KeptPart, howItFailed } from './kept-part.mjs';
import { findOnPath } from './programs.mjs';
import { StartFailure } from './start-failure.mjs';

export const LOOPBACK_HOSTS = ['127.0.0.1', '::1', 'localhost'];

/**
 * @typedef {object} SystemOptions
 * @property {string} rootDir
 * @property {import('./one-time-programs.mjs').ArgsOf} argsOf
 * @property {NodeJS.ProcessEnv | undefined} [webEnv] what the pages are told beside
 * @property {NodeJS.ProcessEnv | undefined} [apiEnv] what the api is told beside
 * @property {NodeJS.ProcessEnv | undefined} [workersEnv] what the workers are told beside
 * @property {import('./system-environment.mjs').SystemEnvironment} environment
 * @property {string} databaseUrl
 * @property {string} redisUrl
 * @property {number} webPort
 * @property {import('./runner-account.mjs').RunnerAccount} runner
 * @property {string | undefined} [bubblewrap] undefined: agents run without a sandbox, unless the runner finds one itself
 * @property {import('./process-record.mjs').ProcessRecord} record
 * @property {(line: string) => void} tell
 * @property {AbortSignal} stopping
 * @property {import('./system-status.mjs').SystemStatus} status
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
  const { rootDir, argsOf, environment, runner, record, tell, stopping } = options;
  const apiOrigin = loopbackOrigin(environment);
  const server = serverEnvironment(options);
  const common = { cwd: rootDir, execPath: process.execPath, record, tell, stopping };
  const logFile = (/** @type {string} */ name) => path.join(environment.dataDir, 'logs', `${name}.log`);
  const program = (/** @type {'api' | 'workers' | 'web'} */ name, /** @type {NodeJS.ProcessEnv} */ env) => ({
    ...common,
    name,
    args: argsOf(name),
    env,
    logFile: logFile(name),
  });
  const webEnvironment = {
    ...withoutSecrets(server),
    WEB_PORT: String(options.webPort),
    WEB_HOST: '127.0.0.1',
    API_ORIGIN: apiOrigin,
    ...options.webEnv,
  };
  return {
    api: new ChildProgram({
      ...program('api', { ...server, ...options.apiEnv }),
      status: options.status,
    }),
    // These two are ready when PostgreSQL, or the api, answers them; that may be away for longer than a start takes.
    workers: new ChildProgram({ ...program('workers', { ...server, ...options.workersEnv }), mayWait: true }),
    web: new ChildProgram(program('web', webEnvironment)),
    runner: new ChildProgram({
      ...common,
      name: 'runner',
      execPath: runner.execPath,
      args: [path.join(runner.binDir, 'runner.mjs')],
      cwd: runner.runnerDir,
      user: runner.user,
      // Whoever stops the system expects no agent to go on; one that crashes, or loses us, leaves its runs to the next.
      env: {
        ...runnerEnvironment(environment.variables, runner),
        OVERMIND_URL: apiOrigin,
        OVERMIND_RUNNER_DIR: runner.runnerDir,
        OVERMIND_RUNNER_ON_STOP: 'end',
        NODE_ENV: 'production',
        ...sandboxEnvironment(options),
      },
      openFiles: runner.tokenFile === undefined ? [] : [runner.tokenFile],
      logFile: logFile('runner'),
      mayWait: true,
    }),
  };
}

/** One that waits for another part has not failed; the start goes on without it. */
const FIRST_READY_MS = 60_000;

/**
 * Starts what the pages need at once, and the runner, which dials in, when there is something to dial. Without the api
 * there is nothing to start; whatever else does not come up is tried again while the rest goes on.
 * @param {ReturnType<typeof createSystem>} system
 * @param {import('./progress.mjs').Progress} progress
 * @param {Pick<SystemOptions, 'status' | 'stopping' | 'tell'>} options
 * @returns {Promise<{ missing: string[], parts: Record<keyof ReturnType<typeof createSystem>, KeptPart> }>} `missing`:
 *   the names of those that do not run yet
 */
export async function startSystem(system, progress, options) {
  const keep = (/** @type {ChildProgram} */ program) =>
    new KeptPart({
      ...options,
      name: program.options.name,
      logFile: program.options.logFile,
      launch: () => program.launch(),
      reason: () => program.log.reason(),
    });
  const parts = {
    api: keep(system.api),
    workers: keep(system.workers),
    web: keep(system.web),
    runner: keep(system.runner),
  };
  const startStep = async (/** @type {string} */ title, /** @type {KeptPart[]} */ parts) => {
    try {
      await progress.step(title, async () => {
        // Each first start is over, one way or the other, before a failure of the api ends them all.
        const results = await Promise.allSettled(parts.map((part) => startOrTryAgain(part, part.name === 'api')));
        for (const result of results) if (result.status === 'rejected') throw result.reason;
        const names = parts
          .filter((_part, index) => !(/** @type {PromiseFulfilledResult<boolean>} */ (results[index]).value))
          .map(({ name }) => name);
        if (names.length > 0) throw new MissingParts(names);
      });
      return [];
    } catch (error) {
      if (error instanceof MissingParts) return error.names;
      throw error;
    }
  };
  const missing = await startStep('api, workers, web', [parts.api, parts.workers, parts.web]);
  return { missing: [...missing, ...(await startStep('runner', [parts.runner]))], parts };
}

class MissingParts extends Error {
  /** @param {string[]} names */
  constructor(names) {
    super(`${names.join(', ')} did not start`);
    this.names = names;
  }
}

/**
 * @param {KeptPart} part
 * @param {boolean} isNeeded
 * @returns {Promise<boolean>} whether it runs
 * @throws {StartFailure} when one that is needed does not start
 */
async function startOrTryAgain(part, isNeeded) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, FIRST_READY_MS, false)));
  const started = part.start().then(
    () => true,
    (error) => {
      if (isNeeded || part.options.stopping.aborted) throw error;
      part.tryAgain(howItFailed(error));
      return false;
    },
  );
  return Promise.race([started, late]).finally(() => clearTimeout(timer));
}

/**
 * The runner first, so that it can hand in what it holds; then those that people see; the workers last.
 * @param {ReturnType<typeof createSystem>} system
 */
export async function stopSystem({ runner, web, api, workers }) {
  for (const program of [runner, web, api, workers]) await program.stop();
}

/**
 * Runners and the state documents' copies need Git, and look for it on PATH alone.
 * @param {import('./system-environment.mjs').SystemEnvironment} environment
 * @throws {StartFailure}
 */
export function requireGit({ variables }) {
  if (findOnPath(variables['PATH'] ?? '', 'git')) return;
  throw new StartFailure(
    `Git was not found on PATH (${variables['PATH'] ?? 'which is not set'}): install it, or add its folder to PATH.`,
  );
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
  const {
    DATABASE_URL: _database,
    REDIS_URL: _redis,
    OVERMIND_ADMIN_PASSWORD: _password,
    OVERMIND_SPEECH_KEY: _speechKey,
    ...rest
  } = variables;
  return rest;
}

/**
 * The agents that a runner starts need its user's own surroundings (PATH, HOME, their log-ins), and nothing of the server.
 * @param {NodeJS.ProcessEnv} variables
 * @param {Pick<import('./runner-account.mjs').RunnerAccount, 'user' | 'runnerDir'>} runner
 * @returns {NodeJS.ProcessEnv}
 */
export function runnerEnvironment(variables, runner) {
  if (!runner.user) return withoutSecrets(variables);
  // Root's own surroundings are no business of an unprivileged user's, but for what root's policy hands out to agents.
  const handedOut = envNamesOf(path.join(runner.runnerDir, 'policy.json'));
  return {
    ...Object.fromEntries(Object.entries(withoutSecrets(variables)).filter(([name]) => handedOut.includes(name))),
    PATH: variables['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
    LANG: variables['LANG'] ?? 'C.UTF-8',
    HOME: runner.runnerDir,
    USER: runner.user.name,
    LOGNAME: runner.user.name,
    ...(variables['LOG_LEVEL'] && { LOG_LEVEL: variables['LOG_LEVEL'] }),
  };
}

/**
 * @param {string} policyFile
 * @returns {readonly unknown[]} of a policy that does not fit, none: the runner says what is wrong with it
 */
function envNamesOf(policyFile) {
  const policy = readJson(policyFile);
  const names = policy && typeof policy === 'object' && 'envNames' in policy ? policy.envNames : [];
  return Array.isArray(names) ? names : [];
}
