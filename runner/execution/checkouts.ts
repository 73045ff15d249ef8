import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Git } from './git.ts';
import type { GitPlace, LandingRepository } from './landing-repository.ts';
import type { LandingOrder } from './landing-order.ts';
import { RunFailure } from './outcome.ts';
import { isInside, realpathOrNull } from './paths.ts';
import type { RepositoryPlaces } from './repository-places.ts';

/** A folder in which somebody has a branch of the repository checked out. */
export interface Checkout {
  folder: string;
  gitDir: string;
}

/** What people leave half done, by the file that says so. @source wt-status.c, wt_status_get_state */
const OPERATIONS: readonly (readonly [file: string, name: string, end: string])[] = [
  ['rebase-merge', 'a rebase', 'git rebase --continue, or git rebase --abort'],
  ['rebase-apply', 'a rebase or git am', 'git rebase --continue or git am --continue, or --abort'],
  ['MERGE_HEAD', 'a merge', 'git commit, or git merge --abort'],
  ['CHERRY_PICK_HEAD', 'a cherry-pick', 'git cherry-pick --continue, or git cherry-pick --abort'],
  ['REVERT_HEAD', 'a revert', 'git revert --continue, or git revert --abort'],
  ['sequencer', 'a cherry-pick or revert of several commits', '--continue, or --abort'],
  ['BISECT_LOG', 'a bisect', 'git bisect reset'],
];

/**
 * The checkouts that move with the base: those that have it checked out, quiet and inside the roots.
 * @throws RunFailure repo_dirty while something half done rests on the base, path_refused outside the roots
 */
export async function findCheckouts(git: Git, repository: LandingRepository, order: LandingOrder): Promise<Checkout[]> {
  const { baseNames, baseBranch } = repository;
  const holding = (await listCheckouts(git, repository)).filter(({ gitDir }) => holdsBase(gitDir, baseNames));
  for (const checkout of holding) {
    assertInsideRoots(checkout, repository, order);
    const operation = OPERATIONS.find(([file]) => lstatSync(join(checkout.gitDir, file), { throwIfNoEntry: false }));
    if (!operation) continue;
    const [, name, end] = operation;
    throw new RunFailure(
      'repo_dirty',
      `${checkout.folder} is in the middle of ${name} of ${baseBranch}. End it (${end}), then approve again. Nothing was changed.`,
    );
  }
  return holding;
}

/** Branches on which somebody stands, or which something half done will move: none of them may be removed. */
export async function branchesInUse(
  git: Git,
  repository: Pick<LandingRepository, 'places' | 'place'>,
): Promise<Set<string>> {
  const used = new Set<string>();
  for (const { gitDir } of await listCheckouts(git, repository)) for (const ref of refsOf(gitDir)) used.add(ref);
  return used;
}

/** All checkouts of a repository whose folders are there. Read from its files: a folder that is gone must not trip anybody. */
async function listCheckouts(
  git: Git,
  { places, place }: Pick<LandingRepository, 'places' | 'place'>,
): Promise<Checkout[]> {
  const main = await mainFolder(git, places, place);
  const linked = linkedNames(places.commonDir).map((name) => linkedCheckout(join(places.commonDir, 'worktrees', name)));
  return [
    ...(main === null ? [] : [{ folder: main, gitDir: places.commonDir }]),
    ...linked.filter((checkout) => checkout !== null),
  ];
}

async function mainFolder(
  git: Git,
  { topLevel, gitDir, commonDir }: RepositoryPlaces,
  place: GitPlace,
): Promise<string | null> {
  const at = { cwd: place.cwd, gitDir: commonDir };
  const setting = async (...args: string[]): Promise<string> =>
    (await git.ask(['config', '--get', ...args], { ...at, okCodes: [1] })).stdout.trim();
  if ((await setting('--type=bool', 'core.bare')) === 'true') return null;
  const worktree = await setting('core.worktree');
  const folder =
    worktree !== ''
      ? resolve(commonDir, worktree)
      : gitDir === commonDir
        ? topLevel
        : basename(commonDir) === '.git'
          ? dirname(commonDir)
          : null;
  const real = folder === null ? null : realpathOrNull(folder);
  return real !== null && statSync(real).isDirectory() ? real : null;
}

function linkedNames(commonDir: string): string[] {
  const folder = join(commonDir, 'worktrees');
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder).sort() : [];
}

function linkedCheckout(adminDir: string): Checkout | null {
  const pointer = readText(join(adminDir, 'gitdir'));
  const dotGit = pointer === null ? null : realpathOrNull(resolve(adminDir, pointer));
  // Gone, or not mounted: nobody works there now, and Git will call it prunable.
  return dotGit === null ? null : { folder: dirname(dotGit), gitDir: adminDir };
}

function holdsBase(gitDir: string, names: ReadonlySet<string>): boolean {
  return refsOf(gitDir).some((ref) => names.has(ref));
}

/** A rebase or a bisect detaches HEAD, and moves or checks out its branch again when it ends. */
function refsOf(gitDir: string): string[] {
  const bisected = readText(join(gitDir, 'BISECT_LOG')) === null ? null : readText(join(gitDir, 'BISECT_START'));
  const updated =
    readText(join(gitDir, 'rebase-merge/update-refs'))
      ?.split('\n')
      .filter((line) => line.startsWith('refs/')) ?? [];
  const named = [
    headOf(gitDir),
    readText(join(gitDir, 'rebase-merge/head-name')),
    readText(join(gitDir, 'rebase-apply/head-name')),
    bisected && `refs/heads/${bisected}`,
  ];
  return [...updated, ...named.filter((ref): ref is string => ref !== null && ref !== '')];
}

function headOf(gitDir: string): string | null {
  const file = join(gitDir, 'HEAD');
  // An old way to write it: a link to the ref's own file.
  if (lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink()) return readlinkSync(file);
  return /^ref: *(.*)$/.exec(readText(file) ?? '')?.[1]?.trim() ?? null;
}

function assertInsideRoots(
  { folder, gitDir }: Checkout,
  { baseBranch }: LandingRepository,
  { allowed }: LandingOrder,
): void {
  const roots = allowed.roots.map((root) => realpathOrNull(root) ?? root);
  if ([folder, gitDir].every((place) => roots.some((root) => isInside(root, place)))) return;
  throw new RunFailure(
    'path_refused',
    `${folder} has ${baseBranch} checked out and is outside the folders that the policy of runner ${allowed.runnerName} allows ("roots" in its policy.json). Add it there, or check out another branch in it, then approve again. Nothing was changed.`,
  );
}

function readText(file: string): string | null {
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file, 'utf8').trim() : null;
}
