import type { RunSpec } from '#contract/run-spec.ts';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClaimIds, type Claim } from './claim-ids.ts';
import { isTokenRefused, TransientError, UnreadableRunError, type ControlPlane, type RefusedError, type RunLease, type RunnerCommand } from './control-plane/control-plane.ts';
import { retrying } from './control-plane/retry.ts';
import { Cgroups } from './execution/cgroups.ts';
import { DiskReserve } from './execution/disk-reserve.ts';
import { findRuns } from './execution/find-runs.ts';
import { Git } from './execution/git.ts';
import { giveBack } from './execution/give-back.ts';
import { KeeperPool } from './execution/keeper-pool.ts';
import type { LandingStep } from './execution/landing-order.ts';
import { awakeOrAsleepMs } from './execution/lease-guard.ts';
import { renewalIntervalMs } from './execution/lease.ts';
import { LiveRun } from './execution/live-run.ts';
import { outcomeOf, type Outcome } from './execution/outcome.ts';
import { realpathOrNull } from './execution/paths.ts';
import type { PolicySource } from './execution/policies.ts';
import { RunFolder } from './execution/run-folder.ts';
import type { RunHost } from './execution/run-host.ts';
import { Sandbox } from './execution/sandbox.ts';
import { makeSocketFolder, removeDeadSockets } from './execution/socket-folder.ts';
import { LEDGER_FOLDER, WORK_FOLDER, type FolderRecord } from './execution/workspace-record.ts';
import { Ledger } from './ledger/ledger.ts';
import { removeTaskFolder } from './ledger/remove-folder.ts';
import { Leftovers } from './leftovers.ts';
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
const EDIT_LOOK_MS = 50;
/** How often what could not be removed is tried again. */
const SWEEP_MS = 60_000;
/** Used where the command itself was missed; who canceled and why, the server knows. */
const CANCELED = { status: 'canceled', reason: 'by_user', message: 'Canceled' } as const;

export interface RunnerOptions {
  /** The runner's own folder: token, policy, runs, tasks' folders. */
  folder: string;
  /** What the owner of this machine allows. The runner closes it. */
  policies: PolicySource;
  controlPlane: ControlPlane;
  /** Arguments for node that start a keeper. */
  keeperArgs: readonly string[];
  /** Absolute path of git. */
  gitFile: string;
  version: string;
  /** bubblewrap, where the set-up has put it; null or absent: it is looked for on the PATH. */
  sandboxFile?: string | null;
  /** Of this machine, never shown to a run: the product's own data. */
  hiddenPaths?: readonly string[];
  /** The runner's own environment: PATH, and what the policy lets agents have. */
  env: Readonly<Record<string, string | undefined>>;
  ownSecrets: readonly string[];
  logger: Logger;
  /** Called when the runner is registered and hears commands. */
  onReady: (name: string) => void;
  /** For tests that stop or kill the runner between two steps of a merge. */
  onLandingStep?: (step: LandingStep) => void;
}

/** One runner: takes up what an earlier one left, then claims runs as long as it has room. */
export class Runner {
  private readonly live = new Map<string, LiveRun>();
  private readonly earlyCancels = new Map<string, Outcome>();
  private readonly stopping = new AbortController();
  private readonly keepers: KeeperPool;
  private readonly runsFolder: string;
  private host: RunHost | null = null;
  private sandbox: Sandbox | null = null;
  private cgroups: Cgroups | null = null;
  private ledger: Ledger | null = null;
  private answers: RequestAnswers | null = null;
  private claimIds: ClaimIds | null = null;
  private isClaiming = false;
  private isClaimWanted = false;
  private isReady = false;
  private work: Promise<unknown> = Promise.resolve();
  private registering: Promise<unknown> = Promise.resolve();
  private onRefused = (_error: RefusedError): void => undefined;
  private readonly refused = new Promise<never>((_resolve, reject) => {
    this.onRefused = reject;
  });

