import type { RunSpec } from '#contract/run-spec.ts';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ClaimIds } from './claim-ids.ts';
import { ClaimLoop } from './claim-loop.ts';
import type { RefusedError, RunnerCommand } from './control-plane/control-plane.ts';
import { findRuns } from './execution/find-runs.ts';
import { KeeperPool } from './execution/keeper-pool.ts';
import { realpathOrNull } from './execution/paths.ts';
import type { RunHost } from './execution/run-host.ts';
import { lockFileOf, makeSocketFolder, removeDeadSockets } from './execution/socket-folder.ts';
import { LEDGER_FOLDER, WORK_FOLDER } from './execution/workspace-record.ts';
import { lockFolder } from './folder-lock.ts';
import { Ledger } from './ledger/ledger.ts';
import { removeTaskFolder } from './ledger/remove-folder.ts';
import { Leftovers } from './leftovers.ts';
import { LiveRuns } from './live-runs.ts';
import { makeHost, openConfinement } from './make-host.ts';
import { obeyCommands } from './obey-commands.ts';
import { Registration } from './registration.ts';
import { renewLeases } from './renew-leases.ts';
import { RequestAnswers } from './repositories/answer-requests.ts';
import type { RunnerOptions } from './runner-options.ts';

/** How often what could not be removed is tried again. */
const SWEEP_MS = 60_000;

/** One runner: takes up what an earlier one left, then claims runs as long as it has room. */
export class Runner {
  private readonly live = new LiveRuns((spec) => this.onRunFinished(spec));
  private readonly stopping = new AbortController();
  private readonly folder: string;
  private readonly runsFolder: string;
  private readonly keepers: KeeperPool;
  private ledger: Ledger | null = null;
  private answers: RequestAnswers | null = null;
  private claims: ClaimLoop | null = null;
  private isReady = false;
  private unlock: () => void = () => undefined;
  private work: Promise<unknown> = Promise.resolve();
  private onRefused = (_error: RefusedError): void => undefined;
  private readonly refused = new Promise<never>((_resolve, reject) => {
    this.onRefused = reject;
  });

  constructor(private readonly options: RunnerOptions) {
    const folder = realpathOrNull(options.folder) ?? options.folder;
    this.folder = folder;
    this.runsFolder = join(folder, 'runs');
    const own = ['runs', WORK_FOLDER, LEDGER_FOLDER];
    for (const name of own) mkdirSync(join(folder, name), { recursive: true, mode: 0o700 });
    // Whoever runs the runner hears of it; before that nobody waits.
    this.refused.catch(() => undefined);
    this.keepers = new KeeperPool({
      keeperArgs: options.keeperArgs,
      socketFolder: makeSocketFolder(folder),
      searchPath: options.env.PATH ?? '',
      logFile: join(folder, 'keeper.log'),
      onTrouble: (error) => {
        options.logger.warn({ err: error }, 'a standby keeper could not be started; the next run starts its own');
      },
    });
  }

  /**
   * Registers, adopts, and goes on until `stop`. Rejects when the control plane refuses this runner, or another one works
   * in its folder.
   */
  async run(): Promise<void> {
    this.unlock = await lockFolder(lockFileOf(this.folder), this.folder);
    await this.runAlone().catch((error: unknown) => {
      this.unlock();
      throw error;
    });
  }

