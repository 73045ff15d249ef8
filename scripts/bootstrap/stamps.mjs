import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { readText, writeFileAtomically } from './files.mjs';

const IGNORED_NAMES = new Set(['node_modules', 'build', 'data', '.git', '.cache', 'test-results']);

/**
 * One hash over the content of files and folders, so that a step runs only when what it depends on has changed.
 * @param {string} rootDir
 * @param {readonly string[]} inputs paths below it; a missing one counts as empty
 * @param {readonly string[]} [excluded] path prefixes below it that are not inputs
 * @returns {string} hexadecimal
 */
export function hashInputs(rootDir, inputs, excluded = []) {
  const hash = createHash('sha256');
  hash.update(`node ${process.versions.modules} ${process.platform} ${process.arch}\n`);
  for (const input of inputs) addTo(hash, rootDir, input, excluded);
  return hash.digest('hex');
}

/**
 * @param {import('node:crypto').Hash} hash
 * @param {string} rootDir
 * @param {string} relative
 * @param {readonly string[]} excluded
 */
function addTo(hash, rootDir, relative, excluded) {
  if (excluded.some((prefix) => relative === prefix || relative.startsWith(`${prefix}/`))) return;
  const absolute = path.join(rootDir, relative);
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (!stat) return;
  if (stat.isDirectory()) {
    for (const name of readdirSync(absolute).sort()) {
      if (!IGNORED_NAMES.has(name)) addTo(hash, rootDir, `${relative}/${name}`, excluded);
    }
  } else if (stat.isFile() && !/\.test\.tsx?$/.test(relative)) {
    hash.update(`${relative}\0${stat.size}\0`);
    hash.update(readFileSync(absolute));
  }
}

/**
 * @param {string} stampFile
 * @param {string} hash
 */
export function isStamped(stampFile, hash) {
  return readText(stampFile)?.trim() === hash;
}

/**
 * @param {string} stampFile
 * @param {string} hash
 */
export function stamp(stampFile, hash) {
  writeFileAtomically(stampFile, `${hash}\n`);
}
