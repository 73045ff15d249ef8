import { cutText } from '#contract/cut-text.ts';
import { MAX_LANDING_NOTE_CHARS } from '#contract/limits.ts';
import { RefusedError, type LandingReport } from '../control-plane/control-plane.ts';
import { retrying } from '../control-plane/retry.ts';
import { writeMark } from '../logs/marks.ts';
import { checkRoot } from './check-run-spec.ts';
import type { Finished } from './finish-run.ts';
import type { Git } from './git.ts';
import { readGitSettings } from './git-settings.ts';
import { landBranch } from './landing.ts';
import type { Landed, LandingOrder } from './landing-order.ts';
import { abandonLanding, lookAtLanding, type LandingOutcome } from './landing-outcome.ts';
import { outcomeOf, RunFailure } from './outcome.ts';
import { assertPlacesAllowed, readRepositoryPlaces } from './repository-places.ts';
import type { RunContext } from './run-context.ts';
import { taskInWords } from './words.ts';

/** A line of the log holds 4,000 characters; a note of many checkouts may have more. */
const LOG_LINE = /(.{1,2000})(?:\s|$)/gs;

/** The landing of one run that merges an approved commit: done, given up, or told of when its lease was lost. */
export class LiveLanding {
  private readonly stop = new AbortController();

  constructor(private readonly run: RunContext) {}

  /** Gives the merge up, unless the last word has been spoken. */
  giveUp(): void {
    this.stop.abort();
  }

  /** @throws RunFailure, RefusedError, LeaseLostError, or whatever it was given up with: then nothing was moved */
  async land(): Promise<Finished> {
    const landed = await this.landOrLetGo();
    const outcome = { status: 'completed', reason: 'ok', message: landed.message } as const;
    return { outcome, git: landed.git, paths: [], artifacts: [] };
  }

  /**
   * The run was taken away while it merged, and the control plane may not know what became of it: the repository does.
   * @returns false when that is left to the next runner
   */
  async tell(): Promise<boolean> {
    const {
      held,
      host,
      spec: { runId },
    } = this.run;
    const { controlPlane, logger } = host;
    let found: { outcome: LandingOutcome; note: string } | null = null;
    try {
      const { git, order } = await this.prepare();
      found = await lookAtLanding(git, order);
      const report = this.reportOf(found.outcome, found.note.trim());
      await retrying(() => controlPlane.reportLanding(held.lease, report), held.left);
      logger.info({ runId, ...report }, 'told how a merge went whose lease was lost');
    } catch (error) {
      if (held.isLeft) return false;
      logger.warn({ err: error, runId }, 'how a merge went, whose lease was lost, could not be told');
      this.say((found?.note ?? this.abandon()).trim());
    }
    return true;
  }

  private reportOf(outcome: LandingOutcome, note: string): LandingReport {
    if (note === '') return outcome;
    const text = this.run.masker.mask(note);
    if (text.length <= MAX_LANDING_NOTE_CHARS) return { ...outcome, note: text };
    this.say(note);
    return { ...outcome, note: cutText(text, MAX_LANDING_NOTE_CHARS, ' …') };
  }

  /** Into the log of the run: the one place that is left, since it is taken also when the lease is lost. */
  private say(note: string): void {
    if (note === '') return;
    const { folder, host, spec } = this.run;
    host.logger.warn({ runId: spec.runId, note }, 'a checkout may be behind its branch');
    try {
      writeMark(folder.path, note.replace(LOG_LINE, '$1\n').trim());
    } catch (error) {
      host.logger.error({ err: error, runId: spec.runId, note }, 'the log of the run does not take what is to be told');
    }
  }

  private async landOrLetGo(): Promise<Landed> {
    try {
      const { git, order } = await this.prepare();
      return await landBranch(git, order);
    } catch (error) {
      // Whoever has the run next looks again, and needs the locks for that.
      if (this.run.held.isOver(error)) throw error;
      throw withAdvice(error, this.abandon());
    }
  }

  /** The run ends here, and its record with it. @returns what is to be told */
  private abandon(): string {
    return abandonLanding(this.recordFile);
  }

  private get recordFile(): string {
    return this.run.folder.file('merge.json');
  }

  /** With a Git that knows what the user has set up for himself: his checkout is as his own Git made it. */
  private async prepare(): Promise<{ git: Git; order: LandingOrder }> {
    const { spec, folder, host, held } = this.run;
    const { policy, runnerName, runnerFolder } = host.search;
    const root = checkRoot(spec, host.search);
    const places = readRepositoryPlaces(root);
    assertPlacesAllowed(places, { roots: policy.roots, runnerFolder, runnerName });
    const settings = await readGitSettings(host.git, { places, env: host.env, trustedFilters: policy.filters });
    const { format, filters } = settings;
    const subject = `Merge ${spec.taskShortId ?? 'task'} "${spec.prompt.title.replace(/\s+/g, ' ').trim()}"`;
    const order: LandingOrder = {
      runId: spec.runId,
      root,
      baseBranch: spec.baseBranch,
      branch: spec.branch,
      commit: spec.mergeCommit,
      reviewedBaseCommit: spec.reviewedBaseCommit,
      message: `${subject}\n\nTask: ${taskInWords(spec)}\nBranch: ${spec.branch}\n`,
      author: { name: 'OvermindOps', email: 'runner@overmind.invalid' },
      path: folder.file('landing'),
      recordFile: this.recordFile,
      allowed: {
        roots: policy.roots,
        runnerFolder,
        allowOtherOwners: policy.allowOtherOwners,
        runnerName,
        filters: new Set(filters.trusted.keys()),
        otherFilters: filters.untrusted,
      },
      lastWord: (commits) => host.controlPlane.requestLanding(held.lease, commits),
      signal: this.stop.signal,
      ...(host.answerPatienceMs === undefined ? {} : { answerPatienceMs: host.answerPatienceMs }),
      ...(host.onLandingStep ? { onStep: host.onLandingStep } : {}),
    };
    const core = format.filter(([key]) => key.startsWith('core.'));
    return { git: host.git.trusting([...core, ...[...filters.trusted.values()].flat()]), order };
  }
}

/** The failure with what it, or a crash before it, has left to be done: as one whose words are told, whatever else ends the run. */
function withAdvice(error: unknown, note: string): unknown {
  // A landing that was taken back says itself what is left of it.
  if (note === '' || (error as Error).message.includes(note)) return error;
  if (error instanceof RefusedError) return new RefusedError(error.code, `${error.message}${note}`, { cause: error });
  const { message } = outcomeOf(error);
  const [reason, paths] = error instanceof RunFailure ? [error.reason, error.paths] : ['internal' as const, []];
  return new RunFailure(reason, `${message}${note}`, paths, { cause: error });
}
