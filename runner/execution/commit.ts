import { closeSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { MAX_DIFF_BYTES } from '#contract/limits.ts';
import type { RunGitOutcome } from '#contract/run-result.ts';
import type { Masker } from '../logs/mask.ts';
import type { Changes } from './changes.ts';
import type { Git } from './git.ts';
import { readBranch } from './repository.ts';
import { inWorktree, type Worktree } from './worktree.ts';
import { bytesInWords } from './words.ts';

const COMMITTER = 'OvermindOps';
/** More paths than this are not left out one by one: then there is no diff at all. */
const MAX_LEFT_OUT = 500;

export interface Author {
  name: string;
  email: string;
}

export function agentAuthor(agentName: string): Author {
  const slug = agentName.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '') || 'agent';
  return { name: agentName.replace(/[<>\n\r\0]/g, ' ').trim() || 'agent', email: `${slug}@agents.overmind.invalid` };
}

/** Who is named in commits, for our own Git calls and for agents that commit themselves. */
export function identity(author: Author): Record<string, string> {
  return { GIT_AUTHOR_NAME: author.name, GIT_AUTHOR_EMAIL: author.email, GIT_COMMITTER_NAME: COMMITTER, GIT_COMMITTER_EMAIL: 'runner@overmind.invalid' };
}

/**
 * Puts what the run left on its branch, as one commit on top of those the agent made itself.
 * @returns null when nothing differs from the base; the branch is removed then
 */
export async function commitChanges(git: Git, worktree: Worktree, changes: Changes, author: Author, message: string): Promise<RunGitOutcome | null> {
  const place = inWorktree(worktree);
  const ref = `refs/heads/${worktree.branch}`;
  const parent = (await git.run(['rev-parse', '--verify', 'HEAD^{commit}'], place)).trim();
  const parentTree = (await git.run(['rev-parse', '--verify', `${parent}^{tree}`], place)).trim();
  const tip = await readBranch(git, worktree, worktree.branch);
  if (changes.files.length === 0) {
    if (tip !== null) await git.run(['update-ref', '-d', ref, tip], { cwd: worktree.root });
    return null;
  }
  const head = changes.tree === parentTree ? parent : (await git.run(['commit-tree', changes.tree, '-p', parent, '-F', '-'], { ...place, input: message, env: identity(author) })).trim();
  // Zeros: "must not exist". The agent may have removed its own branch.
  if (head !== tip) await git.run(['update-ref', ref, head, tip ?? '0'.repeat(head.length)], { cwd: worktree.root });
  return {
    baseBranch: worktree.baseBranch, branch: worktree.branch, baseCommit: worktree.baseCommit, headCommit: head,
    filesChanged: changes.files.length, additions: changes.additions, deletions: changes.deletions,
  };
}

/**
 * Writes the diff from base to tree into a file: text, at most MAX_DIFF_BYTES, secrets masked.
 * @param leftOut paths whose content must not leave this machine
 */
export async function writeDiff(git: Git, worktree: Worktree, tree: string, leftOut: readonly string[], masker: Masker, file: string): Promise<void> {
  if (leftOut.length > MAX_LEFT_OUT) {
    writeFileSync(file, `# No diff: ${leftOut.length} denied files would have to be left out of it.\n`, { mode: 0o600 });
    return;
  }
  const paths = leftOut.length === 0 ? [] : ['.', ...leftOut.map((path) => `:(top,exclude,literal)${path}`)];
  await git.run(['diff-tree', '-r', '-p', '-M', '--full-index', '--no-color', '--no-ext-diff', '--no-textconv', worktree.baseCommit, tree, '--', ...paths], { ...inWorktree(worktree), outputFile: file });
  const { size } = statSync(file);
  if (size <= MAX_DIFF_BYTES && masker.maxChars === 0) return;
  const text = size <= MAX_DIFF_BYTES ? readFileSync(file, 'utf8') : `${firstLines(file, MAX_DIFF_BYTES - 200)}# The diff is cut here: it has ${bytesInWords(size)}. The branch holds all of it.\n`;
  writeFileSync(file, masker.mask(text), { mode: 0o600 });
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
