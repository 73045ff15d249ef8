import type { RunGitOutcome } from '#contract/run-result.ts';
import type { RunSpec } from '#contract/run-spec.ts';
import { REPORT_NAME, REPORT_TASK_TYPES } from '#contract/enums.ts';
import { lstatSync, statSync, writeFileSync } from 'node:fs';
import type { ArtifactFile } from '../control-plane/control-plane.ts';
import type { Logger } from '../logger.ts';
import { writeMark } from '../logs/marks.ts';
import type { Masker } from '../logs/mask.ts';
import { collectArtifacts } from './artifacts.ts';
import { inWorkspace } from './agent-repository.ts';
import { collectChanges, type Changes } from './changes.ts';
import { agentAuthor, commitChanges, writeDiff } from './commit.ts';
import { diskFaultOf } from './disk.ts';
import type { Git } from './git.ts';
import { openAgentFolder } from './open-up.ts';
import { RunFailure, type Outcome } from './outcome.ts';
import { printablePath } from './byte-paths.ts';
import type { RunnerPolicy } from './policy.ts';
import type { RunFolder } from './run-folder.ts';
import type { Reading } from '../readers/reading.ts';
import { readReport } from './summary.ts';
import { findViolations, hasFilteredPaths, type Violation } from './violations.ts';
import { countInWords, taskInWords } from './words.ts';
import { settleWorkspace } from './workspace.ts';
import type { Workspace } from './workspace-record.ts';

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
  runnerFolder: string;
  /** Null: the run worked in place. */
  workspace: Workspace | null;
  workFolder: string;
  /** How the commands ended. */
  outcome: Outcome;
  /** What its stream says; null: nobody can read it. */
  reading: Reading | null;
  policy: RunnerPolicy;
  masker: Masker;
  logger: Logger;
}

/**
 * Takes in what a run left behind: reports, changes held against the globs, a commit on the run's branch, the diff.
 * However the run ended, the evidence is kept: what can not be taken in stays in the folder, and is named.
 */
export async function finishRun(git: Git, order: FinishOrder): Promise<Finished> {
  const { spec, folder, workspace, policy, outcome, masker } = order;
  const rules = { allowedGlobs: spec.allowedGlobs, deniedGlobs: [...policy.deniedGlobs, ...spec.deniedGlobs] };
  if (workspace) openAgentFolder(workspace.path);
  if (!workspace)
    return {
      outcome,
      git: null,
      paths: [],
      artifacts: [...reportOf(order, outcome), ...collect(order, rules.deniedGlobs)],
    };
  requireFolder(workspace);

  const changes = await collectChanges(git, workspace);
  const violations = await findViolations(git, workspace, changes, rules);
  // A commit that the agent made without the filter holds what must not be in the repository: its files go in anew.
  if (changes.parent !== workspace.startCommit && (await hasFilteredPaths(git, workspace, changes)))
    await startOver(git, workspace, changes);
  const file = folder.file('changes.diff');
  const [committed] = await Promise.all([
    commitChanges(git, workspace, changes, agentAuthor(spec.agentName), commitMessage(spec)),
    changes.files.length === 0
      ? undefined
      : writeDiff(
          git,
          workspace,
          changes,
          violations.map(({ path }) => path),
          masker,
          file,
        ),
  ]);
  settle(order, workspace, changes.leftOver);
  // Only now: a disk that they fill is not to cost the changes.
  const artifacts = collect(order, rules.deniedGlobs);
  if (committed) {
    const { filesChanged, additions, deletions } = committed;
    if (statSync(file).size > 0)
      artifacts.unshift({
        kind: 'diff',
        name: 'changes.diff',
        mediaType: 'text/x-diff',
        file,
        metadata: { filesChanged, additions, deletions },
      });
  }
  const judged = judge(outcome, committed, violations, changes.leftOver);
  // The outcome, which is the last line, says how much was changed when nothing else has to be said.
  if (committed)
    say(order, `Committed to ${committed.branch}${judged.status === 'completed' ? '' : `: ${statInWords(committed)}`}`);
  for (const { path, why } of violations) say(order, `${printablePath(path)} ${why}`);
  for (const left of changes.leftOver.slice(0, MAX_PATHS)) say(order, `Not taken in: ${left}`);
  if (changes.leftOver.length > 0) say(order, `What was not taken in is in ${workspace.path}`);
  return {
    outcome: judged,
    git: committed,
    paths: violations.slice(0, MAX_PATHS).map(({ path }) => printablePath(path)),
    artifacts: [...reportOf(order, judged), ...artifacts],
  };
}

