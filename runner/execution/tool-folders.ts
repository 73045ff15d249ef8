import { readdirSync, type Dirent } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { isInside, realpathOrNull } from './paths.ts';
import { SYSTEM_FOLDERS } from './system-files.ts';

const MODULES = `${sep}lib${sep}node_modules${sep}`;

export interface ToolSearch {
  /** The PATH of the run's programs. */
  pathFolders: readonly string[];
  /** Programs and scripts that the policy names by their path. */
  files: readonly string[];
  /** Never shown whole, nor anything around them: homes, the runner's folder, repositories. */
  apart: readonly string[];
}

/**
 * Folders outside the system's own that must be shown for the programs on a PATH to run: where nvm, pyenv, asdf, rustup,
 * volta and the like have put them, and what the links in ~/.local/bin lead to.
 */
export function findToolFolders({ pathFolders, files, apart }: ToolSearch): string[] {
  const homes = apart.map((path) => realpathOrNull(path) ?? path);
  const found = new Set<string>();
  const show = (path: string): void => {
    if (!isOfSystem(path) && !isAround(path, homes)) found.add(path);
  };
  for (const folder of pathFolders) {
    const real = realpathOrNull(folder);
    if (real === null || isOfSystem(real)) continue;
    show(prefixOf(real, homes));
    // The name by which PATH knows it may be a link (~/.nvm/current).
    if (real !== folder) show(prefixOf(folder, homes));
    if (basename(dirname(real)) === '.cargo') show(join(dirname(dirname(real)), '.rustup'));
    for (const target of linkTargets(real)) show(prefixOf(target, homes));
  }
  for (const file of files) {
    const real = realpathOrNull(file);
    if (real === null) continue;
    show(prefixOf(real, homes));
    if (real !== file) show(prefixOf(file, homes));
  }
  return [...found];
}

/** The smallest folder that a program needs around it. @param path a folder with programs, or a program; by a name that may have links in it */
function prefixOf(path: string, homes: readonly string[]): string {
  const modules = path.indexOf(MODULES);
  const parts: string[] = modules > 0 ? [path.slice(0, modules), path.slice(0, modules + MODULES.length - 1)] : [];
  const folder = ['bin', 'sbin', 'shims'].includes(basename(path)) ? path : dirname(path);
  if (['bin', 'sbin', 'shims'].includes(basename(folder))) parts.push(dirname(folder));
  if (folder !== path) parts.push(folder);
  return parts.find((part) => !isShared(part) && !isAround(part, homes)) ?? path;
}

/** ~/.cargo holds a registry's token beside its programs, ~/.local and a folder at the top whatever anybody put there. */
function isShared(path: string): boolean {
  const real = realpathOrNull(path) ?? path;
  return dirname(real) === sep || ['.cargo', '.local'].includes(basename(real));
}

/** Any name will do: a link to what is around a home shows it as well. @param homes links followed */
function isAround(path: string, homes: readonly string[]): boolean {
  const real = realpathOrNull(path) ?? path;
  return homes.some((home) => isInside(real, home));
}

function linkTargets(folder: string): string[] {
  const targets = entriesOf(folder)
    .filter((entry) => entry.isSymbolicLink())
    .map((entry) => realpathOrNull(join(folder, entry.name)));
  return targets.filter((target) => target !== null && !isOfSystem(target) && !isInside(folder, target)) as string[];
}

/** What is in a folder, as far as it may be looked at. */
export function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (['EACCES', 'ENOTDIR', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

function isOfSystem(path: string): boolean {
  return SYSTEM_FOLDERS.some((folder) => isInside(folder, path));
}
