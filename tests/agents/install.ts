import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
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
  npm(['install', '--save-exact', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', folder, ...wanted]);
  const scripted = programs.filter(({ needsScripts }) => needsScripts).map((one) => one.package);
  if (scripted.length > 0) npm(['rebuild', '--prefix', folder, ...scripted]);
  return path.join(folder, 'node_modules', '.bin');
}

function npm(args: string[]): void {
  const { status, error } = spawnSync('npm', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} ended with ${status}`, { cause: error });
}