/** What the agent's config asks for. Whatever goes wrong with it, the run's work is taken in. */
function collect(order: FinishOrder, deniedGlobs: readonly string[]): ArtifactFile[] {
  const { spec, folder, policy, workFolder, logger } = order;
  try {
    const { artifacts, notes } = collectArtifacts({
      from: workFolder,
      globs: spec.artifactGlobs,
      deniedGlobs,
      maxBytes: policy.limits.maxArtifactBytes,
      into: folder.file('artifacts'),
    });
    for (const note of notes) say(order, note);
    return artifacts;
  } catch (error) {
    logger.error({ err: error, runId: spec.runId }, 'the artifacts of a run could not be collected');
    say(order, "The artifacts could not be collected: the runner's own log says why");
    return [];
  }
}

/** What the agent says is the result of a task that asks for words, and all there is where nothing was changed. */
function reportOf({ spec, folder, masker, logger, reading }: FinishOrder, outcome: Outcome): ArtifactFile[] {
  const isAsked = spec.taskType !== null && REPORT_TASK_TYPES.includes(spec.taskType);
  if (outcome.status !== 'completed' || (!isAsked && outcome.reason !== 'empty_diff')) return [];
  const said = reading?.isRecognised ? reading.lastText : undefined;
  const text = said === undefined ? readReport(folder.path, masker) : said && `${masker.mask(said)}\n`;
  if (text === null) return [];
  const file = folder.file('report.md');
  try {
    writeFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    if (diskFaultOf(error) === 'full') throw error;
    // A disk that can only be read: the log has every word of it.
    logger.warn({ err: error, runId: spec.runId }, 'the report of a run could not be written');
    return [];
  }
  return [{ kind: 'report', name: REPORT_NAME, mediaType: 'text/markdown', file }];
}

/** A line for the log. One that the disk does not take is worth less than the run. */
function say({ folder, spec, logger }: FinishOrder, text: string): void {
  try {
    writeMark(folder.path, text);
  } catch (error) {
    logger.warn({ err: error, runId: spec.runId, text }, "a line of a run's log could not be written");
  }
}

/** A record that can not be written says what it said before: that there may be work in the folder. */
function settle({ runnerFolder, logger, spec }: FinishOrder, { name }: Workspace, leftOver: readonly string[]): void {
  try {
    settleWorkspace(runnerFolder, name, leftOver);
  } catch (error) {
    logger.warn({ err: error, runId: spec.runId }, 'that the work of a run was taken in could not be written down');
  }
}

async function startOver(git: Git, workspace: Workspace, changes: Changes): Promise<void> {
  changes.parent = workspace.startCommit;
  changes.parentTree = (
    await git.run(['rev-parse', '--verify', `${workspace.startCommit}^{tree}`], inWorkspace(workspace))
  ).trim();
}

function requireFolder({ path }: Workspace): void {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory())
    throw new RunFailure('worktree_failed', `The agent has removed its own folder ${path}, and its work with it`);
}

function judge(
  outcome: Outcome,
  committed: RunGitOutcome | null,
  violations: readonly Violation[],
  leftOver: readonly string[],
): Outcome {
  if (outcome.status !== 'completed') return outcome;
  const [first] = violations;
  if (first) {
    const more =
      violations.length > 1
        ? `, and ${countInWords(violations.length - 1, 'more file')} ${violations.length === 2 ? 'is' : 'are'} not allowed either`
        : '';
    return {
      status: 'failed',
      reason: 'denied_change',
      message: `The agent changed what it may not: ${printablePath(first.path)} ${first.why}${more}. The branch is kept.`,
    };
  }
  const left =
    leftOver.length === 0
      ? ''
      : `. Not taken in, and kept in its folder: ${leftOver.slice(0, 3).join('; ')}${leftOver.length > 3 ? ' …' : ''}`;
  if (!committed)
    return { status: 'completed', reason: 'empty_diff', message: `The agent ended well and changed nothing${left}` };
  return { ...outcome, message: `${statInWords(committed)}${left}` };
}

function statInWords({ filesChanged, additions, deletions }: RunGitOutcome): string {
  return `${countInWords(filesChanged, 'file')} changed, +${additions} −${deletions}`;
}

function commitMessage(spec: RunSpec): string {
  const subject = spec.prompt.title.replace(/\s+/g, ' ').trim() || `Run ${spec.runId}`;
  return `${subject}\n\nTask: ${taskInWords(spec)}\nRun: ${spec.runId} (attempt ${spec.attempt})\nAgent: ${spec.agentName.replace(/\s+/g, ' ')}\n`;
}
