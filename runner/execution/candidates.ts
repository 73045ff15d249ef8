import { accessSync, chmodSync, constants, lstatSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { agentGitDir, inWorkspace } from './agent-repository.ts';
import { GitError, type Git } from './git.ts';
import { isIgnoredFolder } from './ignored-folders.ts';
import { leadsOutside } from './links.ts';
import { bytePath, onDisk, printablePath, splitPaths, statOrNull, type BytePath } from './byte-paths.ts';
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
  const found: Candidates = { take: [], drop: [], leftOver: [] };
  const [listed, forced] = await Promise.all([listChanged(git, workspace, found), listForced(git, workspace)]);
  const folders = new Set(nested);
  const paths = new Set<BytePath>();
  for (const path of [...listed, ...forced]) {
    if (path.endsWith('/')) folders.add(path.slice(0, -1));
    else paths.add(path);
  }
  for (const folder of folders) {
    paths.delete(folder);
    for (const path of await listNested(git, workspace, folder, found)) paths.add(path);
  }
  const carried = new Set(workspace.carried.map(bytePath));
  const outward: BytePath[] = [];
  const odd: BytePath[] = [];
  for (const path of paths) {
    const stat = statOrNull(onDisk(workspace.path, path));
    if (!stat || stat.isFile()) found.take.push(...(stat && !makeReadable(workspace, path, stat, found) ? [] : [path]));
    else if (!stat.isSymbolicLink()) odd.push(path);
    else if (carried.has(path)) continue;
    else if (leadsOutside(path, readlinkSync(onDisk(workspace.path, path), 'latin1'))) outward.push(path);
    else found.take.push(path);
  }
  found.take.push(...(await withoutIgnoredFolders(git, workspace, outward)));
  await sortOdd(git, workspace, odd, found);
  return found;
}

/** Repositories in repositories in repositories. */
const MAX_NESTED_DEPTH = 20;
const UNOPENED = /^warning: could not open directory '(.*)\/?': Permission denied$/gm;

async function listChanged(git: Git, workspace: Workspace, found: Candidates): Promise<BytePath[]> {
  const call = inWorkspace(workspace);
  const args = ['ls-files', '-z', '--modified', '--deleted', '--others', '--exclude-standard'];
  for (let tries = 0; ; tries += 1) {
    const { bytes, stderr } = await git.ask(args, call);
    const closed = [...stderr.matchAll(UNOPENED)].map((match) => (match[1] ?? '').replace(/\/$/, ''));
    const opened = closed.filter((folder) => openFolder(join(workspace.path, folder)));
    if (opened.length > 0 && tries < 64) continue;
    found.leftOver.push(...closed.map((folder) => `${folder}/ can not be read (permission denied)`));
    return splitPaths(bytes);
  }
}

/** What the agent has added with force: it is ignored, and it wants it all the same. */
async function listForced(git: Git, workspace: Workspace): Promise<BytePath[]> {
  const index = join(agentGitDir(workspace), 'index');
  if (!lstatSync(index, { throwIfNoEntry: false })?.isFile()) return [];
  const place = inWorkspace(workspace);
  try {
    const { bytes } = await git.ask(['ls-files', '-z', '--cached', '--ignored', '--exclude-standard'], { ...place, env: { ...place.env, GIT_INDEX_FILE: index } });
    return splitPaths(bytes);
  } catch (error) {
    // An index that the agent has broken says nothing; its files are looked at in any case.
    if (error instanceof GitError) return [];
    throw error;
  }
}

async function listNested(git: Git, workspace: Workspace, folder: BytePath, found: Candidates, depth = 0): Promise<BytePath[]> {
  const file = onDisk(workspace.path, folder);
  if (!statOrNull(file)?.isDirectory()) return [folder];
  const cwd = file.toString('utf8');
  if (!Buffer.from(cwd).equals(file) || depth > MAX_NESTED_DEPTH) {
    found.leftOver.push(`${printablePath(folder)}/ is a repository of its own whose name Git can not be given`);
    return [];
  }
  const place = inWorkspace(workspace);
  const outer = join(workspace.path, '.gitignore');
  const rules = lstatSync(outer, { throwIfNoEntry: false })?.isFile() ? [`--exclude-from=${outer}`] : [];
  const { bytes } = await git.ask(['ls-files', '-z', '--others', '--exclude-standard', ...rules], { ...place, cwd, workTree: cwd, env: { ...place.env, GIT_INDEX_FILE: join(workspace.recordFolder, 'git', 'no-index') } });
  const paths: BytePath[] = [];
  for (const path of splitPaths(bytes)) {
    if (path.endsWith('/')) paths.push(...(await listNested(git, workspace, `${folder}/${path.slice(0, -1)}`, found, depth + 1)));
    else paths.push(`${folder}/${path}`);
  }
  return paths;
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
    found.leftOver.push(`${printablePath(path)} can not be read (${(error as NodeJS.ErrnoException).code ?? 'no reason given'})`);
    return false;
  }
}

function openFolder(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory() || stat.uid !== process.getuid?.() || (stat.mode & 0o700) === 0o700) return false;
  chmodSync(path, stat.mode | 0o700);
  return true;
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
  const { bytes } = await git.ask(['ls-files', '-z', '--stage'], inWorkspace(workspace));
  const submodules = new Set(splitPaths(bytes).filter((line) => line.startsWith('160000 ')).map((line) => line.slice(line.indexOf('\t') + 1)));
  for (const path of odd) {
    if (submodules.has(path)) {
      found.leftOver.push(`${printablePath(path)} is a submodule: what was changed in it is not taken in`);
      continue;
    }
    found.drop.push(path);
    if (!lstatSync(onDisk(workspace.path, path)).isDirectory()) found.leftOver.push(`${printablePath(path)} is a pipe, a socket or a device, which Git can not keep`);
  }
}
