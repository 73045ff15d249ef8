import type { CarryRule } from '#contract/agent-config.ts';
import { constants, cpSync, lstatSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import picomatch from 'picomatch';
import type { Git } from './git.ts';
import { splitPaths, textOf } from './byte-paths.ts';
import { isInside, realpathOrNull } from './paths.ts';
import type { UserRepository } from './user-repository.ts';
import { deniedBy } from './violations.ts';
import type { Workspace } from './workspace-record.ts';

export interface CarryOrder {
  rules: readonly CarryRule[];
  /** Secrets: they stay where they are, whatever a rule says. */
  deniedGlobs: readonly string[];
}

export interface Carried {
  /** Paths in the task's folder that are not the agent's work. */
  paths: string[];
  /** For the log. */
  notes: string[];
}

/**
 * Puts ignored files of the user's checkout into a task's folder, such as installed packages: as a link, which costs
 * nothing and is read only in a sandbox, or as a copy.
 */
export async function carryFiles(git: Git, { places }: UserRepository, workspace: Workspace, { rules, deniedGlobs }: CarryOrder): Promise<Carried> {
  const carried: Carried = { paths: [], notes: [] };
  if (rules.length === 0) return carried;
  const { bytes } = await git.ask(['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory'], { cwd: places.topLevel, gitDir: places.gitDir });
  const ignored = splitPaths(bytes).map((path) => textOf(path).replace(/\/$/, ''));
  const isDenied = deniedBy(deniedGlobs);
  for (const { glob, how } of rules) {
    const isWanted = picomatch(glob, { dot: true });
    const paths = ignored.filter((path) => isWanted(path));
    // A file deeper in an ignored folder, named as it is.
    if (paths.length === 0 && ignored.some((folder) => glob.startsWith(`${folder}/`)) && lstatSync(join(places.topLevel, glob), { throwIfNoEntry: false })) paths.push(glob);
    if (paths.length === 0) carried.notes.push(`Nothing in ${places.topLevel} that Git ignores matches ${glob}`);
    for (const path of paths) {
      const why = carryOne(places.topLevel, workspace.path, path, how, isDenied);
      if (why === null) carried.paths.push(path);
      else carried.notes.push(`${path} is not ${how === 'link' ? 'linked' : 'copied'} into the task's folder: ${why}`);
    }
  }
  if (carried.paths.length > 0) carried.notes.push(`From ${places.topLevel}, by the agent's rules: ${carried.paths.slice(0, 10).join(', ')}${carried.paths.length > 10 ? ' …' : ''}`);
  return carried;
}

/** @returns why not; null when it is there */
function carryOne(from: string, to: string, path: string, how: CarryRule['how'], isDenied: (path: string) => boolean): string | null {
  const source = realpathOrNull(join(from, path));
  if (source === null || !isInside(from, source) || isInside(join(from, '.git'), source)) return 'it leads out of the repository';
  if (isDenied(path) || isDenied(relative(from, source))) return 'it is on the deny list';
  const target = join(to, path);
  mkdirSync(dirname(target), { recursive: true });
  if (!isInside(to, realpathOrNull(dirname(target)) ?? '/')) return 'its place leads out of the folder';
  if (lstatSync(target, { throwIfNoEntry: false })) return null;
  if (how === 'copy') {
    const isKept = (file: string): boolean => !isDenied(join(path, relative(source, file))) && isPlain(file, source);
    cpSync(source, target, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE, filter: isKept });
    return null;
  }
  const secret = lstatSync(source).isDirectory() ? readdirSync(source).find((name) => isDenied(join(path, name))) : undefined;
  if (secret !== undefined) return `it holds ${secret}, which is on the deny list (a copy would leave that out)`;
  symlinkSync(source, target);
  return null;
}

/** No pipes or devices, and no links that lead out of what is copied. */
function isPlain(file: string, root: string): boolean {
  const stat = lstatSync(file);
  if (!stat.isSymbolicLink()) return stat.isFile() || stat.isDirectory();
  const real = realpathOrNull(file);
  return real !== null && isInside(root, real);
}
