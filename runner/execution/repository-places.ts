import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { RunFailure } from './outcome.ts';
import { isInside, realpathOrNull } from './paths.ts';

/** Where a repository keeps what belongs to it, links followed. */
export interface RepositoryPlaces {
  /** The folder that holds `.git`: the one asked for, or one above it. */
  topLevel: string;
  /** HEAD and index of this checkout. */
  gitDir: string;
  /** Refs, configuration and objects, which all checkouts of the repository share. */
  commonDir: string;
  /** The repository's own objects first, then its alternates, and theirs. */
  objectDirs: string[];
  /** Where parts of the two folders above are links to (`refs`, `index` and the like): a write there goes elsewhere. */
  linkedParts: string[];
}

/** Git reads chains of alternates this deep. @source object-file.c, link_alt_odb_entry */
const MAX_ALTERNATES_DEPTH = 5;
/** A pointer is one path, a list of alternates a few: whatever is larger is no such file. */
const MAX_POINTER_BYTES = 65_536;

/**
 * Finds a repository's places by reading its files, without Git: nothing in a repository that has not been looked
 * at yet can make a program run.
 * @param folder links followed
 * @throws RunFailure repo_missing
 */
export function readRepositoryPlaces(folder: string): RepositoryPlaces {
  const topLevel = findTopLevel(folder);
  if (topLevel === null) throw new RunFailure('repo_missing', `${folder} is not a Git repository (an agent can work without one when its config says "inPlace")`);
  const gitDir = followGitFile(topLevel);
  const pointer = readPointer(join(gitDir, 'commondir'));
  const commonDir = pointer === null ? gitDir : realpathOrNull(resolve(gitDir, pointer));
  if (commonDir === null || !isFolder(join(commonDir, 'objects')) || !lstatSync(join(gitDir, 'HEAD'), { throwIfNoEntry: false })) {
    throw new RunFailure('repo_missing', `${topLevel} has a .git that is no Git repository (looked in ${commonDir ?? gitDir})`);
  }
  const linkedParts = [...new Set([gitDir, commonDir, join(commonDir, 'refs'), join(commonDir, 'logs')])].flatMap(linksIn);
  return { topLevel, gitDir, commonDir, objectDirs: objectFolders(join(commonDir, 'objects')), linkedParts };
}

/**
 * A `.git` file, a common folder, alternates and links may all lead elsewhere: each place has to lie in the roots.
 * @throws RunFailure path_refused
 */
export function assertPlacesAllowed(places: RepositoryPlaces, roots: readonly string[], runnerName: string): void {
  const allowed = roots.map((root) => realpathOrNull(root) ?? root);
  const { topLevel, gitDir, commonDir, objectDirs, linkedParts } = places;
  const outside = [topLevel, gitDir, commonDir, ...objectDirs, ...linkedParts].find((place) => !allowed.some((root) => isInside(root, place)));
  if (outside === undefined) return;
  const what = outside === topLevel ? 'is' : `keeps a part of its repository in ${outside}, which is`;
  throw new RunFailure('path_refused', `${topLevel} ${what} outside the folders that the policy of runner ${runnerName} allows ("roots" in its policy.json)`);
}

/**
 * Git itself asks whose a repository is only when it has to search for it; we tell it where to look.
 * @throws RunFailure path_refused when a part belongs to another user than this process
 */
export function assertPlacesOwned(places: RepositoryPlaces, runnerName: string): void {
  const uid = process.getuid?.();
  if (uid === undefined) return;
  const foreign = [places.topLevel, places.gitDir, places.commonDir].find((place) => statSync(place).uid !== uid);
  if (foreign === undefined) return;
  throw new RunFailure('path_refused', `${foreign} belongs to another user than runner ${runnerName}; its policy can allow that with "allowOtherOwners"`);
}

function findTopLevel(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (lstatSync(join(at, '.git'), { throwIfNoEntry: false })) return at;
    if (at === dirname(at)) return null;
  }
}

/** `.git` is a folder, a link to one, or a file that names one. */
function followGitFile(topLevel: string): string {
  const dotGit = join(topLevel, '.git');
  const text = isFolder(dotGit) ? null : readPointer(dotGit);
  const path = text === null ? dotGit : resolve(topLevel, text.replace(/^gitdir: /, ''));
  const gitDir = text === null || text.startsWith('gitdir: ') ? realpathOrNull(path) : null;
  if (gitDir === null || !isFolder(gitDir)) throw new RunFailure('repo_missing', `${dotGit} does not lead to a Git repository (${path})`);
  return gitDir;
}

function objectFolders(own: string): string[] {
  const found = new Set<string>();
  const add = (path: string, depth: number): void => {
    const folder = realpathOrNull(path) ?? path;
    if (found.has(folder)) return;
    found.add(folder);
    const lists = depth < MAX_ALTERNATES_DEPTH ? readPointer(join(folder, 'info/alternates')) : null;
    for (const line of lists?.split('\n') ?? []) if (line !== '' && !line.startsWith('#')) add(resolve(folder, unquote(line)), depth + 1);
  };
  add(own, 0);
  return [...found];
}

/** A path with odd characters may stand in quotes, as C writes them. */
function unquote(line: string): string {
  if (!/^".*"$/s.test(line)) return line;
  const plain: Record<string, string> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', f: '\f', v: '\v' };
  const bytes = line.slice(1, -1).replace(/\\([0-7]{3}|.)/gs, (_all, code: string) => (code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : (plain[code] ?? code)));
  // Octal escapes are bytes; what stood there unescaped keeps its own.
  return /[^\0-\xff]/.test(bytes) ? bytes : Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Hooks are left out: none of ours ever runs, and people share them by a link. */
function linksIn(folder: string): string[] {
  if (!isFolder(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isSymbolicLink() && entry.name !== 'hooks')
    .map(({ name }) => realpathOrNull(join(folder, name)) ?? join(folder, name));
}

/** @returns null when there is no such file. Never opens a pipe or a device. */
function readPointer(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) return null;
  if (stat.size > MAX_POINTER_BYTES) throw new RunFailure('repo_missing', `${path} is not what Git writes: it has ${stat.size} bytes`);
  return readFileSync(path, 'utf8').replace(/[\r\n]+$/, '');
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