  constructor(private readonly options: RunnerOptions) {
    const folder = realpathOrNull(options.folder) ?? options.folder;
    this.runsFolder = join(folder, 'runs');
    for (const name of ['runs', WORK_FOLDER, LEDGER_FOLDER]) mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
    // Whoever runs the runner hears of it; before that nobody waits.
    this.refused.catch(() => undefined);
    this.keepers = new KeeperPool({
      keeperArgs: options.keeperArgs, socketFolder: makeSocketFolder(folder), searchPath: options.env.PATH ?? '', logFile: join(folder, 'keeper.log'),
      onTrouble: (error) => options.logger.warn({ err: error }, 'a standby keeper could not be started; the next run starts its own'),
    });
  }

  /** Registers, adopts, and goes on until `stop`. Rejects when the control plane refuses this runner. */
  async run(): Promise<void> {
    const { options } = this;
    const { signal } = this.stopping;
    const folder = join(this.runsFolder, '..');
    await removeDeadSockets(makeSocketFolder(folder)).catch((error: unknown) => options.logger.warn({ err: error }, 'sockets of keepers that have gone could not be removed'));
    this.keepers.warm();
    const leftovers = new Leftovers(folder, options.logger);
    leftovers.sweep();
    await this.openSandbox();
    const { name } = await this.register((error) => options.logger.warn({ err: error }, 'the control plane is away; trying again'));
    this.host = this.makeHost(name, folder, leftovers);
    options.policies.onChange(() => this.onPolicyChange());
    await this.adopt(this.host);
    this.lookAround(this.host);
    const sweeping = setInterval(() => leftovers.sweep(), SWEEP_MS);
    signal.addEventListener('abort', () => clearInterval(sweeping), { once: true });
    this.work = Promise.all([this.renewLeases(), this.obeyAlways(name)]).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
    await Promise.race([this.work, this.refused]);
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
    this.options.policies.close();
    await this.work.catch(() => undefined);
    this.ledger?.stop();
  }

  /** What concerns the machine and no run: its repositories, and the folders of finished tasks. */
  private lookAround(host: RunHost): void {
    const { git, runnerFolder, controlPlane, logger } = host;
    const isLive = (taskId: string): boolean => [...this.live.values()].some(({ spec }) => spec.taskId === taskId);
    const machine = {
      git, runnerFolder, controlPlane, logger,
      get policy() {
        return host.policy;
      },
    };
    this.ledger = new Ledger(Object.assign(machine, { folder: runnerFolder, isLive, remove: (record: FolderRecord) => removeTaskFolder(git, runnerFolder, record) }));
    this.answers = new RequestAnswers(Object.assign(machine, { ledger: this.ledger, signal: this.stopping.signal }));
    this.answers.tellRepositories();
    this.ledger.start();
  }

  private async openSandbox(): Promise<void> {
    const { logger, policies, sandboxFile, env } = this.options;
    this.sandbox = await Sandbox.open({ file: sandboxFile ?? null, searchPath: env.PATH ?? '' });
    const whyNot = this.sandbox.whyNot(policies.current().sandbox.mode);
    if (whyNot === null) logger.info({}, 'agents are sandboxed');
    else logger.warn({}, `agents are not sandboxed: ${whyNot}`);
    const { cgroups, why } = Cgroups.open();
    this.cgroups = cgroups;
    if (cgroups === null) logger.info({ why }, 'limits of memory and processes hold for each process of a run, not for all together');
  }

  private makeHost(runnerName: string, runnerFolder: string, leftovers: Leftovers): RunHost {
    const { policies, env, ownSecrets, controlPlane, logger, gitFile, onLandingStep, hiddenPaths = [] } = this.options;
    if (!this.sandbox) throw new Error('The runner has not looked yet whether a sandbox works');
    const searchPath = env.PATH ?? '';
    return {
      runnerName, runnerFolder, env, ownSecrets, controlPlane, logger, leftovers, keepers: this.keepers, git: new Git(gitFile, searchPath), reserve: new DiskReserve(runnerFolder, logger),
      sandbox: this.sandbox, cgroups: this.cgroups, hiddenPaths, onLandingStep,
      onTokenRefused: (error) => this.endRefused(error),
      get policy() {
        return policies.current();
      },
      get search() {
        return { policy: policies.current(), policyTrouble: policies.trouble()?.message ?? null, searchPath, runnerFolder, runnerName };
      },
    };
  }

