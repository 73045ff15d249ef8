import { accessSync, chmodSync, constants, lstatSync, readdirSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { agentGitDir, inWorkspace } from './agent-repository.ts';
import { GitError, type Git, type GitCall } from './git.ts';
import { isIgnoredFolder } from './ignored-folders.ts';
import { leadsOutside } from './links.ts';
import { listReadable } from './list-readable.ts';
import { listNested } from './nested-repositories.ts';
import { bytePath, onDisk, parentOf, printablePath, splitPaths, statOrNull, type BytePath } from './byte-paths.ts';
import { openAbove } from './open-up.ts';
import type { Workspace } from './workspace-record.ts';

/** Paths that may have changed, by what has to be done about each in our index. */
export interface Candidates {
  /** Files and links, there or gone. */
  take: BytePath[];
  /** Something else stands where a file was, or nothing that Git could keep. */
  drop: BytePath[];
  /** What can not be taken in, for people. */
  leftOver: string[];
}

/**
 * Lists what differs from our index, what is new, and what the agent has added although it is ignored. Repositories
 * inside the repository are looked into: what is in them are files like others.
 * @param nested folders that the agent has committed as repositories of their own
 */
export async function listCandidates(git: Git, workspace: Workspace, nested: readonly BytePath[]): Promise<Candidates> {
  const found: Candidates = { take: [], drop: [...nested], leftOver: [] };
  const [listed, forced, tracked, filled] = await Promise.all([
    listChanged(git, workspace, found),
    listForced(git, workspace),
    listIgnored(git, inWorkspace(workspace)),
    listFilledSubmodules(git, workspace),
  ]);
  found.leftOver.push(
    ...filled.map((path) => `${printablePath(path)} is a submodule: what was put into its folder is not taken in`),
  );
  const folders = new Set(nested);
  const paths = new Set<BytePath>();
  for (const path of [...listed, ...(forced ?? [])]) {
    if (path.endsWith('/')) folders.add(path.slice(0, -1));
    else paths.add(path);
  }
  for (const path of await listNested(git, workspace, folders, found.leftOver)) paths.add(path);
  for (const folder of folders) paths.delete(folder);
  // Taken out of the agent's index, ignored, and still there: as with `git add -A`, it is tracked no longer.
  for (const path of forced === null ? [] : withoutThose(tracked, forced)) {
    paths.delete(path);
    found.drop.push(path);
  }
  const carried = new Set(workspace.carried.map(bytePath));
  const isBelowLink = belowLinks(workspace);
  const outward: BytePath[] = [];
  const odd: BytePath[] = [];
  for (const path of paths) {
    const stat = look(workspace, path, found);
    if (stat === 'unknown') continue;
    // Whatever can be reached through the link is there under another name.
    if (isBelowLink(path)) found.drop.push(path);
    else if (!stat || stat.isFile())
      found.take.push(...(stat && !makeReadable(workspace, path, stat, found) ? [] : [path]));
    else if (!stat.isSymbolicLink()) odd.push(path);
    else if (carried.has(path)) continue;
    else if (leadsOutside(path, readlinkSync(onDisk(workspace.path, path), 'latin1'))) outward.push(path);
    else found.take.push(path);
  }
  // A link, a pipe or nothing where a repository was: it is no folder, so nothing was listed in it.
  for (const folder of nested)
    if (statOrNull(onDisk(workspace.path, folder))?.isDirectory() === false) found.take.push(folder);
  found.take.push(...(await withoutIgnoredFolders(git, workspace, outward)));
  await sortOdd(git, workspace, odd, found);
  return found;
}

/** What stands there, or null; `unknown` when that can not be told, which is noted. */
function look(workspace: Workspace, path: BytePath, found: Candidates): Stats | 'unknown' | null {
  try {
    return statOrNull(onDisk(workspace.path, path));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' && openAbove(workspace.path, path)) return look(workspace, path, found);
    // Too long from the root of the file system, and not from the folder, where Git works.
    if (code === 'ENAMETOOLONG') found.take.push(path);
    else found.leftOver.push(`${printablePath(path)} can not be read (${code ?? String(error)})`);
    return 'unknown';
  }
}

/** Whether a path leads through a link, as it does where the agent has put one in a folder's place. */
function belowLinks(workspace: Workspace): (path: BytePath) => boolean {
  const known = new Map<BytePath, boolean>([['', false]]);
  const isLink = (folder: BytePath): boolean => {
    const answer =
      known.get(folder) ??
      (isLink(parentOf(folder)) || statOrNull(onDisk(workspace.path, folder))?.isSymbolicLink() === true);
    known.set(folder, answer);
    return answer;
  };
  return (path) => isLink(parentOf(path));
}

/** What differs from our index, and what is new. */
async function listChanged(git: Git, workspace: Workspace, found: Candidates): Promise<BytePath[]> {
  return listReadable(
    git,
    workspace,
    ['--modified', '--deleted', '--others', '--exclude-standard'],
    inWorkspace(workspace),
    found.leftOver,
  );
}

/**
 * What is ignored and in the agent's index all the same: it wants it.
 * @returns null when that index is gone, or broken, and says nothing; its files are looked at in any case
 */
async function listForced(git: Git, workspace: Workspace): Promise<BytePath[] | null> {
  const index = join(agentGitDir(workspace), 'index');
  if (!statOrNull(index)?.isFile()) return null;
  const place = inWorkspace(workspace);
  try {
    return await listIgnored(git, { ...place, env: { ...place.env, GIT_INDEX_FILE: index } });
  } catch (error) {
    if (error instanceof GitError) return null;
    throw error;
  }
}

/** What is in the index of a call although the rules ignore it. */
async function listIgnored(git: Git, call: GitCall): Promise<BytePath[]> {
  return splitPaths((await git.ask(['ls-files', '-z', '--cached', '--ignored', '--exclude-standard'], call)).bytes);
}

function withoutThose(paths: readonly BytePath[], those: readonly BytePath[]): BytePath[] {
  const left = new Set(those);
  return paths.filter((path) => !left.has(path));
}

/** A file of ours that may not be read is made readable: its mode is no part of what Git keeps. */
function makeReadable(workspace: Workspace, path: BytePath, stat: Stats, found: Candidates): boolean {
  const file = onDisk(workspace.path, path);
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch (error) {
    if (stat.uid === process.getuid?.()) {
      chmodSync(file, stat.mode | 0o400);
      return true;
    }
    found.leftOver.push(
      `${printablePath(path)} can not be read (${(error as NodeJS.ErrnoException).code ?? 'no reason given'})`,
    );
    return false;
  }
}

/** A link such as `node_modules` where the rules ignore a folder of that name: nobody means to commit it. */
async function withoutIgnoredFolders(git: Git, workspace: Workspace, links: readonly BytePath[]): Promise<BytePath[]> {
  if (links.length === 0) return [];
  const ignored = await isIgnoredFolder(git, workspace, links);
  return links.filter((path) => !ignored.has(path));
}

/** Folders where files were, pipes, sockets, devices. A submodule's folder stays what it was. */
async function sortOdd(git: Git, workspace: Workspace, odd: readonly BytePath[], found: Candidates): Promise<void> {
  if (odd.length === 0) return;
  const submodules = await listSubmodules(git, workspace);
  for (const path of odd) {
    if (submodules.has(path)) {
      found.leftOver.push(`${printablePath(path)} is a submodule: what was changed in it is not taken in`);
      continue;
    }
    found.drop.push(path);
    if (!lstatSync(onDisk(workspace.path, path)).isDirectory())
      found.leftOver.push(`${printablePath(path)} is a pipe, a socket or a device, which Git can not keep`);
  }
}

async function listSubmodules(git: Git, workspace: Workspace): Promise<Set<BytePath>> {
  const { bytes } = await git.ask(['ls-files', '-z', '--stage'], inWorkspace(workspace));
  return new Set(
    splitPaths(bytes)
      .filter((line) => line.startsWith('160000 '))
      .map((line) => line.slice(line.indexOf('\t') + 1)),
  );
}

/** Submodules that nobody has fetched, with files in their folders: to Git these are neither changed nor new. */
async function listFilledSubmodules(git: Git, workspace: Workspace): Promise<BytePath[]> {
  if (!statOrNull(join(workspace.path, '.gitmodules'))) return [];
  return [...(await listSubmodules(git, workspace))].filter((path) => {
    const folder = onDisk(workspace.path, path);
    if (statOrNull(folder)?.isDirectory() !== true) return false;
    const names = readdirSync(folder);
    return names.length > 0 && !names.includes('.git');
  });
}
