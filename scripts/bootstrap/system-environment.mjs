import path from 'node:path';
import util from 'node:util';
import { readText } from './files.mjs';
import { StartFailure } from './start-failure.mjs';
import { userPath } from './user-path.mjs';

/**
 * @typedef {object} SystemEnvironment
 * @property {number} port where people and programs reach the system
 * @property {string} host
 * @property {string} dataDir absolute
 * @property {string | undefined} databaseUrl
 * @property {string | undefined} redisUrl
 * @property {NodeJS.ProcessEnv} variables all of them, for the programs that we start; PATH is the user's own
 */

/**
 * What the system is told from outside: the environment, and a file `.env` in the clone for what is not set there.
 * @param {NodeJS.ProcessEnv} given
 * @param {string} rootDir the clone
 * @returns {SystemEnvironment}
 * @throws {StartFailure} naming the variable that is wrong
 */
export function readSystemEnvironment(given, rootDir) {
  const variables = { ...util.parseEnv(readText(path.join(rootDir, '.env')) ?? ''), ...given };
  if (variables['PATH'] !== undefined) variables['PATH'] = userPath(variables['PATH'], rootDir);
  const value = (/** @type {string} */ name) => variables[name]?.trim() || undefined;
  const databaseUrl = value('DATABASE_URL');
  if (
    databaseUrl !== undefined &&
    !(URL.canParse(databaseUrl) && /^postgres(ql)?:$/.test(new URL(databaseUrl).protocol))
  ) {
    throw new StartFailure(
      'DATABASE_URL is not an address; it should look like postgresql://user:password@host:5432/database',
    );
  }
  return {
    port: portFrom(value('PORT') ?? '3000'),
    host: value('HOST') ?? '127.0.0.1',
    dataDir: path.resolve(rootDir, value('OVERMIND_DATA_DIR') ?? 'data'),
    databaseUrl,
    redisUrl: value('REDIS_URL'),
    variables,
  };
}

/** @param {string} text */
function portFrom(text) {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new StartFailure(`PORT=${text} is not a port number (1 to 65535).`);
  return port;
}
