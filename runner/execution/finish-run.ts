import type { RunGitOutcome } from '#contract/run-result.ts';
import type { RunSpec } from '#contract/run-spec.ts';
import { statSync } from 'node:fs';
import type { ArtifactFile } from '../control-plane/control-plane.ts';
import { writeMark } from '../logs/marks.ts';
import type { Masker } from '../logs/mask.ts';
import { collectArtifacts } from './artifacts.ts';
import { collectChanges, findViolations } from './changes.ts';
import { agentAuthor, commitChanges, writeDiff } from './commit.ts';
import type { Git } from './git.ts';
import type { Outcome } from './outcome.ts';
import type { RunnerPolicy } from './policy.ts';
import type { RunFolder } from './run-folder.ts';
import { countInWords } from './words.ts';
import { inWorktree, type Worktree } from './worktree.ts';

const MAX_PATHS = 1_000;

export interface Finished {
  outcome: Outcome;
  git: RunGitOutcome | null;
  paths: string[];
  artifacts: ArtifactFile[];
}

export interface FinishOrder {
  spec: RunSpec;
  folder: RunFolder;
  /** Null: the run worked in place. */
  worktree: Worktree | null;
  workFolder: string;
  /** How the commands ended. */
  outcome: Outcome;
  policy: RunnerPolicy;
  masker: Masker;
}

/**
 * Takes in what a run left behind: reports, changes held against the globs, a commit on the run's branch, the diff.
 * However the run ended, the evidence is kept.
 */
export async function finishRun(git: Git, order: FinishOrder): Promise<Finished> {
  const { spec, folder, worktree, policy, outcome } = order;
  const rules = { allowedGlobs: spec.allowedGlobs, deniedGlobs: [...policy.deniedGlobs, ...spec.deniedGlobs] };
  const reports = collectArtifacts({ from: order.workFolder, globs: spec.artifactGlobs, deniedGlobs: rules.deniedGlobs, maxBytes: policy.limits.maxArtifactBytes, into: folder.file('artifacts') });
  for (const note of reports.notes) writeMark(folder.path, note);
  if (!worktree) return { outcome, git: null, paths: [], artifacts: reports.artifacts };

  const safeGit = await git.neutralize(inWorktree(worktree));
  const changes = await collectChanges(safeGit, worktree);
  const violations = await findViolations(safeGit, worktree, changes, rules);
  const committed = await commitChanges(safeGit, worktree, changes, agentAuthor(spec.agentName), commitMessage(spec));
  const artifacts = [...reports.artifacts];
  if (committed) {
    const file = folder.file('changes.diff');
    await writeDiff(safeGit, worktree, changes.tree, violations.map(({ path }) => path), order.masker, file);
    const { filesChanged, additions, deletions } = committed;
    if (statSync(file).size > 0) artifacts.unshift({ kind: 'diff', name: 'changes.diff', mediaType: 'text/x-diff', file, metadata: { filesChanged, additions, deletions } });
  }
  const judged = judge(outcome, committed, violations);
  // The outcome, which is the last line, says how much was changed when nothing else has to be said.
  if (committed) writeMark(folder.path, `Committed to ${committed.branch}${judged.status === 'completed' ? '' : `: ${statInWords(committed)}`}`);
  for (const { path, why } of violations) writeMark(folder.path, `${path} ${why}`);
  return { outcome: judged, git: committed, paths: violations.slice(0, MAX_PATHS).map(({ path }) => path), artifacts };
}

function judge(outcome: Outcome, committed: RunGitOutcome | null, violations: readonly { path: string; why: string }[]): Outcome {
  if (outcome.status !== 'completed') return outcome;
  const [first] = violations;
  if (first) {
    const more = violations.length > 1 ? `, and ${countInWords(violations.length - 1, 'more file')} ${violations.length === 2 ? 'is' : 'are'} not allowed either` : '';
    return { status: 'failed', reason: 'denied_change', message: `The agent changed what it may not: ${first.path} ${first.why}${more}. The branch is kept.` };
  }
  if (!committed) return { status: 'completed', reason: 'empty_diff', message: 'The agent ended well and changed nothing' };
  return { ...outcome, message: statInWords(committed) };
}

function statInWords({ filesChanged, additions, deletions }: RunGitOutcome): string {
  return `${countInWords(filesChanged, 'file')} changed, +${additions} −${deletions}`;
}

function commitMessage(spec: RunSpec): string {
  const subject = spec.prompt.title.replace(/\s+/g, ' ').trim() || `Run ${spec.runId}`;
  return `${subject}\n\nTask: ${spec.taskId ?? 'none'}\nRun: ${spec.runId} (attempt ${spec.attempt})\nAgent: ${spec.agentName.replace(/\s+/g, ' ')}\n`;
}
