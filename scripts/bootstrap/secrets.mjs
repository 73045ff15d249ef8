import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { readJson, writeFileAtomically } from './files.mjs';

/**
 * A secret of this data directory: generated once, kept in secrets.json (0600), whatever else that file holds.
 * @param {string} dataDir
 * @param {string} name
 * @returns {string} 64 hexadecimal digits when it was generated, so safe in a URL
 */
export function secretNamed(dataDir, name) {
  const file = path.join(dataDir, 'secrets.json');
  const secrets = /** @type {Record<string, unknown> | undefined} */ (readJson(file)) ?? {};
  const known = secrets[name];
  if (typeof known === 'string' && known !== '') return known;
  const secret = randomBytes(32).toString('hex');
  writeFileAtomically(file, `${JSON.stringify({ ...secrets, [name]: secret }, null, 2)}\n`, 0o600);
  return secret;
}
