import { delimiter, dirname, join, relative } from 'node:path';

const MODULES = join('node_modules', '.bin');
/** npm puts it behind the folders that it puts first. @source @npmcli/run-script, set-path.js */
const NODE_GYP = join('run-script', 'lib', 'node-gyp-bin');

/**
 * The PATH of whoever has started us, for a runner that was started by npm: that puts our own programs first, and with
 * them the `eslint` and the `tsc` that a user's project would be checked by. (As `npm start` does before it starts us:
 * scripts/bootstrap/user-path.mjs.)
 * @param ownFolder of the package that this runner is part of
 */
export function userPath(searchPath: string, ownFolder: string): string {
  const folders = searchPath.split(delimiter);
  const lastOfNpm = folders.findLastIndex((folder) => folder.endsWith(NODE_GYP));
  const isOfNpm = (folder: string, index: number): boolean =>
    folder === join(ownFolder, MODULES) ||
    folder.endsWith(NODE_GYP) ||
    (index < lastOfNpm && isAbove(folder, ownFolder));
  return folders.filter((folder, index) => !isOfNpm(folder, index)).join(delimiter);
}

/** A user may have such a folder in his own PATH (`~/node_modules/.bin`): then it is there once more, behind. */
function isAbove(folder: string, ownFolder: string): boolean {
  return folder.endsWith(MODULES) && !relative(dirname(dirname(folder)), ownFolder).startsWith('..');
}
