import { join } from 'node:path';
import { requireClean } from './checkout-state.ts';
import { CheckoutLock } from './checkout-lock.ts';
import { isRefusal, refusalOf, requireNoObstacles, requireStillUnclaimed, type Way } from './checkout-obstacles.ts';
import { settleCheckout, writeFiles } from './checkout-update.ts';
import type { Checkout } from './checkouts.ts';
import type { Git } from './git.ts';
import { explainBehind, withNote } from './git-trouble.ts';
import { IndexCopy } from './index-copy.ts';
import type { LandingOrder } from './landing-order.ts';
import type { LandingRecord } from './landing-record.ts';

/** A checkout that is to follow its branch: looked at before the last word, locked after it. */
export class FollowingCheckout {
  private lock: CheckoutLock | null = null;
  /** What is to be told of it since it was to go back: '' when all is as it was. */
  left = '';

  private constructor(
    private readonly git: Git,
    private readonly copy: IndexCopy,
    private readonly way: Way,
    private readonly order: LandingOrder,
  ) {}

  /** @throws RunFailure for whatever would keep the checkout from following. Nothing of it is written. */
  static async prepare(
    plainGit: Git,
    checkout: Checkout,
    way: Way,
    order: LandingOrder,
    number: number,
  ): Promise<FollowingCheckout> {
    CheckoutLock.assertFree(checkout);
    const copy = IndexCopy.make(checkout, join(order.path, `index-${number}`));
    // In this very place: a checkout may have settings of its own.
    const git = await plainGit.neutralize(copy.call);
    await requireClean(git, copy, way.baseBranch, order);
    await requireNoObstacles(git, copy, way, order);
    return new FollowingCheckout(git, copy, way, order);
  }

  /** @returns false when somebody has written the index since it was looked at. @throws RunFailure repo_dirty when it is locked */
  take(runId: string): boolean {
    this.lock ??= CheckoutLock.take(this.copy.checkout, runId);
    return !this.copy.isOutdated;
  }

  /**
   * Takes the files and then the index along.
   * @throws RunFailure, and then the files are as they were, except for those it names and for what its message tells
   */
  async follow(): Promise<void> {
    const { git, copy, way, order } = this;
    await requireStillUnclaimed(git, copy, way);
    try {
      await writeFiles(git, copy, way.from, way.to);
    } catch (error) {
      const failure = refusalOf(error, this.folder);
      // Git looks at all files before it writes the first: when it refused one, there is nothing to bring back.
      throw isRefusal(error) ? failure : withNote(failure, await this.goBack());
    }
    await order.onStep?.('files_written');
    this.lock?.install(copy.file);
    await order.onStep?.('index_written');
  }

  /**
   * Brings the files and the index back to where the base was.
   * @returns what is to be told: '' when all is as it was
   */
  async goBack(): Promise<string> {
    const { git, way, order, lock } = this;
    if (!lock) return '';
    try {
      const copy = IndexCopy.make(this.copy.checkout, join(order.path, 'index-back'));
      await settleCheckout(git, { copy, lock, other: way.to, target: way.from });
    } catch (error) {
      this.left = explainBehind(error, this.folder, way.baseBranch);
    }
    return this.left;
  }

  get folder(): string {
    return this.copy.checkout.folder;
  }

  /** @returns what is to be told: '' when it was let go */
  release(): string {
    const { lock } = this;
    this.lock = null;
    return lock === null ? '' : letGo(() => lock.release(), this.folder);
  }
}

/**
 * Finishes a checkout that a crash has left between two commits: it goes to `to`. Its lock stays.
 * @returns what is to be told: '' when it is there
 */
export async function finishCheckout(
  plainGit: Git,
  checkout: Checkout,
  { runId, baseRef, from, to, path }: LandingRecord & { path: string },
): Promise<string> {
  const { folder } = checkout;
  try {
    const lock = CheckoutLock.find(checkout, runId);
    // Without our lock its owner has had it in hand since: it is theirs to settle.
    if (!lock) return '';
    const copy = IndexCopy.make(checkout, join(path, 'index-finished'));
    const git = await plainGit.neutralize(copy.call);
    const left = await settleCheckout(git, { copy, lock, other: from, target: to });
    return left.length === 0
      ? ''
      : ` In ${folder} somebody has changed files meanwhile, which stay as they are: ${left.slice(0, 5).join(', ')}${left.length > 5 ? ' …' : ''}.`;
  } catch (error) {
    return explainBehind(error, folder, baseRef.slice('refs/heads/'.length));
  }
}

/**
 * Lets go of a checkout, where this run has locked it.
 * @returns what is to be told: '' when it was let go
 */
export function releaseCheckout(checkout: Checkout, runId: string): string {
  return letGo(() => CheckoutLock.find(checkout, runId)?.release(), checkout.folder);
}

/** Whether a crash may have left it behind its branch: it has our lock, or one that can not be read. */
export function mayBeBehind(checkout: Checkout, runId: string): boolean {
  try {
    return CheckoutLock.find(checkout, runId) !== null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return true;
  }
}

function letGo(release: () => void, folder: string): string {
  try {
    release();
    return '';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return ` The lock of ${folder}'s index could not be let go (${(error as Error).message}).`;
  }
}
