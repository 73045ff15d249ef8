import { cutText } from '#contract/cut-text.ts';
import type { RepositoryFacts } from '#contract/repositories.ts';
import { lstatSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { GitError, type Git } from '../execution/git.ts';
import {
  findForeignPlace,
  findPlaceOutside,
  readBareRepositoryPlaces,
  readRepositoryPlaces,
  type RepositoryPlaces,
} from '../execution/repository-places.ts';
import type { Machine } from './machine.ts';
import { firstRemoteUrl } from './remote-url.ts';

const MAX_BRANCH_CHARS = 250;
const MAX_SUBJECT_CHARS = 200;

/** Where a repository keeps what belongs to it: what a run begins with, of bare ones too. */
export interface FoundRepository {
  places: RepositoryPlaces;
  isBare: boolean;
}

/** Does a repository start in this folder: has it a `.git`, or is it a bare one? */
export function repositoryStartsAt(folder: string): 'checkout' | 'bare' | null {
  if (lstatSync(join(folder, '.git'), { throwIfNoEntry: false })) return 'checkout';
  const isFolder = (name: string): boolean =>
    lstatSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory() ?? false;
  return lstatSync(join(folder, 'HEAD'), { throwIfNoEntry: false })?.isFile() && isFolder('objects') && isFolder('refs')
    ? 'bare'
    : null;
}

/** @throws RunFailure repo_missing, as a run there would */
export function findRepository(root: string, kind: 'checkout' | 'bare'): FoundRepository {
  const places = kind === 'bare' ? readBareRepositoryPlaces(root) : readRepositoryPlaces(root);
  const { gitDir, commonDir } = places;
  return {
    places,
    isBare:
      kind === 'bare' ||
      (gitDir === commonDir && /^\s*bare\s*=\s*true\s*$/im.test(readText(join(commonDir, 'config')) ?? '')),
  };
}

/** Why a run there would be refused. Null: it would not be */
export function whyRefused(
  { policy, runnerFolder }: Machine,
  { places }: FoundRepository,
): 'points_outside' | 'other_owner' | null {
  if (findPlaceOutside(places, { roots: policy.roots, runnerFolder }) !== null) return 'points_outside';
  return !policy.allowOtherOwners && findForeignPlace(places) !== null ? 'other_owner' : null;
}

/** What is told of a repository. @throws GitError when Git can not read it */
export async function readFacts(git: Git, { places, isBare }: FoundRepository): Promise<RepositoryFacts> {
  const { topLevel, gitDir, commonDir } = places;
  const [, branch] = /^ref: refs\/heads\/(.+)$/m.exec(readText(join(gitDir, 'HEAD')) ?? '') ?? [];
  const mainRoot = commonDir.endsWith('/.git') ? commonDir.slice(0, -'/.git'.length) : commonDir;
  return {
    branch: branch === undefined ? null : asLine(branch, MAX_BRANCH_CHARS),
    remoteUrl: firstRemoteUrl(readText(join(commonDir, 'config')) ?? ''),
    lastCommit: await readLastCommit(git, gitDir, topLevel),
    isBare,
    worktreeOf: gitDir === commonDir ? null : mainRoot,
  };
}

/** Whether HEAD stands for something: then a last commit that is not there is missing. */
export function headHasRef({ places: { gitDir, commonDir } }: FoundRepository): boolean {
  const [, ref] = /^ref: (refs\/.+)$/m.exec(readText(join(gitDir, 'HEAD')) ?? '') ?? [];
  return (
    ref === undefined ||
    readText(join(commonDir, ref)) !== null ||
    (readText(join(commonDir, 'packed-refs')) ?? '').includes(` ${ref}\n`)
  );
}

/** One call, of a command that no setting of the repository turns into another program. */
async function readLastCommit(git: Git, gitDir: string, root: string): Promise<RepositoryFacts['lastCommit']> {
  const answer = await git.run(['cat-file', '--batch'], { cwd: root, gitDir, input: 'HEAD\n' });
  const [, hash, text] = /^([0-9a-f]{40,64}) commit \d+\n([\s\S]*)$/.exec(answer) ?? [];
  if (hash === undefined || text === undefined) return null;
  const [header = '', ...body] = text.split('\n\n');
  const [, seconds] = /^committer .*> (\d{1,15}) [+-]\d{4}$/m.exec(header) ?? [];
  const at = new Date(Number(seconds ?? 0) * 1_000);
  return {
    hash,
    at: (Number.isNaN(at.getTime()) ? new Date(0) : at).toISOString(),
    subject: asLine(body.join('\n\n').split('\n')[0] ?? '', MAX_SUBJECT_CHARS),
  };
}

/** One line without control characters or halves of characters, cut where it is too long. */
export function asLine(text: string, maxChars: number): string {
  return cutText(text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' '), maxChars).trim();
}

export function isGitError(error: unknown): error is GitError {
  return error instanceof GitError;
}

/** Never opens a pipe or a device: that may wait forever. */
function readText(file: string): string | null {
  try {
    return statSync(file).isFile() ? readFileSync(file, 'utf8') : null;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return null;
    throw error;
  }
}
