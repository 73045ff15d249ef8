import { accessSync, constants } from 'node:fs';
import path from 'node:path';

// Where system programs are even when PATH, say of a service, is short.
const USUAL_FOLDERS = [
  '/usr/local/bin',
  '/usr/local/sbin',
  '/usr/bin',
  '/usr/sbin',
  '/bin',
  '/sbin',
  '/opt/homebrew/bin',
];

/**
 * The absolute path of the first of some programs that this machine has.
 * @param {...string} names
 * @returns {string | undefined}
 */
export function findProgram(...names) {
  const folders = [
    ...(process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => path.isAbsolute(folder)),
    ...USUAL_FOLDERS,
  ];
  for (const name of names) {
    for (const folder of folders) {
      const file = path.join(folder, name);
      if (isExecutable(file)) return file;
    }
  }
  return undefined;
}

/**
 * @param {string} searchPath as in PATH
 * @param {string} name
 * @returns {string | undefined} the absolute path of the first that there is
 */
export function findOnPath(searchPath, name) {
  return searchPath
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder))
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

/** @param {string} word of a command line for a shell */
export function quotedForShell(word) {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** @param {string} file */
function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // the question itself: absent and not executable are the same answer
  }
}
