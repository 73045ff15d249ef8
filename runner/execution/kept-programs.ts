import { hasPlaceholder } from '#contract/placeholders.ts';
import type { RunSpec } from '#contract/run-spec.ts';
import { join } from 'node:path';
import { writeMark } from '../logs/marks.ts';
import { checkRunSpec } from './check-run-spec.ts';
import { childEnvironment, noteOnUnset } from './environment.ts';
import { pathFoldersFor } from './executables.ts';
import { KeeperConnection } from './keeper-connection.ts';
import type { Assignment, KeeperLease, KeeperStatus } from './keeper-protocol.ts';
import { leaseTtlMs, sharedMs } from './lease.ts';
import { putSettingsRight } from './home-settings.ts';
import { endForHungKeeper, endLeftProcesses, killKeeper } from './left-processes.ts';
import { outcomeOf, type Outcome } from './outcome.ts';
import type { RunFolder } from './run-folder.ts';
import type { RunHost } from './run-host.ts';
import { cgroupFor, planSandbox } from './plan-sandbox.ts';
import { taskFilesIn, writeTaskFiles } from './task-files.ts';
import { openWorkspace } from './open-workspace.ts';
import { pinCommits } from './pins.ts';
import { discardWorkspace, isSetUp, noteSetUp } from './workspace.ts';

/** How often a keeper is asked for a sign of life: four times in vain, and it is taken for hung. */
const PING_MS = 250;
/** A machine on which so many in a row do not begin a run in time is too busy for one more. */
const MAX_KEEPERS = 3;

export interface KeptProgramsOptions {
  host: RunHost;
  spec: RunSpec;
  folder: RunFolder;
  /** When the lease was last asked for, on the monotonic clock. */
  leaseSentMs: number;
  /** Aborted: the run is left to its keeper. */
  leaving: AbortSignal;
  /** Called when there is, or may be, output to be sent. */
  onOutput: () => void;
  /** Called, perhaps more than once, when it is known where in standard output the agent's own begins. */
  onAgentOutput: (from: number) => void;
  /** Rejects when the run is not ours any more, before its programs are started. */
  requireLease: () => Promise<void>;
}

/** The programs of one run, in the hands of their keeper: found again or started, followed to their end, told to stop. */
export class KeptPrograms {
  /** Why the run is to end, once somebody has said so. The first reason stands. */
  stopping: { outcome: Outcome; graceMs: number } | null = null;
  private keeper: KeeperConnection | null = null;
  /** While we do the work of a keeper that hangs. */
  private isTakingOver = false;
  /** A keeper that hangs may have this run, and go on with it one day: then nobody else begins it. */
  private isOutOfReach = false;
  /** Aborted with the first reason to end. */
  private readonly ending = new AbortController();
  /** The one that was ended because it did not begin the run. */
  private replaced: KeeperConnection | null = null;
  private leaseSentMs: number;
  /** Resolves when the commits that the run's folder rests on are pinned, or it is known why not; never rejects. */
  private pinned: Promise<void> = Promise.resolve();

  constructor(private readonly options: KeptProgramsOptions) {
    this.leaseSentMs = options.leaseSentMs;
  }

  /** Whether programs of this run may ever have been started by this runner. */
  get isStarted(): boolean {
    return this.keeper !== null;
  }

  /**
   * Follows the keeper that an earlier runner gave this run to, or starts one.
   * @returns how it ended; null when nothing of the run was started, or its keeper never said a word
   * @throws RunFailure, when the run can not be started
   */
  async run(): Promise<KeeperStatus | null> {
    const status = (await this.adopt()) ?? (this.isOutOfReach ? null : await this.start());
    await this.pinned;
    return status;
  }

  /** @param sentMs when the renewal was *sent*: the server's clock can only have started later */
  renewed(sentMs: number): void {
    this.leaseSentMs = Math.max(this.leaseSentMs, sentMs);
    this.keeper?.renew(this.lease);
  }

  end(outcome: Outcome, maxGraceMs: number): void {
    this.stopping ??= { outcome, graceMs: Math.min(this.options.spec.limits.graceMs, maxGraceMs) };
    this.keeper?.cancel(this.stopping.outcome, this.stopping.graceMs);
    this.ending.abort();
  }

  /** False while its keeper hangs: then nobody ends its programs when the lease does, and it must not be renewed. */
  get isInGoodHands(): boolean {
    return !this.keeper?.isHung;
  }

  /** Ends what an earlier runner, or this one, started of the run; starts nothing. */
  async endLeft(): Promise<void> {
    if (this.isStarted) await this.gone();
    else await this.adopt();
  }

  /** Resolves when the keeper has gone, and nothing of the run is alive. */
  async gone(): Promise<void> {
    await this.keeper?.closed;
  }

  disconnect(): void {
    this.keeper?.disconnect();
  }

  private get ttlMs(): number {
    return leaseTtlMs(this.options.spec.lease.durationMs, performance.now() - this.leaseSentMs);
  }

