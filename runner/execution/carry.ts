import type { CarryRule } from '#contract/agent-config.ts';
import { appendFileSync, constants, lstatSync, mkdirSync, readdirSync, rmSync, symlinkSync, type Stats } from 'node:fs';
import { access, readlink } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import picomatch from 'picomatch';
import { z } from 'zod';
import { privateGitDir } from './agent-repository.ts';
import { copyTree } from './copy-tree.ts';
import type { Git } from './git.ts';
import { splitPaths, textOf } from './byte-paths.ts';
import { findRealpath, isInside, realpathOrNull } from './paths.ts';
import { removeInSteps } from './remove-folder.ts';
import type { UserRepository } from './user-repository.ts';
import { deniedBy } from './violations.ts';
import type { Workspace } from './workspace-record.ts';
import { readJson, writeJson } from './write-json.ts';

export interface CarryOrder {
  rules: readonly CarryRule[];
  /** Secrets: they stay where they are, whatever a rule says. */
  deniedGlobs: readonly string[];
  /** Aborted: nobody waits for the rest, and what is half copied goes. */
  signal: AbortSignal;
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
export async function carryFiles(
  git: Git,
  { places }: UserRepository,
  workspace: Workspace,
  { rules, deniedGlobs, signal }: CarryOrder,
): Promise<Carried> {
  const carried: Carried = { paths: [], notes: [] };
  await removeHalfCopied(workspace);
  if (rules.length === 0) return carried;
  const { bytes } = await git.ask(['ls-files', '-z', '--others', '--ignored', '--exclude-standard', '--directory'], {
    cwd: places.topLevel,
    gitDir: places.gitDir,
  });
  const ignored = splitPaths(bytes).map((path) => textOf(path).replace(/\/$/, ''));
  const isDenied = deniedBy(deniedGlobs);
  for (const { glob, how } of rules) {
    const isWanted = picomatch(glob, { dot: true });
    const paths = ignored.filter((path) => isWanted(path));
    // A file deeper in an ignored folder, named as it is.
    if (
      paths.length === 0 &&
      ignored.some((folder) => glob.startsWith(`${folder}/`)) &&
      lstatSync(join(places.topLevel, glob), { throwIfNoEntry: false })
    )
      paths.push(glob);
    if (paths.length === 0) carried.notes.push(`Nothing in ${places.topLevel} that Git ignores matches ${glob}`);
    for (const path of paths) {
      if (signal.aborted) return carried;
      const left: string[] = [];
      const why = await carryOrSay(places.topLevel, workspace, { path, how, isDenied, left, signal });
      if (why === null) carried.paths.push(path);
      else carried.notes.push(`${path} is not ${how === 'link' ? 'linked' : 'copied'} into the task's folder: ${why}`);
      if (left.length > 0)
        carried.notes.push(
          `Left out of the copy of ${path}: ${left.slice(0, MAX_NAMED).join(', ')}${left.length > MAX_NAMED ? ` and ${left.length - MAX_NAMED} more` : ''}`,
        );
    }
  }
  excludeCarried(workspace, carried.paths);
  if (carried.paths.length > 0)
    carried.notes.push(
      `From ${places.topLevel}, by the agent's rules: ${carried.paths.slice(0, 10).join(', ')}${carried.paths.length > 10 ? ' …' : ''}`,
    );
  return carried;
}

/** They are the user's, not the agent's work, also when it takes the rule that ignores them away. */
function excludeCarried(workspace: Workspace, paths: readonly string[]): void {
  const patterns = paths
    .filter((path) => !path.includes('\n'))
    .map((path) => `/${path.replace(/[\\*?[\]#! ]/g, '\\$&')}\n`);
  if (patterns.length > 0) appendFileSync(join(privateGitDir(workspace), 'info', 'exclude'), `\n${patterns.join('')}`);
}

const MAX_NAMED = 5;
const Copying = z.object({ path: z.string() });

interface CarryItem {
  path: string;
  how: CarryRule['how'];
  isDenied: (path: string) => boolean;
  /** What is left out of a copied folder, and why. */
  left: string[];
  signal: AbortSignal;
}

/** A file in the way, or one that may not be read, costs no run. @returns why not; null when it is there */
async function carryOrSay(from: string, workspace: Workspace, item: CarryItem): Promise<string | null> {
  try {
    return await carryOne(from, workspace, item);
  } catch (error) {
    if (error === item.signal.reason) return 'the run is over';
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !(code in TROUBLE)) throw error;
    return TROUBLE[code] ?? code;
  }
}

