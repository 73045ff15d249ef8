import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { configText, type Setting } from './git-settings.ts';
import { removeFolder, removeInSteps } from './remove-folder.ts';
import type { UserRepository } from './user-repository.ts';
import type { Workspace } from './workspace-record.ts';

/** What Git leaves in a repository while something is under way; the next attempt begins with none of it. */
const UNDER_WAY = [
  'index.lock',
  'HEAD.lock',
  'packed-refs.lock',
  'config.lock',
  'shallow.lock',
  'MERGE_HEAD',
  'MERGE_MODE',
  'MERGE_MSG',
  'CHERRY_PICK_HEAD',
  'REVERT_HEAD',
  'BISECT_LOG',
  'rebase-merge',
  'rebase-apply',
  'sequencer',
];
/** Files of the user's `.git` that say which files and commits there are. */
const SHARED_FILES = ['shallow', 'info/exclude', 'info/attributes'];
const OBJECT_NAME = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
const MAX_REFS_BYTES = 256 * 1024 * 1024;
/** Objects of the user's that no agent needs: his stash, and what this product keeps. */
const PRIVATE_REF = /^refs\/(stash$|overmind\/)/;

/**
 * Gives a task's folder its own repository: the user's objects, read only as alternates, and refs as they are now;
 * HEAD on the run's branch. What an earlier attempt left in it, commits and stash, stays.
 * Its index comes with `giveAgentIndex`, once the files are there.
 */
export async function makeAgentRepository(workspace: Workspace, repository: UserRepository): Promise<void> {
  const gitDir = agentGitDir(workspace);
  for (const folder of ['objects/info', 'objects/pack', 'refs/heads', 'refs/tags', 'info', 'hooks'])
    makeRealFolder(workspace.path, `.git/${folder}`);
  for (const name of UNDER_WAY) await removeInSteps(join(gitDir, name));
  writeAlternates(workspace);
  write(
    gitDir,
    'config',
    configText([
      ...formatSettings(workspace, repository),
      ...repository.settings.agent,
      ['gc.auto', '0'],
      ['maintenance.auto', 'false'],
    ]),
  );
  for (const name of SHARED_FILES) copyIfThere(join(workspace.commonDir, name), join(gitDir, name));
  writeRefs(workspace, repository);
  write(gitDir, 'HEAD', `ref: refs/heads/${workspace.branch}\n`);
}

/** Our index of the files in the folder becomes the agent's. */
export function giveAgentIndex(workspace: Workspace): void {
  copyFileSync(join(privateGitDir(workspace), 'index'), replaceable(join(agentGitDir(workspace), 'index')));
}

/** Our own record of the folder's files: no refs, no objects of its own, nothing that an agent has touched. */
export function makePrivateGitDir(workspace: Workspace, repository: UserRepository): void {
  const gitDir = privateGitDir(workspace);
  mkdirSync(join(gitDir, 'refs'), { recursive: true, mode: 0o700 });
  mkdirSync(join(gitDir, 'info'), { recursive: true });
  rmSync(join(gitDir, 'index.lock'), { force: true });
  write(gitDir, 'HEAD', 'ref: refs/heads/none\n');
  // A file is taken as it is: whether line ends survive a round trip is the user's own Git's question.
  write(
    gitDir,
    'config',
    configText([
      ...formatSettings(workspace, repository),
      ['core.safecrlf', 'false'],
      ['core.bare', 'false'],
      ['lfs.storage', join(workspace.commonDir, 'lfs')],
    ]),
  );
  for (const name of SHARED_FILES) copyIfThere(join(workspace.commonDir, name), join(gitDir, name));
  write(gitDir, 'initial-refs', refLines(repository));
}

export const privateGitDir = ({ recordFolder }: Pick<Workspace, 'recordFolder'>): string => join(recordFolder, 'git');
export const agentGitDir = ({ path }: Pick<Workspace, 'path'>): string => join(path, '.git');

/** How our Git is called about a task's folder: our own index and settings, the user's objects. */
export function inWorkspace(workspace: Workspace): { cwd: string; gitDir: string; env: Record<string, string> } {
  return {
    cwd: workspace.path,
    gitDir: privateGitDir(workspace),
    env: { GIT_OBJECT_DIRECTORY: join(workspace.commonDir, 'objects') },
  };
}

/** What the agent's repository may name as further objects: the user's, and nothing it has added itself. */
export function writeAlternates(workspace: Workspace): void {
  makeRealFolder(workspace.path, '.git/objects/info');
  write(
    join(agentGitDir(workspace), 'objects', 'info'),
    'alternates',
    `${workspace.objectDirs.map(quotedPath).join('\n')}\n`,
  );
}

/** A branch of the agent's repository, as its file has it. */
export interface AgentRef {
  name: string;
  object: string;
}

