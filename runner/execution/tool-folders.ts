import { readdirSync, type Dirent } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { linksBelow } from './agents-links.ts';
import { isInside, realpathOrNull } from './paths.ts';
import { SYSTEM_FOLDERS } from './system-files.ts';

const MODULES = `${sep}node_modules${sep}`;
/** Folders of programs that need what is beside these folders. Any other folder on a PATH is a tool chain by itself (~/.local/share/pnpm). */
const PROGRAM_FOLDERS = ['bin', 'sbin', 'shims', 'condabin'];

export interface ToolSearch {
  /** The PATH of the run's programs. */
  pathFolders: readonly string[];
  /** Programs and scripts that the policy names by their path. */
  files: readonly string[];
  /** Never shown whole, nor anything around them: homes, the runner's folder, repositories. */
  apart: readonly string[];
  /** Wherever agents may ever have written: what a link in there leads to is not shown. */
  writtenByAgents: readonly string[];
}

/**
 * Folders outside the system's own that must be shown for the programs on a PATH to run: where nvm, pyenv, asdf, rustup,
 * volta and the like have put them, and what the links in ~/.local/bin lead to.
 */
export function findToolFolders({ pathFolders, files, apart, writtenByAgents }: ToolSearch): string[] {
  const homes = apart.map((path) => realpathOrNull(path) ?? path);
  const isPlanted = linksBelow(writtenByAgents);
  const found = new Set<string>();
  const show = (path: string): void => {
    if (!isOfSystem(path) && !isAround(path, homes)) found.add(path);
  };
  for (const folder of pathFolders) {
    const real = realpathOrNull(folder);
    if (real === null || isOfSystem(real) || isPlanted(folder)) continue;
    show(aroundFolder(real, homes));
    // The name by which PATH knows it may be a link (~/.nvm/current).
    if (real !== folder) show(aroundFolder(folder, homes));
    if (basename(dirname(real)) === '.cargo') show(join(dirname(dirname(real)), '.rustup'));
    for (const target of linkTargets(real, isPlanted)) show(aroundFile(target, homes));
  }
  for (const file of files) {
    const real = realpathOrNull(file);
    if (real === null || isPlanted(file)) continue;
    show(aroundFile(real, homes));
    if (real !== file) show(aroundFile(file, homes));
  }
  return [...found];
}

/** The smallest folder that the programs of a PATH's folder need. @param folder by a name that may have links in it */
function aroundFolder(folder: string, homes: readonly string[]): string {
  return firstOf([...aroundModules(folder), ...besideFolder(folder)], homes) ?? folder;
}

/** The same for one program. */
function aroundFile(file: string, homes: readonly string[]): string {
  const folder = dirname(file);
  return firstOf([...aroundModules(file), ...besideFolder(folder), folder], homes) ?? file;
}

/** Of a package: all that was installed with it, as its programs and what it depends on are packages beside it. */
function aroundModules(path: string): string[] {
  const start = path.indexOf(MODULES);
  if (start === -1) return [];
  const modules = path.slice(0, start + MODULES.length - 1);
  return basename(dirname(modules)) === 'lib' ? [dirname(dirname(modules)), modules] : [modules];
}

function besideFolder(folder: string): string[] {
  return PROGRAM_FOLDERS.includes(basename(folder)) ? [dirname(folder)] : [];
}

function firstOf(folders: readonly string[], homes: readonly string[]): string | undefined {
  return folders.find((folder) => !isShared(folder) && !isAround(folder, homes));
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

function linkTargets(folder: string, isPlanted: (path: string) => boolean): string[] {
  const targets = entriesOf(folder)
    .filter((entry) => entry.isSymbolicLink() && !isPlanted(join(folder, entry.name)))
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
