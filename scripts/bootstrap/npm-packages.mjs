import { lstatSync, mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { npmCommand } from './dependencies.mjs';
import { runToEnd } from './processes.mjs';
import { StartFailure } from './start-failure.mjs';

/**
 * Takes files out of a package of the npm registry without installing it, or what it depends on. npm itself fetches it,
 * so that the user's registry, proxy and certificates hold.
 * @param {string} spec name@version
 * @param {readonly string[]} files paths in the package
 * @param {string} directory a new folder; the files are in its folder `package` then
 * @param {string} rootDir the clone, whose .npmrc counts too
 * @throws {StartFailure} when it can not be fetched, or holds no such files
 */
export async function fetchFromPackage(spec, files, directory, rootDir) {
  mkdirSync(directory, { recursive: true });
  const npm = npmCommand();
  const options = ['--ignore-scripts', '--loglevel=error', `--pack-destination=${directory}`];
  const packed = await runToEnd(npm.file, [...npm.args, 'pack', spec, ...options], { cwd: rootDir });
  const archive = readdirSync(directory).find((name) => name.endsWith('.tgz'));
  if (packed.code !== 0 || archive === undefined) {
    throw new StartFailure(`${spec} could not be fetched from the npm registry (${reasonOf(packed)}).`);
  }
  const members = files.map((file) => `package/${file}`);
  const unpacked = await runToEnd('tar', ['-xzf', archive, ...members], { cwd: directory });
  const isFile = (/** @type {string} */ member) =>
    lstatSync(path.join(directory, member), { throwIfNoEntry: false })?.isFile();
  if (unpacked.code === 0 && members.every(isFile)) return;
  throw new StartFailure(`${spec} does not hold ${files.join(', ')} (${unpacked.stderr.trim().split('\n')[0]}).`);
}

/**
 * npm names the code of an error, and then explains it.
 * @param {import('./processes.mjs').RunResult} result
 */
function reasonOf({ code, stderr }) {
  const lines = stderr.split('\n').map((line) => line.replace(/^npm (?:error|ERR!) ?/, '').trim());
  return (
    lines
      .filter((line) => line !== '')
      .slice(0, 2)
      .join(': ') || `npm pack ended with code ${code}`
  );
}
