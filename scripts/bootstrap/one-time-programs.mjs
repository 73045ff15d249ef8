import { fileURLToPath } from 'node:url';
import { runToEnd } from './processes.mjs';
import { StartFailure } from './start-failure.mjs';

const rootDir = fileURLToPath(new URL('../..', import.meta.url));

/** @typedef {(name: 'api' | 'workers' | 'web' | 'migrate' | 'setup') => string[]} ArgsOf arguments of Node.js that start a program */

/**
 * Brings the database up to date.
 * @param {ArgsOf} argsOf
 * @param {NodeJS.ProcessEnv} env
 */
export async function migrate(argsOf, env) {
  await runOnce('migrate', argsOf('migrate'), env);
}

/**
 * What the set-up says about the account to sign in with.
 * @typedef {{ email: string, password: string | undefined, isNew: boolean, passwordUnusedFor: string | undefined }} AdminAccount
 */

/**
 * First account, demo project, local runner: whatever of them is missing.
 * @param {ArgsOf} argsOf
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<AdminAccount | undefined>}
 */
export async function setUp(argsOf, env) {
  const lines = await runOnce('setup', argsOf('setup'), env);
  const admin = lines.find((line) => line['msg'] === 'admin');
  if (!admin) return undefined;
  const textOf = (/** @type {string} */ name) => (typeof admin[name] === 'string' ? admin[name] : undefined);
  return {
    email: String(admin['email']),
    password: textOf('password'),
    isNew: admin['isNew'] === true,
    passwordUnusedFor: textOf('passwordUnusedFor'),
  };
}

/**
 * @param {string} name
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Record<string, unknown>[]>} the JSON lines that it printed
 */
async function runOnce(name, args, env) {
  const result = await runToEnd(process.execPath, args, { cwd: rootDir, env });
  const text = `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '');
  const lines = result.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  if (result.code === 0) return lines;
  const failed = lines.find((line) => line.msg === 'failed');
  if (failed) throw new StartFailure(String(failed.error));
  throw new StartFailure(`${name} ended with code ${result.code}.`, { logTail: text.slice(-12) });
}
