import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseAlternates } from './alternates.ts';
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
  /** The repository's own objects first, then its alternates, and theirs; also those that are not there. */
  objectDirs: string[];
  /** Where parts of the two folders above are links to (`refs`, `index` and the like): a write there goes elsewhere. */
  linkedParts: string[];
}

/** A pointer is one path, a list of alternates a few: whatever is larger is no such file. */
const MAX_POINTER_BYTES = 65_536;

/** Where a repository's parts may lie. */
export interface PlaceLimits {
  roots: readonly string[];
  /** Other tasks' repositories, and the token: nothing of a user's repository belongs there. Links followed. */
  runnerFolder: string;
  runnerName: string;
}

/**
 * Finds a repository's places by reading its files, without Git: nothing in a repository that has not been looked
 * at yet can make a program run.
 * @param folder links followed
 * @throws RunFailure repo_missing
 */
export function readRepositoryPlaces(folder: string): RepositoryPlaces {
  return explainingTrouble(folder, () => {
    const topLevel = findTopLevel(folder);
    if (topLevel === null)
      throw new RunFailure(
        'repo_missing',
        `${folder} is not a Git repository (an agent can work without one when its config says "inPlace")`,
      );
    return placesOf(topLevel, followGitFile(topLevel));
  });
}

/** The same of a repository without a checkout. @param folder links followed @throws RunFailure repo_missing */
export function readBareRepositoryPlaces(folder: string): RepositoryPlaces {
  return explainingTrouble(folder, () => placesOf(folder, folder));
}

/** @returns a place outside of the limits: a `.git` file, a common folder, alternates and links may all lead there. Null: there is none */
export function findPlaceOutside(
  places: RepositoryPlaces,
  { roots, runnerFolder }: Omit<PlaceLimits, 'runnerName'>,
): string | null {
  const allowed = roots.map((root) => realpathOrNull(root) ?? root);
  const { topLevel, gitDir, commonDir, objectDirs, linkedParts } = places;
  return (
    [topLevel, gitDir, commonDir, ...objectDirs, ...linkedParts].find(
      (place) => isInside(runnerFolder, place) || !allowed.some((root) => isInside(root, place)),
    ) ?? null
  );
}

/** Git itself asks whose a repository is only when it has to search for it; we tell it where to look. @returns a part that belongs to another user than this process */
export function findForeignPlace({ topLevel, gitDir, commonDir }: RepositoryPlaces): string | null {
  return [topLevel, gitDir, commonDir].find(isForeign) ?? null;
}

/** Does it belong to another user than this process? Never so where the system knows no users by number. */
export function isForeign(path: string): boolean {
  return process.getuid !== undefined && statSync(path).uid !== process.getuid();
}

/** @throws RunFailure path_refused when a part lies outside of the limits */
export function assertPlacesAllowed(places: RepositoryPlaces, limits: PlaceLimits): void {
  const outside = findPlaceOutside(places, limits);
  if (outside === null) return;
  const what = outside === places.topLevel ? 'is' : `keeps a part of its repository in ${outside}, which is`;
  const where = isInside(limits.runnerFolder, outside)
    ? "in the runner's own folder"
    : `outside the folders that the policy of runner ${limits.runnerName} allows ("roots" in its policy.json)`;
  throw new RunFailure('path_refused', `${places.topLevel} ${what} ${where}`);
}

/** @throws RunFailure path_refused when a part belongs to another user than this process */
export function assertPlacesOwned(places: RepositoryPlaces, runnerName: string): void {
  const foreign = findForeignPlace(places);
  if (foreign === null) return;
  throw new RunFailure(
    'path_refused',
    `${foreign} belongs to another user than runner ${runnerName}; its policy can allow that with "allowOtherOwners"`,
  );
}

function placesOf(topLevel: string, gitDir: string): RepositoryPlaces {
  const pointer = readPointer(join(gitDir, 'commondir'));
  const commonDir = pointer === null ? gitDir : realpathOrNull(resolve(gitDir, pointer));
  if (commonDir === null)
    throw new RunFailure(
      'repo_missing',
      `${topLevel} is a worktree of a repository that is gone (${resolve(gitDir, pointer ?? '')})`,
    );
  const missing = !isFolder(join(commonDir, 'objects'))
    ? 'objects'
    : !lstatSync(join(gitDir, 'HEAD'), { throwIfNoEntry: false })
      ? 'a HEAD'
      : null;
  if (missing !== null)
    throw new RunFailure(
      'repo_missing',
      `${topLevel} has a .git without ${missing}: it is damaged, or no repository (looked in ${missing === 'objects' ? commonDir : gitDir})`,
    );
  const objectDirs = objectFolders(join(commonDir, 'objects'));
  const folders = [
    gitDir,
    commonDir,
    join(commonDir, 'refs'),
    join(commonDir, 'logs'),
    ...objectDirs.filter(isFolder).flatMap((at) => [at, join(at, 'info'), join(at, 'pack')]),
  ];
  return { topLevel, gitDir, commonDir, objectDirs, linkedParts: [...new Set(folders)].flatMap(linksIn) };
}

/** What may not be looked at, or is named so that the system will not look for it, is the repository's trouble, not ours. */
function explainingTrouble(folder: string, read: () => RepositoryPlaces): RepositoryPlaces {
  try {
    return read();
  } catch (error) {
    if (
      !['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(
        (error as NodeJS.ErrnoException).code ?? '',
      )
    )
      throw error;
    throw new RunFailure(
      'repo_missing',
      `${folder} can not be read as a Git repository: ${(error as Error).message}`,
      [],
      { cause: error },
    );
  }
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
  if (gitDir === null || !isFolder(gitDir))
    throw new RunFailure('repo_missing', `${dotGit} does not lead to a Git repository (${path})`);
  return gitDir;
}

/**
 * As deep as they lead: Git stops after six of its own accord, but the agent's repository names each of these, and
 * from each Git counts anew.
 */
function objectFolders(own: string): string[] {
  const found = new Set<string>();
  const open = [own];
  for (let path = open.shift(); path !== undefined; path = open.shift()) {
    const folder = realpathOrNull(path) ?? path;
    if (found.has(folder)) continue;
    found.add(folder);
    if (isFolder(folder)) open.push(...alternatesOf(folder).map((name) => resolve(folder, name)));
  }
  return [...found];
}

function alternatesOf(objects: string): string[] {
  const file = join(objects, 'info/alternates');
  const names = parseAlternates(readSmallFile(file) ?? Buffer.alloc(0));
  if (!names.every(isUtf8))
    throw new RunFailure('repo_missing', `${file} names a folder whose name is not written in UTF-8`);
  return names.map((name) => name.toString());
}

/** Hooks are left out: none of ours ever runs, and people share them by a link. */
function linksIn(folder: string): string[] {
  if (!isFolder(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isSymbolicLink() && entry.name !== 'hooks')
    .map(({ name }) => realpathOrNull(join(folder, name)) ?? join(folder, name));
}

function readPointer(path: string): string | null {
  return (
    readSmallFile(path)
      ?.toString()
      .replace(/[\r\n]+$/, '') ?? null
  );
}

/** @returns null when there is no such file. Never opens a pipe or a device. */
function readSmallFile(path: string): Buffer | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) return null;
  if (stat.size > MAX_POINTER_BYTES)
    throw new RunFailure('repo_missing', `${path} is not what Git writes: it has ${stat.size} bytes`);
  return readFileSync(path);
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