  private get lease(): KeeperLease {
    return { ttlMs: this.ttlMs, sentMs: sharedMs() };
  }

  /** @returns null when no keeper was given this run */
  private async adopt(): Promise<KeeperStatus | null> {
    const { spec, folder, onOutput } = this.options;
    const place = folder.keeper;
    if (place === null) return null;
    onOutput();
    // The earlier runner may have gone before it did. A repository that is away for a moment ends no run.
    this.pin(() => undefined);
    const keeper = await KeeperConnection.connect(place.socketPath);
    if (keeper?.runId === spec.runId) return this.follow(keeper);
    const status = this.writtenDown(keeper);
    if (keeper?.runId === null && status?.phase !== 'ended') {
      keeper.assume(spec.runId, place.pid, status);
      // The run may still wait in its socket, and must not begin there beside the keeper that is given it now.
      if (status === null && !(await killKeeper(keeper))) this.giveUp(keeper);
      return this.follow(keeper);
    }
    keeper?.disconnect();
    if (status?.phase === 'ended') return status;
    if (status === null) return null;
    await endLeftProcesses(spec.runId, status);
    putSettingsRight(folder.path);
    return status;
  }

  private giveUp(keeper: KeeperConnection): void {
    this.isOutOfReach = true;
    this.end(
      {
        status: 'timed_out',
        reason: 'runner_lost',
        message: 'Ended: the keeper of this run does not answer, and its process could not be found to end it',
      },
      0,
    );
    keeper.disconnect();
  }

  private writtenDown(keeper: KeeperConnection | null): KeeperStatus | null {
    try {
      return this.options.folder.status;
    } catch (error) {
      keeper?.disconnect();
      throw error;
    }
  }

  private async start(): Promise<KeeperStatus | null> {
    const { spec, folder, host, leaving } = this.options;
    // A crash may have left a folder that never got its programs.
    if (folder.workspace) await discardWorkspace(host, folder.workspace, spec.runId);
    const checked = checkRunSpec(spec, host.search, { env: host.env, promptFile: taskFilesIn(folder.path).promptFile });
    const sandboxing = planSandbox(host, spec, checked.commands);
    const taken = host.keepers.take();
    taken.catch(() => undefined);
    try {
      const made = spec.inPlace
        ? null
        : await openWorkspace(
            host,
            spec,
            checked.root,
            folder.file('workspace.json'),
            AbortSignal.any([leaving, this.ending.signal]),
          );
      const workFolder = made?.workspace.cwd ?? checked.root;
      const files = writeTaskFiles(spec, { runFolder: folder.path, workFolder, deniedGlobs: checked.deniedGlobs });
      const notes = [sandboxing.note, noteOnUnset(spec, host), ...(made?.notes ?? [])];
      for (const note of notes) if (note !== null) writeMark(folder.path, note);
      const keeper = await taken;
      await this.options.requireLease();
      // Said while the folder was made.
      if (this.isEnding) return null;
      const { workspace } = made ?? {};
      const readsPrompt = [...spec.setup, ...spec.commands].some((argv) => hasPlaceholder(argv, 'promptFile'));
      const readable = [
        files.taskFile,
        ...(readsPrompt ? [files.promptFile] : []),
        // Of the user's repository its objects, and what is linked into the folder by rule; nothing else of the checkout.
        ...(workspace?.objectDirs ?? []),
        ...(workspace?.carried.map((path) => join(workspace.root, path)) ?? []),
      ];
      const places = { writable: [workspace?.path ?? workFolder], readable, cwd: workFolder };
      const sandbox = sandboxing.commandFor(places, folder.path);
      host.logger.info({ runId: spec.runId, agent: spec.agentName, attempt: spec.attempt }, 'run started');
      return await this.keep(keeper, {
        runId: spec.runId,
        runFolder: folder.path,
        cwd: workFolder,
        isOwnFolder: made !== null,
        env: childEnvironment(spec, files.taskFile, pathFoldersFor(spec, host.search), host.env),
        // Until they have ended well once, the commands that get a folder ready come first.
        commands: checked.commands.filter(
          ({ isSetup }) => !isSetup || (workspace !== undefined && !isSetUp(workspace)),
        ),
        sandbox,
        cgroup: cgroupFor(host, spec.runId, checked.limits, sandbox !== null),
        stdinFile: spec.stdin === 'prompt' ? files.promptFile : null,
        limits: checked.limits,
      });
    } finally {
      // A standby leaves when its runner goes away, and only then.
      void taken.then(
        (keeper) => {
          if (keeper.runId === null) keeper.disconnect();
        },
        () => undefined,
      );
    }
  }

