import { RefusedError } from '../control-plane/control-plane.ts';
import { finishFailed } from './finish-failed.ts';
import { finishRun, type Finished, type FinishOrder } from './finish-run.ts';
import type { KeeperStatus } from './keeper-protocol.ts';
import { KeptPrograms } from './kept-programs.ts';
import { endLeftProcesses } from './left-processes.ts';
import { LiveLanding } from './live-landing.ts';
import { makeResult } from './make-result.ts';
import { onFullDisk, RunFailure, type Outcome } from './outcome.ts';
import type { RunContext } from './run-context.ts';
import type { Ending } from './run-folder.ts';
import type { RunLog } from './run-log.ts';
import { deniedInWords, judgeByReading } from '../readers/explain.ts';
import { readRun } from '../readers/read-run.ts';
import type { Reading } from '../readers/reading.ts';
import { discardWorkspace } from './workspace.ts';

const KEEPER_ENDED: Outcome = {
  status: 'failed',
  reason: 'internal',
  message: 'The keeper of this run was ended from outside, and the run with it',
};

/** What doing the work came to. */
interface Done {
  /** Null: a merge, or nothing was started, or its keeper never said a word. */
  status: KeeperStatus | null;
  finished: Finished;
  /** What the agent's stream says; null: nobody can read it, or there is none. */
  reading: Reading | null;
}

export interface RunWorkOptions {
  /** When the claim or the last renewal was sent, on the monotonic clock. */
  leaseSentMs: number;
  /** Called, perhaps more than once, when there is, or may be, output to be sent. */
  onBegun: () => void;
  /** Called, perhaps more than once, when it is known where in standard output the agent's own begins. */
  onAgentOutput: (from: number) => void;
}

/** The work of one run, its programs or its merge: done or ended, until it is written down how it ended. */
export class RunWork {
  readonly programs: KeptPrograms;
  readonly landing: LiveLanding;

  constructor(
    private readonly run: RunContext,
    private readonly log: RunLog,
    private readonly options: RunWorkOptions,
  ) {
    const { host, spec, folder, held } = run;
    this.landing = new LiveLanding(run);
    this.programs = new KeptPrograms({
      host,
      spec,
      folder,
      leaseSentMs: options.leaseSentMs,
      leaving: held.left,
      onOutput: () => this.begin(),
      onAgentOutput: options.onAgentOutput,
      requireLease: () => held.require(),
    });
  }

  /** @param maxGraceMs between SIGTERM and SIGKILL, when the agent's own grace is longer */
  cancel(outcome: Outcome, maxGraceMs = Number.POSITIVE_INFINITY): void {
    this.landing.giveUp();
    this.programs.end(outcome, maxGraceMs);
  }

  /** How the run ended, whatever happens to it. @throws LeaseLostError, or any error once the run is left */
  async decide(): Promise<Ending> {
    try {
      return this.run.folder.ending ?? (await this.work());
    } catch (error) {
      if (this.run.held.isOver(error)) throw error;
      // Whatever went wrong, nothing of the run may go on.
      await this.endPrograms();
      return this.end(nothingOf(finishFailed(this.run, error, null)), 0);
    }
  }

  /** Ends whatever of the run may be alive, also when our own files of it can not be read. Never rejects. */
  async endPrograms(): Promise<void> {
    const { host, spec } = this.run;
    this.cancel({ status: 'timed_out', reason: 'runner_lost', message: 'Ended: the runner has lost this run' });
    try {
      await this.programs.gone();
      await endLeftProcesses(spec.runId, null);
    } catch (error) {
      host.logger.error({ err: error, runId: spec.runId }, 'the programs of a run could not be ended');
    }
  }

  /** Does the work and decides how it ended. */
  private async work(): Promise<Ending> {
    const startedMs = performance.now();
    const done = this.run.spec.kind === 'merge' ? await this.merge() : await this.runCommands();
    this.run.held.requireOurs();
    return this.end(done, Math.round(performance.now() - startedMs) / 1_000);
  }

