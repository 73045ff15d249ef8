import type { RunSpec } from '#contract/run-spec.ts';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClaimIds, type Claim } from './claim-ids.ts';
import { TransientError, type ControlPlane, type RunnerCommand } from './control-plane/control-plane.ts';
import { retrying } from './control-plane/retry.ts';
import { Git } from './execution/git.ts';
import { KeeperPool } from './execution/keeper-pool.ts';
import { renewalIntervalMs } from './execution/lease.ts';
import { LiveRun } from './execution/live-run.ts';
import type { Outcome } from './execution/outcome.ts';
import { realpathOrNull } from './execution/paths.ts';
import type { RunnerPolicy } from './execution/policy.ts';
import { listRunFolders, RunFolder } from './execution/run-folder.ts';
import type { RunHost } from './execution/run-host.ts';
import { makeSocketFolder, removeDeadSockets } from './execution/socket-folder.ts';
import { Ledger } from './ledger/ledger.ts';
import { removeTaskFolder } from './ledger/remove-folder.ts';
import type { Logger } from './logger.ts';
import { RequestAnswers } from './repositories/answer-requests.ts';

const CLAIM_RETRY_MS = 1_000;
const RENEWAL_RETRY_MS = 500;
/** How soon a new run's lease is thought of. */
const IDLE_RENEWAL_MS = 500;
/** What a stop that ends the runs leaves them between SIGTERM and SIGKILL: nobody waits longer for a runner that was told to stop. */
const MAX_STOP_GRACE_MS = 6_000;
/** And then for the control plane to hear of it. */
const REPORT_MS = 4_000;
/** Cancels of runs that are not ours yet: a command can overtake the answer to the claim. */
const MAX_EARLY_CANCELS = 100;
/** Used where the command itself was missed; who canceled and why, the server knows. */
const CANCELED = { status: 'canceled', reason: 'by_user', message: 'Canceled' } as const;

export interface RunnerOptions {
  /** The runner's own folder: token, policy, runs, worktrees. */
  folder: string;
  policy: RunnerPolicy;
  controlPlane: ControlPlane;
  /** Arguments for node that start a keeper. */
  keeperArgs: readonly string[];
  /** Absolute path of git. */
  gitFile: string;
  version: string;
  /** The runner's own environment: PATH, and what the policy lets agents have. */
  env: Readonly<Record<string, string | undefined>>;
  ownSecrets: readonly string[];
  logger: Logger;
  /** Called when the runner is registered and hears commands. */
  onReady: (name: string) => void;
}