  private register(onTrouble: (error: TransientError) => void): Promise<{ name: string }> {
    const { controlPlane, policies, version } = this.options;
    return retrying(() => {
      const { labels, capacity, sandbox } = policies.current();
      const whyNot = this.sandbox?.whyNot(sandbox.mode) ?? null;
      return controlPlane.register({ labels, capacity, version, isDraining: false, sandboxNote: whyNot === null ? null : `not sandboxed: ${whyNot}` });
    }, this.stopping.signal, onTrouble);
  }

  /** The control plane is to know what this machine is good for now, and there may be room for more. */
  private onPolicyChange(): void {
    if (!this.isReady) return;
    const { logger } = this.options;
    const { signal } = this.stopping;
    this.registering = this.registering.then(() => this.register((error) => logger.warn({ err: error }, 'the control plane is away; trying again'))).then(
      () => {
        this.answers?.tellRepositories();
        this.claimSoon();
      },
      (error: unknown) => {
        if (isTokenRefused(error)) this.endRefused(error);
        else if (!signal.aborted) logger.error({ err: error }, 'the control plane refuses what the policy says this machine is good for');
      },
    );
  }

  /** Takes up what an earlier runner left. */
  private async adopt(host: RunHost): Promise<void> {
    const { found, answeredClaimIds } = await findRuns({ runsFolder: this.runsFolder, host, signal: this.stopping.signal });
    this.claimIds = new ClaimIds(join(host.runnerFolder, 'claim.json'), answeredClaimIds, host.logger);
    for (const { spec, folder, leaseSentMs } of found) {
      host.logger.info({ runId: spec.runId, isOurs: leaseSentMs !== null }, 'adopted a run of an earlier runner');
      this.add(spec, folder, leaseSentMs ?? Number.NEGATIVE_INFINITY, leaseSentMs !== null);
    }
  }