/** @returns the commit the agent's HEAD leads to; null when its repository is gone or says nothing that can be read */
export function readAgentHead(workspace: Workspace): string | null {
  const gitDir = agentGitDir(workspace);
  if (!isFolder(gitDir)) return null;
  const head = readSmallFile(join(gitDir, 'HEAD'));
  if (head === null) return null;
  if (OBJECT_NAME.test(head)) return head;
  const name = head.startsWith('ref: ') ? head.slice('ref: '.length) : '';
  return readAgentRefs(workspace).find((ref) => ref.name === name)?.object ?? null;
}

/** All refs of the agent's repository, by reading its files: what it was configured to plays no part. */
export function readAgentRefs(workspace: Workspace): AgentRef[] {
  const gitDir = agentGitDir(workspace);
  if (!isFolder(gitDir)) return [];
  const refs = new Map<string, string>(parseRefs(readFile(join(gitDir, 'packed-refs'), MAX_REFS_BYTES) ?? ''));
  const waiting = ['refs'];
  for (let folder = waiting.pop(); folder !== undefined; folder = waiting.pop()) {
    if (!isFolder(join(gitDir, folder))) continue;
    for (const entry of readdirSync(join(gitDir, folder), { withFileTypes: true })) {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) waiting.push(name);
      const object = entry.isFile() ? readSmallFile(join(gitDir, name)) : null;
      if (object !== null && OBJECT_NAME.test(object)) refs.set(name, object);
    }
  }
  return [...refs].map(([name, object]) => ({ name, object }));
}

/** The user's refs as the agent was given them. */
export function readInitialRefs(workspace: Workspace): Map<string, string> {
  return new Map(parseRefs(readFile(join(privateGitDir(workspace), 'initial-refs'), MAX_REFS_BYTES) ?? ''));
}

/** Objects that the agent has made. */
export interface AgentObjects {
  folder: string;
  files: number;
  bytes: number;
}

/** @returns null when the folder holds anything but files and folders: a link could lead to objects of somebody else's */
export function inspectAgentObjects(workspace: Workspace): AgentObjects | null {
  const folder = join(agentGitDir(workspace), 'objects');
  const found: AgentObjects = { folder, files: 0, bytes: 0 };
  const waiting = [folder];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (!isFolder(path)) return null;
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      if (entry.isDirectory()) waiting.push(join(path, entry.name));
      else if (!entry.isFile()) return null;
      found.files += 1;
      if (entry.name.endsWith('.pack')) found.bytes += lstatSync(join(path, entry.name)).size;
    }
  }
  return found;
}

function formatSettings(workspace: Workspace, { settings }: UserRepository): Setting[] {
  const isSha256 = workspace.startCommit.length === 64;
  return [['core.repositoryformatversion', isSha256 ? '1' : '0'], ...settings.format, ...workspace.filters.trusted];
}

/** Refs of ours that stay in the agent's repository are the run's branch alone; what it has made itself is not touched. */
function writeRefs(workspace: Workspace, repository: UserRepository): void {
  const gitDir = agentGitDir(workspace);
  const mine = new Map(parseRefs(readFile(join(gitDir, 'packed-refs'), MAX_REFS_BYTES) ?? ''));
  for (const [name, object] of repository.refs) if (!PRIVATE_REF.test(name)) mine.set(name, object);
  write(gitDir, 'packed-refs', [...mine].map(([name, object]) => `${object} ${name}\n`).join(''));
  const branch = `.git/refs/heads/${workspace.branch}`;
  makeRealFolder(workspace.path, branch.slice(0, branch.lastIndexOf('/')));
  writeFileSync(replaceable(join(workspace.path, branch)), `${workspace.startCommit}\n`);
}

/** Makes folders below one that an agent writes in. A link or file in their place goes: nothing is ever written through it. */
function makeRealFolder(base: string, path: string): void {
  let at = base;
  for (const part of path.split('/')) {
    at = join(at, part);
    if (isFolder(at)) continue;
    removeFolder(at);
    mkdirSync(at);
  }
}

function refLines({ refs }: UserRepository): string {
  return [...refs].map(([name, object]) => `${object} ${name}\n`).join('');
}

function* parseRefs(text: string): Generator<[string, string]> {
  for (const line of text.split('\n')) {
    const [object = '', name = ''] = line.split(' ');
    if (OBJECT_NAME.test(object) && name.startsWith('refs/')) yield [name, object];
  }
}

function write(folder: string, name: string, text: string): void {
  writeFileSync(replaceable(join(folder, name)), text);
}

/** Never written through a link that somebody has put there. */
function replaceable(path: string): string {
  if (existsSync(path) || lstatSync(path, { throwIfNoEntry: false })) removeFolder(path);
  return path;
}

function copyIfThere(from: string, to: string): void {
  if (lstatSync(from, { throwIfNoEntry: false })?.isFile()) copyFileSync(from, replaceable(to));
}

function readSmallFile(path: string): string | null {
  return readFile(path, 4_096)?.trim() ?? null;
}

function readFile(path: string, maxBytes: number): string | null {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isFile() && stat.size <= maxBytes ? readFileSync(path, 'utf8') : null;
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** @source gitrepository-layout(5): a line that begins with `"` is unquoted as C is */
function quotedPath(path: string): string {
  return /^["#]|\n/.test(path) ? `"${path.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"` : path;
}
