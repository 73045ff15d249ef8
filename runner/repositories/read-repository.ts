import type { RepositoryFacts } from '#contract/repositories.ts';
import { lstatSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { GitError, type Git } from '../execution/git.ts';
import { realpathOrNull } from '../execution/paths.ts';
import { firstRemoteUrl } from './remote-url.ts';

const MAX_BRANCH_CHARS = 250;
const MAX_SUBJECT_CHARS = 200;

/** Where Git keeps what belongs to a checkout, found by reading files: no program is run for it. */
export interface GitFolders {
  /** The checkout, or the bare repository itself. */
  root: string;
  gitDir: string;
  /** What all worktrees of the repository share. */
  commonDir: string;
  isBare: boolean;
}

/** Thrown when a folder looks like a repository and is none that can be used. */
export class UnreadableRepository extends Error {
  override readonly name = 'UnreadableRepository';
}

/** Does a repository start in this folder: has it a `.git`, or is it a bare one? */
export function repositoryStartsAt(folder: string): 'checkout' | 'bare' | null {
  if (lstatSync(join(folder, '.git'), { throwIfNoEntry: false })) return 'checkout';
  const isFolder = (name: string): boolean => lstatSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory() ?? false;
  return lstatSync(join(folder, 'HEAD'), { throwIfNoEntry: false })?.isFile() && isFolder('objects') && isFolder('refs') ? 'bare' : null;
}

/** @throws UnreadableRepository, its message to be put after the folder's name */
export function findGitFolders(root: string, kind: 'checkout' | 'bare'): GitFolders {
  const gitDir = kind === 'bare' ? root : gitDirOf(root);
  const shared = readText(join(gitDir, 'commondir'));
  const commonDir = shared === null ? gitDir : realpathOrNull(resolve(gitDir, shared.trim()));
  if (commonDir === null) throw new UnreadableRepository('is a worktree of a repository that is gone');
  if (!lstatSync(join(commonDir, 'objects'), { throwIfNoEntry: false })) throw new UnreadableRepository('has a .git without objects: it is damaged, or no repository');
  return { root, gitDir, commonDir, isBare: kind === 'bare' || (gitDir === commonDir && /^\s*bare\s*=\s*true\s*$/im.test(readText(join(commonDir, 'config')) ?? '')) };
}

function gitDirOf(root: string): string {
  const entry = join(root, '.git');
  const real = realpathOrNull(entry);
  if (real === null) throw new UnreadableRepository('has a .git that leads nowhere');
  if (lstatSync(real).isDirectory()) return real;
  const [, target] = /^gitdir: (.+)\s*$/.exec(readText(real)?.split('\n')[0] ?? '') ?? [];
  const gitDir = target === undefined ? null : realpathOrNull(resolve(root, target.trim()));
  if (gitDir === null) throw new UnreadableRepository('has a .git file that leads nowhere');
  return gitDir;
}

/** What is told of a repository. @throws GitError when Git can not read it */
export async function readFacts(git: Git, { root, gitDir, commonDir, isBare }: GitFolders): Promise<RepositoryFacts> {
  const [, branch] = /^ref: refs\/heads\/(.+)$/m.exec(readText(join(gitDir, 'HEAD')) ?? '') ?? [];
  const mainRoot = commonDir.endsWith('/.git') ? commonDir.slice(0, -'/.git'.length) : commonDir;
  return {
    branch: branch === undefined ? null : asLine(branch, MAX_BRANCH_CHARS),
    remoteUrl: firstRemoteUrl(readText(join(commonDir, 'config')) ?? ''),
    lastCommit: await readLastCommit(git, gitDir, root),
    isBare,
    worktreeOf: gitDir === commonDir ? null : mainRoot,
  };
}

/** Whether HEAD stands for something: then a last commit that is not there is missing. */
export function headHasRef({ gitDir, commonDir }: GitFolders): boolean {
  const [, ref] = /^ref: (refs\/.+)$/m.exec(readText(join(gitDir, 'HEAD')) ?? '') ?? [];
  return ref === undefined || readText(join(commonDir, ref)) !== null || (readText(join(commonDir, 'packed-refs')) ?? '').includes(` ${ref}\n`);
}

/** One call, of a command that no setting of the repository turns into another program. */
async function readLastCommit(git: Git, gitDir: string, root: string): Promise<RepositoryFacts['lastCommit']> {
  const answer = await git.run(['cat-file', '--batch'], { cwd: root, gitDir, input: 'HEAD\n' });
  const [, hash, text] = /^([0-9a-f]{40,64}) commit \d+\n([\s\S]*)$/.exec(answer) ?? [];
  if (hash === undefined || text === undefined) return null;
  const [header = '', ...body] = text.split('\n\n');
  const [, seconds] = /^committer .*> (\d{1,15}) [+-]\d{4}$/m.exec(header) ?? [];
  const at = new Date(Number(seconds ?? 0) * 1_000);
  return { hash, at: (Number.isNaN(at.getTime()) ? new Date(0) : at).toISOString(), subject: asLine(body.join('\n\n').split('\n')[0] ?? '', MAX_SUBJECT_CHARS) };
}

/** One line without control characters or halves of characters, cut where it is too long. */
export function asLine(text: string, maxChars: number): string {
  // eslint-disable-next-line no-control-regex -- control characters are exactly what must be taken out
  return text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, maxChars).replace(/[\ud800-\udbff]$/, '').trim();
}

export function isGitError(error: unknown): error is GitError {
  return error instanceof GitError;
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}