  /** What is heard is obeyed for as long as the runner is there, whatever becomes of one command or connection. */
  private async obeyAlways(name: string): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await this.obey(name).catch((error: unknown) => {
        if (!signal.aborted) this.options.logger.error({ err: error }, 'following the commands failed; following them anew');
      });
      await sleep(CLAIM_RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  private async obey(name: string): Promise<void> {
    for await (const command of this.options.controlPlane.commands(this.stopping.signal)) {
      if (command.type !== 'run_available') this.options.logger.info(command, 'heard');
      if (command.type === 'connected' && !this.isReady) {
        this.isReady = true;
        this.options.onReady(name);
      }
      if (command.type === 'refused') await this.askAboutToken();
      if (command.type === 'cancel') this.cancel(command);
      if (command.type === 'look' || command.type === 'check' || command.type === 'remove_work_folder') this.answers?.hear(command);
      if (command.type === 'connected' || command.type === 'run_available') this.claimSoon();
    }
  }

  /** A socket can be refused for many reasons, by many; a request is answered by the API. */
  private async askAboutToken(): Promise<void> {
    try {
      await this.options.controlPlane.renew([]);
    } catch (error) {
      if (isTokenRefused(error)) this.endRefused(error);
      else this.options.logger.warn({ err: error }, 'whether the token is still good was not found out');
    }
  }

  /** The control plane does not know this runner any more: its runs end, and so does it. What they left stays for a runner with a good token. */
  private endRefused(error: RefusedError): void {
    this.isReady = false;
    for (const run of this.live.values()) run.cancel({ status: 'timed_out', reason: 'runner_lost', message: 'Ended: the control plane does not know this runner any more' }, MAX_STOP_GRACE_MS);
    this.onRefused(error);
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
    void this.claim()
      .catch((error: unknown) => this.options.logger.error({ err: error }, 'claiming failed; it is tried again with the next word of work'))
      .finally(() => {
        this.isClaiming = false;
        if (this.isClaimWanted) this.claimSoon();
      });
  }

  private async claim(): Promise<void> {
    const { claimIds } = this;
    const { controlPlane, logger, policies } = this.options;
    this.isClaimWanted = false;
    if (!claimIds) throw new Error('The runner has not looked yet at what an earlier one left');
    while (this.isReady && this.live.size < policies.current().capacity) {
      // Somebody may be in the middle of an edit. What is wrong for longer is told by the runs that it keeps from beginning.
      if (policies.trouble()?.isNew === true) return this.claimLater();
      let asked: Claim | null = null;
      try {
        const claim = await claimIds.current();
        asked = claim;
        const sentMs = performance.now();
        const spec = await controlPlane.claim(claim.id);
        if (spec) await this.policySettled();
        // Stopped meanwhile: the next runner asks under the same id.
        if (!this.isReady) return;
        if (spec) this.begin(spec, claim.id, sentMs);
        claimIds.settle();
        // Nothing for a repeated claim says nothing about new ones.
        if (!spec && !claim.isRepeat) return;
      } catch (error) {
        if (isTokenRefused(error)) return this.endRefused(error);
        if (asked && error instanceof TransientError) claimIds.repeat(asked);
        else claimIds.settle();
        if (error instanceof UnreadableRunError) this.giveBack(error.lease, outcomeOf(error), error.lease.runId);
        logger[error instanceof TransientError ? 'warn' : 'error']({ err: error }, 'a claim failed; trying again');
        return this.claimLater();
      }
    }
  }

  /** Somebody is in the middle of an edit: a run that was claimed just now waits for the end of it. */
  private async policySettled(): Promise<void> {
    while (this.isReady && this.options.policies.trouble()?.isNew === true) await sleep(EDIT_LOOK_MS);
  }

  private claimLater(): void {
    setTimeout(() => this.claimSoon(), CLAIM_RETRY_MS).unref();
  }

  /** Writes a claimed run down and begins it. What can not be written down is given back at once, with the reason. */
  private begin(spec: RunSpec, claimId: string, sentMs: number): void {
    const folder = new RunFolder(join(this.runsFolder, spec.runId));
    try {
      folder.create(spec, claimId);
    } catch (error) {
      this.options.logger.error({ err: error, runId: spec.runId }, 'a claimed run can not be written down');
      this.host?.leftovers.remove(folder.path);
      return this.giveBack({ runId: spec.runId, token: spec.lease.token }, outcomeOf(error), spec.runId);
    }
    this.add(spec, folder, sentMs, true);
  }

  /** Tells that a run failed here before it was one: from memory, until the control plane has heard it. */
  private giveBack(lease: RunLease, outcome: Outcome, runId: string): void {
    const { controlPlane, logger } = this.options;
    void giveBack({ controlPlane, logger, lease, outcome, signal: this.stopping.signal }).catch((error: unknown) => {
      if (!this.stopping.signal.aborted) logger.error({ err: error, runId }, 'that a run failed here could not be told; its lease will run out');
    });
  }

  private add(spec: RunSpec, folder: RunFolder, leaseSentMs: number, isOurs: boolean): LiveRun {
    if (!this.host) throw new Error('The runner has not registered yet');
    const run = new LiveRun(this.host, spec, folder, leaseSentMs, isOurs);
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
      // The lease of a run whose keeper hangs is left to end: nobody would end its programs with it.
      const runs = [...this.live.values()].filter((run) => run.isInGoodHands);
      delayMs = Math.min(IDLE_RENEWAL_MS, ...runs.map(({ spec }) => renewalIntervalMs(spec.lease.durationMs)));
      if (runs.length === 0) continue;
      const sentMs = performance.now();
      const sentAwakeOrAsleepMs = awakeOrAsleepMs();
      try {
        const verdicts = await this.options.controlPlane.renew(runs.map(({ lease }) => lease));
        for (const { runId, isRenewed, isCancelRequested } of verdicts) {
          const run = this.live.get(runId);
          if (isRenewed) run?.renewed(sentMs, sentAwakeOrAsleepMs);
          else run?.fence();
          if (isCancelRequested) run?.cancel(CANCELED);
        }
        delayMs = Math.min(...runs.map(({ spec }) => renewalIntervalMs(spec.lease.durationMs)));
      } catch (error) {
        if (signal.aborted) return;
        if (isTokenRefused(error)) return this.endRefused(error);
        // Whatever it is: the other runs, and the next renewal, do not depend on it.
        this.options.logger[error instanceof TransientError ? 'warn' : 'error']({ err: error, runs: runs.length }, 'leases could not be renewed; trying again');
        delayMs = Math.min(delayMs, Math.max(RENEWAL_RETRY_MS, (error instanceof TransientError ? error.retryAfterMs : null) ?? 0));
      }
    }
  }
}