  /** Writes down how it ended: the log's last line, and the result. What the disk does not take is told from memory. */
  private end({ status, finished, reading }: Done, wallSeconds: number): Ending {
    const { folder, host, spec } = this.run;
    const result = makeResult(this.run, finished, status, reading, wallSeconds);
    const ending: Ending = { artifacts: finished.artifacts, result };
    const { message } = result;
    this.log.markEnd(
      result.status === 'completed'
        ? message
        : `${result.reason === 'runner_lost' ? 'lost' : result.status.replace('_', ' ')}: ${message}`,
    );
    try {
      folder.ending = ending;
    } catch (error) {
      host.logger.warn({ err: error, runId: spec.runId }, 'how a run ended is not on disk; it is told from memory');
    }
    return ending;
  }

  private begin(): void {
    this.log.start();
    this.options.onBegun();
  }

  private async merge(): Promise<Done> {
    this.begin();
    try {
      return nothingOf(await this.landing.land());
    } catch (error) {
      // Nothing was moved. Whoever has the run now, or took it back, says how it ends.
      if (this.run.held.isOver(error)) throw error;
      const outcome = this.programs.stopping?.outcome ?? supersededBy(error);
      const isFailed = outcome === null || error instanceof RunFailure;
      if (isFailed) return nothingOf(finishFailed(this.run, error, null));
      return nothingOf({ outcome, git: null, paths: [], artifacts: [] });
    }
  }

  private async runCommands(): Promise<Done> {
    const { run, programs } = this;
    const { held, host } = run;
    try {
      const status = await programs.run();
      const ended = status?.outcome ?? programs.stopping?.outcome ?? KEEPER_ENDED;
      held.requireOurs();
      await held.require();
      const isDiskFull = host.reserve.releaseWhenFull();
      const reading = await this.read(status);
      const { reader } = run.spec;
      const outcome = reading === null || reader === 'plain' ? ended : judgeByReading(reader, ended, reading);
      const order = finishOrderOf(run, outcome, reading);
      const finished = await finishRun(host.git, order).catch((error: unknown) => finishFailed(run, error, outcome));
      const judged = isDiskFull ? onFullDisk(finished.outcome) : withDenials(finished.outcome, reading);
      return { status, finished: { ...finished, outcome: judged }, reading };
    } catch (error) {
      if (!held.isLeft) await this.discardUnused();
      if (held.isOver(error)) throw error;
      return nothingOf(finishFailed(run, error, null));
    }
  }

  /** A stream that can not be read costs its words only. */
  private async read(status: KeeperStatus | null): Promise<Reading | null> {
    const { folder, host, spec } = this.run;
    try {
      return await readRun(folder.path, spec, status);
    } catch (error) {
      host.logger.warn({ err: error, runId: spec.runId }, "an agent's stream can not be read");
      return null;
    }
  }

  /** Nothing has run yet: no branch that holds nothing stays behind. */
  private async discardUnused(): Promise<void> {
    const { host, folder, spec } = this.run;
    if (this.programs.isStarted) return;
    try {
      const unused = folder.workspace;
      if (unused) await discardWorkspace(host, unused, spec.runId);
    } catch (error) {
      // Why the run was not begun is what is told.
      const what = 'what was made for a run that was not begun could not be removed';
      host.logger.warn({ err: error, runId: spec.runId }, what);
    }
  }
}

/** The control plane has refused the last word: the task has gone another way. */
function supersededBy(error: unknown): Outcome | null {
  return error instanceof RefusedError ? { status: 'canceled', reason: 'superseded', message: error.message } : null;
}

function nothingOf(finished: Finished): Done {
  return { status: null, finished, reading: null };
}

/** An agent that got some of its work done says what it was not allowed to do, all the same. */
function withDenials(outcome: Outcome, reading: Reading | null): Outcome {
  if (outcome.status !== 'completed' || !reading || reading.denials.length === 0) return outcome;
  return { ...outcome, message: `${outcome.message}. It was not allowed: ${deniedInWords(reading.denials)}` };
}

function finishOrderOf(
  { spec, folder, host, masker }: RunContext,
  outcome: Outcome,
  reading: Reading | null,
): FinishOrder {
  const { workspace } = folder;
  const { runnerFolder, policy, logger } = host;
  const workFolder = workspace?.path ?? spec.repoRoot;
  return { spec, folder, workspace, workFolder, runnerFolder, outcome, reading, policy, masker, logger };
}
