import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inWorkspace, privateGitDir } from './agent-repository.ts';
import { findLeftBranches, findMergeBase, takeAgentCommits } from './agent-commits.ts';
import { listCandidates, type Candidates } from './candidates.ts';
import { compareTrees, type Comparison } from './compare-trees.ts';
import { GitError, type Git } from './git.ts';
import { RunFailure } from './outcome.ts';
import { joinPaths, printablePath, type BytePath } from './byte-paths.ts';
import type { Workspace } from './workspace-record.ts';

/**
 * More files than this become one pack instead of a file each: Git streams whatever is over its threshold into one.
 * Measured for 10,000 small files: 0.5 s instead of 5 s of the processor.
 */
const MAX_LOOSE_OBJECTS = 500;

/** Git's words, in the C locale. */
const DISK_FULL = /No space left on device|Disk quota exceeded/;
/** It is the repository that can not be written, whichever file was to go in. */
const STORE_TROUBLE =
  /No space left on device|Disk quota exceeded|Read-only file system|Input\/output error|unable to create temporary file|insufficient permission for adding an object|unable to write (loose )?object|index\.lock/;

/** A name such as `git~1`, which is `.git` on some systems: Git says so and goes on as if nothing had been. */
const IGNORED_NAME = /^Ignoring path (.*)$/gm;

/** Everything a run left in its folder, in the user's objects by now; no ref names it yet. */
export interface Changes extends Comparison {
  tree: string;
  /** The commit it goes on top of: where the run began, or the last one the agent has made itself. */
  parent: string;
  parentTree: string;
  /** What the diff is against: where the work and the base branch part at the end. */
  base: string;
  /** What could not be taken in and is still in the folder, for people. */
  leftOver: string[];
}

/**
 * Takes the folder's files and the agent's commits in. Only plumbing, which runs no hooks, with an index and settings
 * of our own: nothing that the agent has done to its repository decides what is seen. One awkward file costs no more
 * than itself.
 * @throws RunFailure worktree_failed, disk_full
 */
export async function collectChanges(git: Git, workspace: Workspace): Promise<Changes> {
  rmSync(join(privateGitDir(workspace), 'index.lock'), { force: true });
  try {
    const commits = await takeAgentCommits(git, workspace);
    const place = inWorkspace(workspace);
    if (commits.parent !== workspace.startCommit) await git.run(['read-tree', '--reset', commits.parent], place);
    // Neither waits for the files, nor these for them.
    const history = Promise.all([
      findMergeBase(git, workspace, commits.parent),
      git.run(['rev-parse', '--verify', `${commits.parent}^{tree}`], place),
    ]);
    history.catch(() => undefined);
    const candidates = await listCandidates(git, workspace, commits.nested);
    await fillIndex(git, workspace, candidates);
    const tree = (await git.run(['write-tree'], place)).trim();
    const [base, parentTree] = await history;
    const [comparison, branches] = await Promise.all([
      compareTrees(git, place, base, tree),
      findLeftBranches(git, workspace, commits.parent),
    ]);
    const leftOver = [
      ...commits.leftOver,
      ...candidates.leftOver,
      ...branches.map((name) =>
        name === 'a stash' ? 'what the agent has stashed' : `commits of the agent on ${name}`,
      ),
    ];
    return { ...comparison, tree, parent: commits.parent, parentTree: parentTree.trim(), base, leftOver };
  } catch (error) {
    if (!existsSync(workspace.commonDir))
      throw new RunFailure(
        'worktree_failed',
        `The repository ${workspace.root} is gone since the run began. What the run made is in ${workspace.path}.`,
        [],
        { cause: error },
      );
    if (!(error instanceof GitError)) throw error;
    if (DISK_FULL.test(error.stderr))
      throw new RunFailure('disk_full', `The disk that holds ${workspace.root} is full`, [], { cause: error });
    throw new RunFailure(
      'worktree_failed',
      `Git could not take in what the run changed, which is in ${workspace.path}: ${error.message}`,
      [],
      { cause: error },
    );
  }
}

async function fillIndex(git: Git, workspace: Workspace, candidates: Candidates): Promise<void> {
  const place = inWorkspace(workspace);
  if (candidates.drop.length > 0) {
    const zero = '0'.repeat(workspace.startCommit.length);
    await git.run(['update-index', '-z', '--index-info'], {
      ...place,
      input: Buffer.from(candidates.drop.map((path) => `0 ${zero}\t${path}\0`).join(''), 'latin1'),
    });
  }
  await take(git, workspace, candidates.take, candidates.leftOver);
}

/** All at once; where Git refuses, in halves, until what it refuses stands alone. It writes nothing when it refuses. */
async function take(git: Git, workspace: Workspace, paths: readonly BytePath[], leftOver: string[]): Promise<void> {
  if (paths.length === 0) return;
  const fitting = paths.length > MAX_LOOSE_OBJECTS ? git.with([['core.bigFileThreshold', '1']]) : git;
  try {
    const { stderr } = await fitting.ask(['update-index', '--add', '--remove', '--replace', '-z', '--stdin'], {
      ...inWorkspace(workspace),
      input: joinPaths(paths),
    });
    leftOver.push(
      ...[...stderr.matchAll(IGNORED_NAME)].map(([, path = '']) => `${path} (a name that Git keeps for itself)`),
    );
  } catch (error) {
    if (!(error instanceof GitError) || error.code === null || STORE_TROUBLE.test(error.stderr)) throw error;
    const [first = ''] = paths;
    if (paths.length === 1) {
      leftOver.push(
        `${printablePath(first)} (${
          error.stderr
            .trim()
            .split('\n')[0]
            ?.replace(/^(error|fatal): /, '') ?? 'Git refuses it'
        })`,
      );
      return;
    }
    const half = Math.ceil(paths.length / 2);
    await take(git, workspace, paths.slice(0, half), leftOver);
    await take(git, workspace, paths.slice(half), leftOver);
  }
}
