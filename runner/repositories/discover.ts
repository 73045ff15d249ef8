import { MAX_REPOSITORIES, type RepositoryReport } from '#contract/repositories.ts';
import { absolutePath } from '#contract/fields.ts';
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isInside, realpathOrNull } from '../execution/paths.ts';
import { findRepository, readFacts, repositoryStartsAt, whyRefused } from './read-repository.ts';
import type { Machine } from './machine.ts';

const MAX_DEPTH = 8;
/** Below a repository: packages with a repository of their own lie near its top. */
const MAX_DEPTH_INSIDE = 2;
const MAX_FOLDERS = 20_000;
const MAX_MS = 5_000;
/** Repositories whose last commit is read at the same time: each starts a Git. */
const CONCURRENCY = 4;
/** Large, and never where somebody keeps repositories. Hidden folders are left out too. */
const SKIPPED = new Set(['node_modules', 'proc', 'sys', 'dev', 'snap', 'Library']);

interface Place {
  folder: string;
  depthLeft: number;
}

/**
 * Finds the repositories under the policy's roots. Links are not followed, what may not be read is left out.
 * Bounded in depth, folders, repositories and time: past a bound the report says that it is not complete.
 */
export async function discoverRepositories(
  machine: Machine,
  clock: () => number = () => performance.now(),
): Promise<RepositoryReport> {
  const end = clock() + MAX_MS;
  const found = new Map<string, 'checkout' | 'bare'>();
  const open: Place[] = machine.policy.roots.flatMap((root) => {
    const folder = realpathOrNull(root);
    return folder === null ? [] : [{ folder, depthLeft: MAX_DEPTH }];
  });
  let looked = 0;
  let isComplete = true;
  // Breadth first: when a bound cuts it short, what lies near the roots has been seen.
  for (let place = open.shift(); place; place = open.shift()) {
    if (looked >= MAX_FOLDERS || found.size >= MAX_REPOSITORIES || clock() > end) {
      isComplete = false;
      break;
    }
    if (found.has(place.folder) || isInside(machine.runnerFolder, place.folder)) continue;
    looked += 1;
    const kind = startsAt(place.folder);
    if (kind) found.set(place.folder, kind);
    if (kind === 'bare' || place.depthLeft === 0) continue;
    const isRoot = place.depthLeft === MAX_DEPTH;
    const depthLeft = (kind && !isRoot ? Math.min(place.depthLeft, MAX_DEPTH_INSIDE) : place.depthLeft) - 1;
    if (depthLeft >= 0) open.push(...(await foldersIn(place.folder)).map((folder) => ({ folder, depthLeft })));
  }
  return { repositories: await describe(machine, [...found]), isComplete };
}

function startsAt(folder: string): 'checkout' | 'bare' | null {
  try {
    return repositoryStartsAt(folder);
  } catch (error) {
    if (isUnreadable(error)) return null;
    throw error;
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown): Dirent[] => {
    if (isUnreadable(error)) return [];
    throw error;
  });
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !SKIPPED.has(entry.name))
    .map(({ name }) => join(folder, name))
    .filter((path) => absolutePath.safeParse(path).success);
}

function isUnreadable(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ELOOP', 'EIO', 'ENAMETOOLONG'].includes(
    (error as NodeJS.ErrnoException).code ?? '',
  );
}

/** Those that can be read and lie in the roots with all they need; a typed path says of the others what is wrong. */
async function describe(
  machine: Machine,
  found: [path: string, kind: 'checkout' | 'bare'][],
): Promise<RepositoryReport['repositories']> {
  const described: RepositoryReport['repositories'] = [];
  const queue = [...found];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [path, kind] = next;
      try {
        const repository = findRepository(path, kind);
        if (whyRefused(machine, repository) === null)
          described.push({ path, facts: await readFacts(machine.git, repository) });
      } catch (error) {
        machine.logger.info({ path, err: error }, 'a repository is not told of: it can not be read');
      }
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return described.sort((a, b) => (a.path < b.path ? -1 : 1));
}
