import path from 'node:path';

const MODULES = path.join('node_modules', '.bin');
/** npm puts it behind the folders that it puts first. @source @npmcli/run-script, set-path.js */
const NODE_GYP = path.join('run-script', 'lib', 'node-gyp-bin');

/**
 * The PATH of whoever has started us: npm puts our own programs first, and with them the `eslint` and the `tsc` that a
 * user's project would be checked by.
 * @param {string} searchPath
 * @param {string} rootDir the clone
 */
export function userPath(searchPath, rootDir) {
  const folders = searchPath.split(path.delimiter);
  const lastOfNpm = folders.findLastIndex((folder) => folder.endsWith(NODE_GYP));
  const own = path.join(rootDir, MODULES);
  const isOfNpm = (/** @type {string} */ folder, /** @type {number} */ index) =>
    folder === own || folder.endsWith(NODE_GYP) || (index < lastOfNpm && isAbove(folder, rootDir));
  return folders.filter((folder, index) => !isOfNpm(folder, index)).join(path.delimiter);
}

/**
 * Programs of a folder around the clone: a user may have the same one in his PATH (`~/node_modules/.bin`), and then it is
 * there once more, behind.
 * @param {string} folder
 * @param {string} rootDir
 */
function isAbove(folder, rootDir) {
  const around = path.dirname(path.dirname(folder));
  return folder.endsWith(MODULES) && !path.relative(around, rootDir).startsWith('..');
}
