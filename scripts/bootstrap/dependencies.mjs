import { existsSync } from 'node:fs';
import path from 'node:path';
import { runToEnd } from './processes.mjs';
import { hashInputs, isStamped, stamp } from './stamps.mjs';
import { StartFailure } from './start-failure.mjs';

/**
 * Installs the packages of package-lock.json when they are missing or another lock file's. No package's install script
 * runs: npm 10 would run them all, npm 11 asks about each, and the one that is needed the bootstrap does itself.
 * @param {string} rootDir
 * @param {import('./progress.mjs').Progress} progress
 */
export async function installDependencies(rootDir, progress) {
  const stampFile = path.join(rootDir, 'node_modules', '.overmind-stamp');
  const hash = hashInputs(rootDir, ['package.json', 'package-lock.json', '.npmrc']);
  if (isStamped(stampFile, hash)) return;
  if (await isInstalledByHand(rootDir)) return stamp(stampFile, hash);
  await progress.step('Packages (npm ci)', async (say) => {
    const npm = npmCommand();
    const result = await runToEnd(
      npm.file,
      [...npm.args, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
      { cwd: rootDir, onLine: say },
    );
    if (result.code !== 0) {
      // npm says what is wrong first, and how it is used at length after that.
      const lines = `${result.stderr}\n${result.stdout}`
        .split('\n')
        .filter((line) => line.replace(/^npm error/, '').trim() !== '');
      throw new StartFailure('The packages could not be installed (npm ci).', { logTail: lines.slice(0, 8) });
    }
    stamp(stampFile, hash);
  });
}

/**
 * Whether somebody ran `npm ci` or `npm install` already: npm keeps what it installed in node_modules/.package-lock.json.
 * @param {string} rootDir
 */
async function isInstalledByHand(rootDir) {
  const installed = path.join(rootDir, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const npm = npmCommand();
  const listed = await runToEnd(npm.file, [...npm.args, 'ls', '--all', '--silent', '--omit=optional'], {
    cwd: rootDir,
  });
  if (listed.code !== 0) return false;
  return true;
}

/** npm as a program of this very Node.js where it can be found, so that a PATH with another one does no harm. */
export function npmCommand() {
  const execPath = process.env['npm_execpath'];
  if (execPath && /npm-cli\.js$/.test(execPath)) return { file: process.execPath, args: [execPath] };
  return { file: 'npm', args: [] };
}