const TROUBLE: Readonly<Record<string, string>> = {
  EEXIST: 'a file is in its place',
  ENOTDIR: 'a file is in its place',
  ELOOP: 'its place is a link that leads nowhere',
  ENAMETOOLONG: 'its path is too long',
  ENOENT: 'it has gone meanwhile',
  EACCES: 'it can not be read',
  EPERM: 'it can not be read',
};

/** @returns why not; null when it is there */
async function carryOne(from: string, workspace: Workspace, item: CarryItem): Promise<string | null> {
  const { path, how, isDenied } = item;
  const to = workspace.path;
  const source = realpathOrNull(join(from, path));
  if (source === null || !isInside(from, source) || isInside(join(from, '.git'), source))
    return 'it leads out of the repository';
  if (isDenied(path) || isDenied(relative(from, source))) return 'it is on the deny list';
  const target = join(to, path);
  if (isInside(source, to)) return "the task's folder is in it";
  const inTheWay = whyNoPlace(to, dirname(target));
  if (inTheWay !== null) return inTheWay;
  mkdirSync(dirname(target), { recursive: true });
  if (lstatSync(target, { throwIfNoEntry: false })) return null;
  if (how === 'copy') {
    await copyWhole(workspace, from, source, item);
    return null;
  }
  const secret = lstatSync(source).isDirectory()
    ? readdirSync(source).find((name) => isDenied(join(path, name)))
    : undefined;
  if (secret !== undefined) return `it holds ${secret}, which is on the deny list (a copy would leave that out)`;
  symlinkSync(source, target);
  return null;
}

/** All of it is there afterwards, or nothing: a part would be taken for the whole by each later attempt. */
async function copyWhole(
  workspace: Workspace,
  from: string,
  source: string,
  { path, isDenied, left, signal }: CarryItem,
): Promise<void> {
  const isKept = async (file: string, stat: Stats): Promise<boolean> => {
    const name = join(path, relative(source, file));
    const why = isDenied(name) ? 'on the deny list' : await whyNotCopied(file, stat, from, source);
    if (why !== null) left.push(`${name} (${why})`);
    return why === null;
  };
  writeJson(copyingFile(workspace), { path });
  try {
    await copyTree(source, join(workspace.path, path), { isKept, signal });
    rmSync(copyingFile(workspace));
  } catch (error) {
    await removeHalfCopied(workspace);
    throw error;
  }
}

/** What is being copied: a runner that was killed leaves a part of it, and this note. */
const copyingFile = ({ recordFolder }: Workspace): string => join(recordFolder, 'copying.json');

async function removeHalfCopied(workspace: Workspace): Promise<void> {
  const path = Copying.nullable().parse(readJson(copyingFile(workspace)))?.path;
  if (path === undefined) return;
  const target = join(workspace.path, path);
  if (whyNoPlace(workspace.path, dirname(target)) === null) await removeInSteps(target);
  rmSync(copyingFile(workspace), { force: true });
}

/** Looked at before anything is made: through a link, which an agent or the repository may have put there, it would be made elsewhere. */
function whyNoPlace(root: string, folder: string): string | null {
  if (!isInside(root, folder)) return 'its place leads out of the folder';
  for (let at = folder; relative(root, at) !== ''; at = dirname(at)) {
    if (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink())
      return `${relative(root, at)} is a link in the task's folder, and nothing is put through one`;
  }
  return null;
}

/**
 * No pipes or devices, nothing that can not be read, and no links that lead out: of the repository where they are
 * relative (the same file of the task's folder is meant then, as workspaces of npm do it), else of what is copied.
 */
async function whyNotCopied(file: string, stat: Stats, repository: string, root: string): Promise<string | null> {
  if (stat.isSymbolicLink()) {
    const target = await readlink(file);
    const way = resolve(dirname(file), target);
    const real = await findRealpath(file);
    if (real === null) return isInside(repository, way) && !isAbsolute(target) ? null : 'a link that leads nowhere';
    if (isInside(root, real)) return null;
    return !isAbsolute(target) && isInside(repository, way) && isInside(repository, real)
      ? null
      : 'a link that leads out of the repository';
  }
  if (!stat.isFile() && !stat.isDirectory()) return 'a pipe, a socket or a device';
  try {
    await access(file, stat.isDirectory() ? constants.R_OK | constants.X_OK : constants.R_OK);
    return null;
  } catch (error) {
    return `it can not be read: ${(error as NodeJS.ErrnoException).code ?? 'no reason given'}`;
  }
}
