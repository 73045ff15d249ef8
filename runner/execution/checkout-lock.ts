import {
  copyFileSync,
  linkSync,
  lstatSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import type { Checkout } from './checkouts.ts';
import { LockedFailure } from './git-trouble.ts';
import { indexOf } from './index-copy.ts';

/**
 * Git's own lock of a checkout's index, held by us from just before the base moves until its files have followed: a
 * commit of the user's in between would take the merge back. One that a crash left is known by what stands in it.
 */
export class CheckoutLock {
  private constructor(
    private readonly index: string,
    private readonly mark: string,
  ) {}

  /**
   * @param runId stands in the lock, so that a restarted runner knows its own
   * @throws RunFailure repo_dirty when another Git holds it
   */
  static take(checkout: Checkout, runId: string): CheckoutLock {
    const lock = new CheckoutLock(indexOf(checkout), markOf(runId));
    if (lock.isOurs) return lock;
    // By a link, so that it is there with its mark or not at all.
    writeFileSync(lock.draft, lock.mark);
    try {
      linkSync(lock.draft, lock.file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw new LockedFailure(lock.file, error);
      throw error;
    } finally {
      rmSync(lock.draft, { force: true });
    }
    return lock;
  }

  /** The lock of a checkout as a crash left it, to be let go; null: there is none of this run. */
  static find(checkout: Checkout, runId: string): CheckoutLock | null {
    const lock = new CheckoutLock(indexOf(checkout), markOf(runId));
    return lock.isOurs ? lock : null;
  }

  /** @throws RunFailure repo_dirty when another Git holds the index just now, or has left its lock */
  static assertFree(checkout: Checkout): void {
    const file = `${indexOf(checkout)}.lock`;
    if (lstatSync(file, { throwIfNoEntry: false })) throw new LockedFailure(file);
  }

  /** Puts a whole new index in place of the old one. */
  install(copy: string): void {
    const { mtimeMs } = lstatSync(copy);
    copyFileSync(copy, this.draft);
    // The copy's own time: by it Git knows which files may have changed in the instant after.
    const time = Math.floor(mtimeMs) / 1_000;
    utimesSync(this.draft, time, time);
    renameSync(this.draft, this.index);
  }

  release(): void {
    rmSync(this.draft, { force: true });
    if (this.isOurs) rmSync(this.file);
  }

  private get file(): string {
    return `${this.index}.lock`;
  }

  private get draft(): string {
    return `${this.index}.overmind`;
  }

  private get isOurs(): boolean {
    return (
      lstatSync(this.file, { throwIfNoEntry: false })?.size === Buffer.byteLength(this.mark) &&
      readFileSync(this.file, 'utf8') === this.mark
    );
  }
}

function markOf(runId: string): string {
  return `OvermindOps is merging: run ${runId}\n`;
}
