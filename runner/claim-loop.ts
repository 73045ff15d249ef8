import type { RunSpec } from '#contract/run-spec.ts';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Claim, ClaimIds } from './claim-ids.ts';
import { isTokenRefused, TransientError, UnreadableRunError, type RunLease } from './control-plane/control-plane.ts';
import { giveBack } from './execution/give-back.ts';
import type { LiveRun } from './execution/live-run.ts';
import { outcomeOf, type Outcome } from './execution/outcome.ts';
import type { PolicySource } from './execution/policies.ts';
import { RunFolder } from './execution/run-folder.ts';
import type { RunHost } from './execution/run-host.ts';
import type { LiveRuns } from './live-runs.ts';

const CLAIM_RETRY_MS = 1_000;
const EDIT_LOOK_MS = 50;
/**
 * How long the next claim waits for the last run to begin: asking takes processor time, here and at the control plane,
 * that is missing there. A run which takes longer than most do does not hold up the others.
 */
const MAX_BEGIN_MS = 40;

export interface ClaimLoopOptions {
  host: RunHost;
  policies: PolicySource;
  claimIds: ClaimIds;
  live: LiveRuns;
  /** Where claimed runs are written down. */
  runsFolder: string;
  /** False before the runner hears commands, and once it stops: then nothing is claimed. */
  isReady: () => boolean;
  signal: AbortSignal;
}

/** Claims runs as long as this machine has room, writes them down and begins them. */
export class ClaimLoop {
  private isClaiming = false;
  private isWanted = false;

  constructor(private readonly options: ClaimLoopOptions) {}

  /** Claims until there is no room or nothing to do. A word that comes meanwhile is not forgotten. */
  soon(): void {
    this.isWanted = true;
    if (this.isClaiming) return;
    this.isClaiming = true;
    void this.claim()
      .catch((error: unknown) => {
        const what = 'claiming failed; it is tried again with the next word of work';
        this.options.host.logger.error({ err: error }, what);
      })
      .finally(() => {
        this.isClaiming = false;
        if (this.isWanted) this.soon();
      });
  }

  private async claim(): Promise<void> {
    const { isReady, live, policies } = this.options;
    this.isWanted = false;
    while (isReady() && live.size < policies.current().capacity) {
      // Somebody may be in the middle of an edit. What is wrong for longer is told by the runs that it keeps from
      // beginning.
      if (policies.trouble()?.isNew === true) return this.later();
      if (!(await this.claimOne())) return;
    }
  }

  /** @returns whether another claim is worth making at once */
  private async claimOne(): Promise<boolean> {
    const { claimIds, host, isReady } = this.options;
    let asked: Claim | null = null;
    try {
      const claim = await claimIds.current();
      asked = claim;
      const sentMs = performance.now();
      const spec = await host.controlPlane.claim(claim.id);
      if (spec) await this.policySettled();
      // Stopped meanwhile: the next runner asks under the same id.
      if (!isReady()) return false;
      const run = spec && this.begin(spec, claim.id, sentMs);
      claimIds.settle();
      if (run) await Promise.race([run.begun, sleep(MAX_BEGIN_MS)]);
      // Nothing for a repeated claim says nothing about new ones.
      return spec !== null || claim.isRepeat;
    } catch (error) {
      this.onFailure(error, asked);
      return false;
    }
  }

  private onFailure(error: unknown, asked: Claim | null): void {
    const { claimIds, host } = this.options;
    if (isTokenRefused(error)) return host.onTokenRefused(error);
    const isTransient = error instanceof TransientError;
    if (asked && isTransient) claimIds.repeat(asked);
    else claimIds.settle();
    if (error instanceof UnreadableRunError) this.giveBack(error.lease, outcomeOf(error));
    host.logger[isTransient ? 'warn' : 'error']({ err: error }, 'a claim failed; trying again');
    this.later();
  }

  /** Somebody is in the middle of an edit: a run that was claimed just now waits for the end of it. */
  private async policySettled(): Promise<void> {
    const { isReady, policies } = this.options;
    while (isReady() && policies.trouble()?.isNew === true) await sleep(EDIT_LOOK_MS);
  }

  private later(): void {
    setTimeout(() => this.soon(), CLAIM_RETRY_MS).unref();
  }

  /** Writes a claimed run down and begins it. What can not be written down is given back at once, with the reason. */
  private begin(spec: RunSpec, claimId: string, sentMs: number): LiveRun | null {
    const { host, runsFolder, live } = this.options;
    const folder = new RunFolder(join(runsFolder, spec.runId));
    try {
      folder.create(spec, claimId);
    } catch (error) {
      host.logger.error({ err: error, runId: spec.runId }, 'a claimed run can not be written down');
      host.leftovers.remove(folder.path);
      this.giveBack({ runId: spec.runId, token: spec.lease.token }, outcomeOf(error));
      return null;
    }
    return live.add(host, spec, folder, sentMs, true);
  }

  /** Tells that a run failed here before it was one: from memory, until the control plane has heard it. */
  private giveBack(lease: RunLease, outcome: Outcome): void {
    const { host, signal } = this.options;
    const { controlPlane, logger } = host;
    void giveBack({ controlPlane, logger, lease, outcome, signal }).catch((error: unknown) => {
      if (signal.aborted) return;
      const what = 'that a run failed here could not be told; its lease will run out';
      logger.error({ err: error, runId: lease.runId }, what);
    });
  }
}
