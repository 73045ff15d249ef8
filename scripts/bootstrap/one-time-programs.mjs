import path from 'node:path';
import { runToEnd } from './processes.mjs';
import { StartFailure } from './start-failure.mjs';

/**
 * Brings the database up to date.
 * @param {string} rootDir
 * @param {NodeJS.ProcessEnv} env
 */
export async function migrate(rootDir, env) {
  await runBundle(rootDir, 'migrate', env);
}

/**
 * What the set-up says about the account to sign in with.
 * @typedef {{ email: string, password: string | undefined, isNew: boolean }} AdminAccount
 */

/**
 * First account, demo project, local runner: whatever of them is missing.
 * @param {string} rootDir
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<AdminAccount | undefined>}
 */
export async function setUp(rootDir, env) {
  const lines = await runBundle(rootDir, 'setup', env);
  const admin = lines.find((line) => line['msg'] === 'admin');
  if (!admin) return undefined;
  const password = typeof admin['password'] === 'string' ? admin['password'] : undefined;
  return { email: String(admin['email']), password, isNew: admin['isNew'] === true };
}

/**
 * @param {string} rootDir
 * @param {string} name
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Record<string, unknown>[]>} the JSON lines that it printed
 */
async function runBundle(rootDir, name, env) {
  const result = await runToEnd(process.execPath, [path.join(rootDir, 'build', `${name}.mjs`)], { cwd: rootDir, env });
  const text = `${result.stdout}\n${result.stderr}`.split('\n').filter((line) => line.trim() !== '');
  const lines = result.stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));
  if (result.code === 0) return lines;
  const failed = lines.find((line) => line.msg === 'failed');
  if (failed) throw new StartFailure(String(failed.error));
  throw new StartFailure(`build/${name}.mjs ended with code ${result.code}.`, { logTail: text.slice(-12) });
}
