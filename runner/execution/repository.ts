import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { GitError, type Git } from './git.ts';
import { RunFailure } from './outcome.ts';
import { realpathOrNull } from './paths.ts';

export interface Repository {
  /** The checkout's folder, links followed. */
  root: string;
  /** What all worktrees of the repository share: its `.git`. */
  commonDir: string;
  baseBranch: string;
  baseCommit: string;
}

/**
 * Finds the repository in exactly this folder, and its base.
 * @param baseBranch null: the branch that is checked out
 * @throws RunFailure repo_missing when there is no repository, branch or commit to start from
 */
export async function openRepository(git: Git, root: string, baseBranch: string | null): Promise<Repository> {
  if (!lstatSync(join(root, '.git'), { throwIfNoEntry: false })) {
    throw new RunFailure('repo_missing', `${root} is not a Git repository (an agent can work without one when its config says "inPlace")`);
  }
  const base = baseBranch === null ? ['HEAD^{commit}', '--symbolic-full-name', 'HEAD'] : [`refs/heads/${baseBranch}^{commit}`];
  const answer = await git.run(['rev-parse', '--path-format=absolute', '--show-toplevel', '--git-common-dir', ...base], { cwd: root }).catch((error: unknown) => {
    if (error instanceof GitError) throw new RunFailure('repo_missing', whyMissing(root, baseBranch, error), [], { cause: error });
    throw error;
  });
  const [topLevel = '', commonDir = '', baseCommit = '', symbolic = `refs/heads/${baseBranch}`] = answer.trimEnd().split('\n');
  if (realpathOrNull(topLevel) !== root) throw new RunFailure('repo_missing', `${root} is not the top folder of its Git repository; that is ${topLevel}`);
  if (!symbolic.startsWith('refs/heads/')) throw new RunFailure('repo_missing', `${root} has no branch checked out; say which branch is the base in the agent's config (baseBranch)`);
  return { root, commonDir, baseBranch: symbolic.slice('refs/heads/'.length), baseCommit };
}

/** @returns the commit a branch points to, or null when there is no such branch */
export async function readBranch(git: Git, repository: Pick<Repository, 'root'>, branch: string): Promise<string | null> {
  const { code, stdout } = await git.ask(['rev-parse', '--verify', '--quiet', `refs/heads/${branch}^{commit}`], { cwd: repository.root, okCodes: [1, 128] });
  return code === 0 ? stdout.trim() : null;
}

function whyMissing(root: string, baseBranch: string | null, error: GitError): string {
  if (/dubious ownership/.test(error.stderr)) return `${root} belongs to another user, and Git refuses to read it`;
  if (/unknown revision|ambiguous argument|Needed a single revision/.test(error.stderr)) {
    return baseBranch === null ? `The repository ${root} has no commit yet: make a first one` : `The repository ${root} has no branch ${baseBranch}`;
  }
  return `${root} can not be read as a Git repository: ${error.message}`;
}
