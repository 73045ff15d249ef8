import { closeSync, openSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { MAX_DIFF_BYTES } from '#contract/limits.ts';
import { gitIdentity, type GitPerson } from '#contract/neutral-git.ts';
import type { RunGitOutcome } from '#contract/run-result.ts';
import { join } from 'node:path';
import { z } from 'zod';
import type { Masker } from '../logs/mask.ts';
import { inWorkspace } from './agent-repository.ts';
import type { Changes } from './changes.ts';
import type { Git } from './git.ts';
import { GONE } from './compare-trees.ts';
import { RunFailure } from './outcome.ts';
import type { BytePath } from './byte-paths.ts';
import { inUserRepository } from './user-repository.ts';
import type { Workspace } from './workspace-record.ts';
import { readJson, writeJson } from './write-json.ts';
import { bytesInWords } from './words.ts';

/** The branch that is being written: found by whoever repeats the step after a crash. */
const BranchNote = z.object({ branch: z.string() });
const COMMITTER = { name: 'OvermindOps', email: 'runner@overmind.invalid' };

export function agentAuthor(agentName: string): GitPerson {
  const slug =
    agentName
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'agent';
  return { name: agentName.replace(/[<>\n\r\0]/g, ' ').trim() || 'agent', email: `${slug}@agents.overmind.invalid` };
}

/** Who is named in commits, for our own Git calls and for agents that commit themselves. */
export function identity(author: GitPerson): Record<string, string> {
  return gitIdentity(author, COMMITTER);
}

/**
 * Puts what the run left on its branch in the user's repository, as one commit on top of those the agent made itself.
 * May be repeated after a crash.
 * @returns null when nothing differs from the base: then there is no branch
 * @throws RunFailure worktree_failed when the branch can not be written
 */
export async function commitChanges(
  git: Git,
  workspace: Workspace,
  changes: Changes,
  author: GitPerson,
  message: string,
): Promise<RunGitOutcome | null> {
  if (changes.files.length === 0) return null;
  const { parent, parentTree, tree, base, files, additions, deletions } = changes;
  const place = inWorkspace(workspace);
  const env = { ...place.env, ...identity(author) };
  const head =
    tree === parentTree
      ? parent
      : (await git.run(['commit-tree', tree, '-p', parent, '-F', '-'], { ...place, input: message, env })).trim();
  await writeBranch(git, workspace, head);
  return {
    baseBranch: workspace.baseBranch,
    branch: workspace.branch,
    baseCommit: base,
    headCommit: head,
    filesChanged: files.length,
    additions,
    deletions,
  };
}

/** The branch must be new, unless this very step was cut off after it had been made. */
async function writeBranch(git: Git, workspace: Workspace, head: string): Promise<void> {
  const place = inUserRepository({ places: { topLevel: workspace.root, gitDir: workspace.userGitDir } });
  const ref = `refs/heads/${workspace.branch}`;
  const note = join(workspace.recordFolder, 'branch.json');
  const isRepeat = BranchNote.nullable().parse(readJson(note))?.branch === workspace.branch;
  if (!isRepeat) writeJson(note, { branch: workspace.branch });
  // Zeros: "must not exist".
  const { code, stderr } = await git.ask(['update-ref', ref, head, ...(isRepeat ? [] : ['0'.repeat(head.length)])], {
    ...place,
    okCodes: [1, 128],
  });
  if (code === 0) return;
  const why =
    stderr
      .trim()
      .split('\n')
      .at(-1)
      ?.replace(/^(fatal|error): /, '') ?? 'no reason given';
  throw new RunFailure(
    'worktree_failed',
    `The branch ${workspace.branch} could not be written in ${workspace.root} (${why}). The work is in ${workspace.path}.`,
  );
}

/**
 * Writes the diff from base to tree into a file: text, at most MAX_DIFF_BYTES, secrets masked.
 * @param leftOut paths whose content must not leave this machine: they are shown as unchanged
 */
export async function writeDiff(
  git: Git,
  workspace: Workspace,
  changes: Changes,
  leftOut: readonly BytePath[],
  masker: Masker,
  file: string,
): Promise<void> {
  const tree = leftOut.length === 0 ? changes.tree : await treeWithout(git, workspace, changes, new Set(leftOut));
  await git.run(
    [
      'diff-tree',
      '-r',
      '-p',
      '-M',
      '--full-index',
      '--no-color',
      '--no-ext-diff',
      '--no-textconv',
      changes.base,
      tree,
      '--',
    ],
    { ...inWorkspace(workspace), outputFile: file },
  );
  const { size } = statSync(file);
  if (size <= MAX_DIFF_BYTES && masker.maxChars === 0) return;
  const text =
    size <= MAX_DIFF_BYTES
      ? readFileSync(file, 'utf8')
      : `${firstLines(file, MAX_DIFF_BYTES - 200)}# The diff is cut here: it has ${bytesInWords(size)}. The branch holds all of it.\n`;
  writeFileSync(file, masker.mask(text), { mode: 0o600 });
}

/** The result with some paths put back to what they were. Their names may be any bytes, which no argument could carry. */
async function treeWithout(
  git: Git,
  workspace: Workspace,
  { tree, files }: Changes,
  leftOut: ReadonlySet<BytePath>,
): Promise<string> {
  const place = inWorkspace(workspace);
  const index = join(workspace.recordFolder, 'git', 'diff-index');
  const call = { ...place, env: { ...place.env, GIT_INDEX_FILE: index } };
  await git.run(['read-tree', tree], call);
  const lines = files
    .filter(({ path }) => leftOut.has(path))
    .map(({ path, was }) => `${was.mode === GONE ? '0' : was.mode} ${was.blob}\t${path}\0`);
  await git.run(['update-index', '--replace', '-z', '--index-info'], {
    ...call,
    input: Buffer.from(lines.join(''), 'latin1'),
  });
  const without = (await git.run(['write-tree'], call)).trim();
  rmSync(index, { force: true });
  return without;
}

function firstLines(file: string, maxBytes: number): string {
  const bytes = Buffer.alloc(maxBytes);
  const descriptor = openSync(file, 'r');
  try {
    const length = readSync(descriptor, bytes, 0, maxBytes, 0);
    return bytes.toString('utf8', 0, bytes.lastIndexOf(0x0a, length - 1) + 1);
  } finally {
    closeSync(descriptor);
  }
}