  /** Gives the run to a keeper, and to another when that one is stopped before it has read of it: it has gone by then. */
  private async keep(first: KeeperConnection, assignment: Omit<Assignment, 'lease'>): Promise<KeeperStatus | null> {
    const { folder, host, requireLease, spec } = this.options;
    let keeper = first;
    for (let left = MAX_KEEPERS - 1; ; left -= 1) {
      folder.keeper = keeper;
      keeper.assign({ ...assignment, lease: this.lease });
      // What it makes would rest on what Git may remove.
      this.pin((error) => this.end(outcomeOf(error), spec.limits.graceMs));
      const status = await this.follow(keeper, left > 0);
      if (this.replaced !== keeper || status !== null || this.isEnding || this.writtenDown(null) !== null)
        return status;
      this.keeper = null;
      keeper = await host.keepers.take();
      try {
        await requireLease();
      } catch (error) {
        keeper.disconnect();
        throw error;
      }
      if (this.isEnding) {
        keeper.disconnect();
        return null;
      }
    }
  }

  /** @param onFailure what it means for the run */
  private pin(onFailure: (error: unknown) => void): void {
    const { folder, host, spec } = this.options;
    const pinning = async (): Promise<void> => {
      const { workspace } = folder;
      if (workspace) await pinCommits(host.git, workspace);
    };
    this.pinned = pinning().catch((error: unknown) => {
      host.logger.warn({ err: error, runId: spec.runId }, 'the commits that a run rests on could not be pinned');
      onFailure(error);
    });
  }

  /** Then nothing is started any more, here or by a runner that has gone. */
  private get isEnding(): boolean {
    return this.stopping !== null || this.options.leaving.aborted;
  }

  /** @param isReplaceable when it is stopped before it reads of the run, it is ended and another may have the run */
  private async follow(keeper: KeeperConnection, isReplaceable = false): Promise<KeeperStatus | null> {
    const { spec, folder, leaving, onOutput, onAgentOutput } = this.options;
    this.keeper = keeper;
    keeper.renew(this.lease);
    if (this.stopping) keeper.cancel(this.stopping.outcome, this.stopping.graceMs);
    if (leaving.aborted) keeper.disconnect();
    onOutput();
    void keeper
      .until(({ agentOutputFrom }) => agentOutputFrom !== undefined)
      .then((status) => status?.agentOutputFrom && onAgentOutput(status.agentOutputFrom[0]));
    const watching = setInterval(() => this.watch(keeper, isReplaceable), PING_MS);
    const status = this.lastWord(await keeper.closed);
    clearInterval(watching);
    this.noteSetUp(status);
    if (leaving.aborted || status?.phase === 'ended') return status;
    // Killed from outside: nobody else ends what it has started.
    await endLeftProcesses(spec.runId, status);
    putSettingsRight(folder.path);
    return status;
  }

  /**
   * What the keeper has said over its socket, or written down: a runner that stood still while the run ended writes to a
   * socket that is closed by then, and so never reads what was said last.
   */
  private lastWord(told: KeeperStatus | null): KeeperStatus | null {
    if (told?.phase === 'ended') return told;
    try {
      const { status } = this.options.folder;
      return status?.phase === 'ended' ? status : told;
    } catch (error) {
      this.options.host.logger.warn(
        { err: error, runId: this.options.spec.runId },
        'what a keeper wrote down can not be read',
      );
      return told;
    }
  }

  /** The first command of the agent's own was reached: what comes before it need not run in this folder again. */
  private noteSetUp(status: KeeperStatus | null): void {
    const { spec, folder } = this.options;
    if (spec.setup.length === 0 || status === null || status.commandIndex < spec.setup.length) return;
    const { workspace } = folder;
    if (workspace && !isSetUp(workspace)) noteSetUp(workspace);
  }

  /** Asks the keeper for a sign of life. When it gives none, and the run is to end, or its lease does, we end it ourselves. */
  private watch(keeper: KeeperConnection, isReplaceable: boolean): void {
    keeper.ping();
    if (!keeper.isHung || this.isTakingOver || this.replaced === keeper) return;
    if (isReplaceable && keeper.status === null) return this.replace(keeper);
    const {
      stopping,
      options: { spec, host },
    } = this;
    if (!stopping && this.ttlMs > 0) return;
    this.isTakingOver = true;
    host.logger.warn(
      { runId: spec.runId, keeper: keeper.pid },
      'the keeper of a run does not answer; ending the run without it',
    );
    this.stopping ??= {
      outcome: {
        status: 'timed_out',
        reason: 'runner_lost',
        message: 'Ended: the keeper of this run did not answer, and its lease could not be renewed',
      },
      graceMs: 0,
    };
    const { graceMs } = this.stopping;
    void endForHungKeeper(spec.runId, keeper, graceMs).finally(() => (this.isTakingOver = false));
  }

  /** It has said nothing of the run, so it has begun nothing, and never will. */
  private replace(keeper: KeeperConnection): void {
    const { spec, host } = this.options;
    this.replaced = keeper;
    host.logger.warn(
      { runId: spec.runId, keeper: keeper.pid },
      'a keeper did not begin the run that it was given; giving the run to another',
    );
    void killKeeper(keeper);
  }
}