/** One runner: takes up what an earlier one left, then claims runs as long as it has room. */
export class Runner {
  private readonly live = new Map<string, LiveRun>();
  private readonly earlyCancels = new Map<string, Outcome>();
  private readonly stopping = new AbortController();
  private readonly keepers: KeeperPool;
  private readonly runsFolder: string;
  private readonly worktreesFolder: string;
  private host: RunHost | null = null;
  private ledger: Ledger | null = null;
  private answers: RequestAnswers | null = null;
  private claimIds: ClaimIds | null = null;
  private isClaiming = false;
  private isClaimWanted = false;
  private isReady = false;
  private work: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: RunnerOptions) {
    const folder = realpathOrNull(options.folder) ?? options.folder;
    this.runsFolder = join(folder, 'runs');
    this.worktreesFolder = join(folder, 'worktrees');
    for (const path of [this.runsFolder, this.worktreesFolder]) mkdirSync(path, { recursive: true, mode: 0o700 });
    this.keepers = new KeeperPool({ keeperArgs: options.keeperArgs, socketFolder: makeSocketFolder(folder), searchPath: options.env.PATH ?? '', logFile: join(folder, 'keeper.log') });
  }

  /** Registers, adopts, and goes on until `stop`. Rejects when the control plane refuses this runner. */
  async run(): Promise<void> {
    const { options } = this;
    const { signal } = this.stopping;
    const folder = join(this.runsFolder, '..');
    await removeDeadSockets(makeSocketFolder(folder));
    this.keepers.warm();
    const advert = { labels: options.policy.labels, capacity: options.policy.capacity, version: options.version, isDraining: false, sandboxNote: 'no sandbox yet' };
    const { name } = await retrying(() => options.controlPlane.register(advert), signal, (error) => options.logger.warn({ err: error }, 'the control plane is away; trying again'));
    const search = { policy: options.policy, searchPath: options.env.PATH ?? '', runnerFolder: folder, runnerName: name };
    this.host = {
      runnerName: name, runnerFolder: folder, policy: options.policy, search, env: options.env, ownSecrets: options.ownSecrets, keepers: this.keepers,
      git: new Git(options.gitFile, search.searchPath), controlPlane: options.controlPlane, logger: options.logger,
    };
    await this.adopt();
    this.lookAround(this.host);
    this.work = Promise.all([this.renewLeases(), this.obey(name)]).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    await this.work;
  }

  /**
   * Stops claiming and leaves. Runs go on under their keepers until their leases end, and the next runner adopts them.
   * @param isEndingRuns ends them instead, and reports them as lost, so that they are tried again
   */
  async stop(isEndingRuns = false): Promise<void> {
    this.isReady = false;
    if (isEndingRuns) {
      const runs = [...this.live.values()];
      for (const run of runs) run.cancel({ status: 'timed_out', reason: 'runner_lost', message: 'Ended: the runner was stopped' }, MAX_STOP_GRACE_MS);
      await Promise.race([Promise.all(runs.map(({ finished }) => finished)), sleep(MAX_STOP_GRACE_MS + REPORT_MS, undefined, { ref: false })]);
    }
    this.stopping.abort();
    await Promise.all([...this.live.values()].map((run) => run.leave()));
    await this.keepers.close();
    await this.work.catch(() => undefined);
    this.ledger?.stop();
  }

  /** What concerns the machine and no run: its repositories, and the folders of finished tasks. */
  private lookAround({ policy, git, runnerFolder, controlPlane, logger }: RunHost): void {
    const isLive = (taskId: string): boolean => [...this.live.values()].some(({ spec }) => spec.taskId === taskId);
    this.ledger = new Ledger({ folder: runnerFolder, policy, controlPlane, logger, isLive, remove: (record) => removeTaskFolder(git, runnerFolder, record) });
    this.answers = new RequestAnswers({ policy, git, runnerFolder, controlPlane, logger, ledger: this.ledger, signal: this.stopping.signal });
    this.answers.tellRepositories();
    this.ledger.start();
  }

  private async adopt(): Promise<void> {
    const { controlPlane, logger } = this.options;
    const found: { folder: RunFolder; spec: RunSpec }[] = [];
    for (const folder of listRunFolders(this.runsFolder, this.worktreesFolder)) {
      const spec = folder.spec;
      if (spec) found.push({ folder, spec });
      else folder.remove();
    }
    this.claimIds = new ClaimIds(join(this.runsFolder, '..', 'claim.json'), new Set(found.map(({ folder }) => folder.claimId ?? '')));
    const known = new Set(found.map(({ spec }) => spec.runId));
    for (const name of readdirSync(this.worktreesFolder)) if (!known.has(name)) rmSync(join(this.worktreesFolder, name), { recursive: true, force: true });
    if (found.length === 0) return;
    const leases = found.map(({ spec }) => ({ runId: spec.runId, token: spec.lease.token }));
    const sentMs = performance.now();
    const verdicts = await retrying(() => controlPlane.renew(leases), this.stopping.signal);
    for (const { folder, spec } of found) {
      const isOurs = verdicts.some(({ runId, isRenewed }) => runId === spec.runId && isRenewed);
      logger.info({ runId: spec.runId, isOurs }, 'adopted a run of an earlier runner');
      const run = this.add(spec, folder, isOurs ? sentMs : Number.NEGATIVE_INFINITY);
      if (!isOurs) run.fence();
    }
  }

  private async obey(name: string): Promise<void> {
    for await (const command of this.options.controlPlane.commands(this.stopping.signal)) {
      if (command.type !== 'run_available') this.options.logger.info(command, 'heard');
      if (command.type === 'connected' && !this.isReady) {
        this.isReady = true;
        this.options.onReady(name);
      }
      if (command.type === 'cancel') this.cancel(command);
      if (command.type === 'look' || command.type === 'check' || command.type === 'remove_work_folder') this.answers?.hear(command);
      if (command.type === 'connected' || command.type === 'run_available') this.claimSoon();
    }
  }

  private cancel({ runId, reason, message }: Extract<RunnerCommand, { type: 'cancel' }>): void {
    const outcome: Outcome = { status: 'canceled', reason, message };
    const run = this.live.get(runId);
    if (run) return run.cancel(outcome);
    this.earlyCancels.set(runId, outcome);
    const [oldest] = this.earlyCancels.keys();
    if (this.earlyCancels.size > MAX_EARLY_CANCELS && oldest !== undefined) this.earlyCancels.delete(oldest);
  }

  /** Claims until there is no room or nothing to do. A word that comes meanwhile is not forgotten. */
  private claimSoon(): void {
    this.isClaimWanted = true;
    if (this.isClaiming) return;
    this.isClaiming = true;
    void this.claim().finally(() => {
      this.isClaiming = false;
      if (this.isClaimWanted) this.claimSoon();
    });
  }

  private async claim(): Promise<void> {
    const { claimIds } = this;
    const { controlPlane, logger, policy } = this.options;
    this.isClaimWanted = false;
    if (!claimIds) throw new Error('The runner has not looked yet at what an earlier one left');
    while (this.isReady && this.live.size < policy.capacity) {
      let asked: Claim | null = null;
      try {
        const claim = await claimIds.current();
        asked = claim;
        const sentMs = performance.now();
        const spec = await controlPlane.claim(claim.id);
        // Stopped meanwhile: the next runner asks under the same id.
        if (!this.isReady) return;
        if (spec) {
          const folder = new RunFolder(join(this.runsFolder, spec.runId), this.worktreesFolder);
          folder.create(spec, claim.id);
          this.add(spec, folder, sentMs);
        }
        claimIds.settle();
        // Nothing for a repeated claim says nothing about new ones.
        if (!spec && !claim.isRepeat) return;
      } catch (error) {
        if (asked && error instanceof TransientError) claimIds.repeat(asked);
        else claimIds.settle();
        logger[error instanceof TransientError ? 'warn' : 'error']({ err: error }, 'a claim failed; trying again');
        setTimeout(() => this.claimSoon(), CLAIM_RETRY_MS).unref();
        return;
      }
    }
  }

  private add(spec: RunSpec, folder: RunFolder, leaseSentMs: number): LiveRun {
    if (!this.host) throw new Error('The runner has not registered yet');
    const run = new LiveRun(this.host, spec, folder, leaseSentMs);
    this.live.set(spec.runId, run);
    const early = this.earlyCancels.get(spec.runId);
    if (early) run.cancel(early);
    void run.finished.then(() => {
      this.live.delete(spec.runId);
      this.ledger?.soon();
      this.claimSoon();
    });
    return run;
  }

  /** One request for all runs, as often as the shortest lease needs it. */
  private async renewLeases(): Promise<void> {
    const { signal } = this.stopping;
    let delayMs = IDLE_RENEWAL_MS;
    while (!signal.aborted) {
      await sleep(delayMs, undefined, { signal });
      const runs = [...this.live.values()];
      delayMs = Math.min(IDLE_RENEWAL_MS, ...runs.map(({ spec }) => renewalIntervalMs(spec.lease.durationMs)));
      if (runs.length === 0) continue;
      const sentMs = performance.now();
      try {
        const verdicts = await this.options.controlPlane.renew(runs.map(({ lease }) => lease));
        for (const { runId, isRenewed, isCancelRequested } of verdicts) {
          const run = this.live.get(runId);
          if (isRenewed) run?.renewed(sentMs);
          else run?.fence();
          if (isCancelRequested) run?.cancel(CANCELED);
        }
        delayMs = Math.min(...runs.map(({ spec }) => renewalIntervalMs(spec.lease.durationMs)));
      } catch (error) {
        if (!(error instanceof TransientError)) throw error;
        this.options.logger.warn({ err: error, runs: runs.length }, 'leases could not be renewed; trying again');
        delayMs = RENEWAL_RETRY_MS;
      }
    }
  }
}