  private async runAlone(): Promise<void> {
    const { options, folder, keepers, live } = this;
    const { logger, policies, controlPlane, version } = options;
    const { signal } = this.stopping;
    const onTokenRefused = (error: RefusedError): void => this.endRefused(error);
    await removeDeadSockets(makeSocketFolder(folder)).catch((error: unknown) => {
      logger.warn({ err: error }, 'sockets of keepers that have gone could not be removed');
    });
    keepers.warm();
    const leftovers = new Leftovers(folder, logger);
    leftovers.sweep();
    const confinement = await openConfinement(options);
    const registration = new Registration({
      controlPlane,
      policies,
      version,
      logger,
      signal,
      onTokenRefused,
      sandbox: confinement.sandbox,
    });
    // Before anything is told: what changes meanwhile is told next.
    policies.onChange(() => this.onPolicyChange(registration));
    const { name } = await registration.register();
    const parts = { ...confinement, runnerName: name, runnerFolder: folder, leftovers, keepers, onTokenRefused };
    const host = makeHost(options, parts);
    await this.adopt(host);
    this.lookAround(host);
    const sweeping = setInterval(() => leftovers.sweep(), SWEEP_MS);
    signal.addEventListener('abort', () => clearInterval(sweeping), { once: true });
    this.work = Promise.all([
      renewLeases({ live, controlPlane, logger, signal, onTokenRefused }),
      obeyCommands({ controlPlane, logger, signal, onTokenRefused, obey: (command) => this.obey(command, name) }),
    ]).catch((error: unknown) => {
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
    if (isEndingRuns) await this.live.endAndReport('Ended: the runner was stopped');
    this.stopping.abort();
    await this.live.leaveAll();
    await this.keepers.close();
    this.options.policies.close();
    await this.work.catch(() => undefined);
    this.ledger?.stop();
    this.unlock();
  }

  /** Takes up what an earlier runner left. */
  private async adopt(host: RunHost): Promise<void> {
    const { live, runsFolder } = this;
    const { policies } = this.options;
    const { signal } = this.stopping;
    const { found, answeredClaimIds } = await findRuns({ runsFolder, host, signal });
    const claimIds = new ClaimIds(join(host.runnerFolder, 'claim.json'), answeredClaimIds, host.logger);
    this.claims = new ClaimLoop({ host, policies, claimIds, live, runsFolder, isReady: () => this.isReady, signal });
    for (const { spec, folder, leaseSentMs } of found) {
      const isOurs = leaseSentMs !== null;
      host.logger.info({ runId: spec.runId, isOurs }, 'adopted a run of an earlier runner');
      live.add(host, spec, folder, leaseSentMs ?? Number.NEGATIVE_INFINITY, isOurs);
    }
  }

  /** What concerns the machine and no run: its repositories and programs, and the folders of finished tasks. */
  private lookAround(host: RunHost): void {
    const { git, runnerFolder, controlPlane, logger } = host;
    this.ledger = new Ledger({
      controlPlane,
      logger,
      folder: runnerFolder,
      isLive: (taskId) => this.live.isLive(taskId),
      remove: (record) => removeTaskFolder(git, runnerFolder, record),
      get policy() {
        return host.policy;
      },
    });
    this.answers = new RequestAnswers({
      git,
      runnerFolder,
      controlPlane,
      logger,
      ledger: this.ledger,
      signal: this.stopping.signal,
      env: host.env,
      get search() {
        return host.search;
      },
      get policy() {
        return host.policy;
      },
    });
    this.answers.tellRepositories();
    this.answers.tellPrograms();
    this.ledger.start();
  }

  private obey(command: RunnerCommand, name: string): void {
    if (command.type === 'connected' && !this.isReady) {
      this.isReady = true;
      this.options.onReady(name);
    }
    if (command.type === 'cancel') this.live.cancel(command);
    const isRequest = command.type === 'look' || command.type === 'check' || command.type === 'remove_work_folder';
    if (isRequest) this.answers?.hear(command);
    if (command.type === 'connected' || command.type === 'run_available') this.claims?.soon();
  }

  /** The control plane is to know what this machine is good for now, and there may be room for more. */
  private onPolicyChange(registration: Registration): void {
    if (this.stopping.signal.aborted) return;
    registration.renew(() => {
      this.answers?.tellRepositories();
      this.answers?.tellPrograms();
      this.claims?.soon();
    });
  }

  /** Its folder may be removed now, there is room for another, and its repository may have a new last commit. */
  private onRunFinished({ kind, inPlace }: RunSpec): void {
    if (kind === 'merge' || inPlace) this.answers?.tellRepositories();
    this.ledger?.soon();
    this.claims?.soon();
  }

  /**
   * The control plane does not know this runner any more: its runs end, and so does it. What they left stays for a
   * runner with a good token.
   */
  private endRefused(error: RefusedError): void {
    this.isReady = false;
    this.live.endAll('Ended: the control plane does not know this runner any more');
    this.onRefused(error);
  }
}
