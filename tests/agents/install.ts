import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { REAL_PROGRAMS, type RealProgramName } from './programs.ts';

/**
 * Installs programs from the npm registry into a folder, where they are not there yet; npm checks that each package is what
 * the registry says it is. Scripts run only for those that are nothing without.
 * @returns the folder of their commands
 */
export function installPrograms(folder: string, names: readonly RealProgramName[]): string {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const programs = names.map((name) => REAL_PROGRAMS[name]);
  const wanted = programs.map((one) => `${one.package}@${one.version}`);
  npm(folder, [
    'install',
    '--save-exact',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    ...wanted,
  ]);
  const scripted = programs.filter(({ needsScripts }) => needsScripts).map((one) => one.package);
  if (scripted.length > 0) npm(folder, ['rebuild', '--loglevel=error', ...scripted]);
  return path.join(folder, 'node_modules', '.bin');
}

function npm(folder: string, args: string[]): void {
  // npm takes a folder without this for a part of what is above it.
  const packageFile = path.join(folder, 'package.json');
  if (!existsSync(packageFile)) writeFileSync(packageFile, '{ "private": true }\n');
  // What `npm run` tells its programs is about our own package.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
  const { status, error } = spawnSync('npm', args, { cwd: folder, env, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} in ${folder} ended with ${status}`, { cause: error });
}
