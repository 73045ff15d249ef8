import { statSync } from 'node:fs';
import path from 'node:path';
import { StartFailure } from './start-failure.mjs';

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];

/**
 * What our programs would refuse, but only once PostgreSQL runs and everything is built. They check it again
 * (core/config/env.ts, scripts/setup/environment.ts): what is kept here is never stricter than there.
 * @type {Record<string, (value: string) => string | null>} what is wrong with a value; null: nothing
 */
const CHECKS = {
  LOG_LEVEL: (value) => (LOG_LEVELS.includes(value) ? null : `it is one of ${LOG_LEVELS.join(', ')}`),
  OVERMIND_PUBLIC_ORIGIN: (value) =>
    URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
      ? null
      : 'it is an address such as https://overmind.example.org',
  OVERMIND_ADMIN_EMAIL: (value) =>
    /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value) ? null : 'it is an email address such as admin@example.org',
  OVERMIND_ADMIN_PASSWORD: (value) =>
    value.length >= 8 && value.length <= 200 ? null : 'a password has 8 to 200 characters',
  OVERMIND_VOICE: (value) => (['0', '1'].includes(value) ? null : 'it is 0 or 1'),
  OVERMIND_REPO_ROOTS: (value) => {
    const missing = value.split(path.delimiter).filter((root) => root !== '' && !isDirectory(root));
    return missing.length === 0 ? null : `there is no folder ${missing.join(', ')}`;
  },
};

/** @param {string} file */
function isDirectory(file) {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * @param {NodeJS.ProcessEnv} variables
 * @throws {StartFailure} naming each variable that is wrong
 */
export function checkSettings(variables) {
  const wrong = Object.entries(CHECKS).flatMap(([name, check]) => {
    const value = variables[name]?.trim();
    const why = value ? check(value) : null;
    // A password is not shown to who looks over a shoulder.
    return why === null ? [] : [`${name}${name.endsWith('PASSWORD') ? '' : `=${value}`} is not valid: ${why}`];
  });
  if (wrong.length > 0) throw new StartFailure(`${wrong.join('. ')}. See .env.example.`);
}
