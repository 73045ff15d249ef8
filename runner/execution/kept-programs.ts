import type { RunSpec } from '#contract/run-spec.ts';
import { writeMark } from '../logs/marks.ts';
import { checkRunSpec } from './check-run-spec.ts';
import { childEnvironment } from './environment.ts';
import { trustedFolders } from './executables.ts';
import { KeeperConnection } from './keeper-connection.ts';
import type { KeeperStatus } from './keeper-protocol.ts';
import { leaseTtlMs } from './lease.ts';
import { endLeftProcesses } from './left-processes.ts';
import type { Outcome } from './outcome.ts';
import type { RunFolder } from './run-folder.ts';
import type { RunHost } from './run-host.ts';
import { writeTaskFiles } from './task-files.ts';
import { discardWorktree, makeWorktree } from './worktree.ts';

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
  /** Rejects when the run is not ours any more, before its programs are started. */
  requireLease: () => Promise<void>;
}

/** The programs of one run, in the hands of their keeper: found again or started, followed to their end, told to stop. */
export class KeptPrograms {
  /** Why the run is to end, once somebody has said so. The first reason stands. */
  stopping: { outcome: Outcome; graceMs: number } | null = null;
  private keeper: KeeperConnection | null = null;
  private leaseSentMs: number;

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
    return (await this.adopt()) ?? this.start();
  }

  /** @param sentMs when the renewal was *sent*: the server's clock can only have started later */
  renewed(sentMs: number): void {
    this.leaseSentMs = Math.max(this.leaseSentMs, sentMs);
    this.keeper?.renew({ ttlMs: this.ttlMs });
  }

  end(outcome: Outcome, maxGraceMs: number): void {
    this.stopping ??= { outcome, graceMs: Math.min(this.options.spec.limits.graceMs, maxGraceMs) };
    this.keeper?.cancel(this.stopping.outcome, this.stopping.graceMs);
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

  /** @returns null when no keeper was given this run */
  private async adopt(): Promise<KeeperStatus | null> {
    const { spec, folder, onOutput } = this.options;
    const socketPath = folder.keeperSocket;
    if (socketPath === null) return null;
    onOutput();
    const keeper = await KeeperConnection.connect(socketPath);
    if (keeper?.runId === spec.runId) return this.follow(keeper);
    keeper?.disconnect();
    const { status } = folder;
    if (status?.phase === 'ended') return status;
    if (status === null) return null;
    await endLeftProcesses(spec.runId, status);
    return status;
  }

  private async start(): Promise<KeeperStatus | null> {
    const { spec, folder, host, leaving } = this.options;
    // A crash may have left a worktree that never got its programs.
    if (folder.worktree) await discardWorktree(host.git, folder.worktree);
    const checked = checkRunSpec(spec, host.search);
    const keeper = host.keepers.take();
    keeper.catch(() => undefined);
    const made = spec.inPlace ? null : await makeWorktree(host.git, {
      root: checked.root, baseBranch: spec.baseBranch, branch: spec.branch, startFromBranch: spec.startFromBranch, path: folder.worktreePath, recordFile: folder.file('workspace.json'),
    });
    const workFolder = made?.worktree.path ?? checked.root;
    const files = writeTaskFiles(spec, folder.path, workFolder);
    if (made) writeMark(folder.path, `${made.note ? `${made.note}. ` : ''}Working on ${spec.branch}, from ${made.worktree.baseBranch} at ${made.worktree.baseCommit.slice(0, 10)}`);
    const connection = await keeper;
    await this.options.requireLease().catch((error: unknown) => {
      connection.disconnect();
      throw error;
    });
    // Said while the worktree was made: then nothing is started any more, here or by a runner that has gone.
    if (this.stopping || leaving.aborted) {
      connection.disconnect();
      return null;
    }
    folder.keeperSocket = connection.socketPath;
    connection.assign({
      runId: spec.runId, runFolder: folder.path, cwd: workFolder, env: childEnvironment(spec, files.taskFile, trustedFolders(host.search), host.env), commands: checked.commands,
      stdinFile: spec.stdin === 'prompt' ? files.promptFile : null, limits: checked.limits, lease: { ttlMs: this.ttlMs },
    });
    host.logger.info({ runId: spec.runId, agent: spec.agentName, attempt: spec.attempt }, 'run started');
    return this.follow(connection);
  }

  private async follow(keeper: KeeperConnection): Promise<KeeperStatus | null> {
    const { spec, leaving, onOutput } = this.options;
    this.keeper = keeper;
    keeper.renew({ ttlMs: this.ttlMs });
    if (this.stopping) keeper.cancel(this.stopping.outcome, this.stopping.graceMs);
    if (leaving.aborted) keeper.disconnect();
    onOutput();
    const status = await keeper.closed;
    if (leaving.aborted || status?.phase === 'ended') return status;
    // Killed from outside: nobody else ends what it has started.
    await endLeftProcesses(spec.runId, status);
    return status;
  }
}
