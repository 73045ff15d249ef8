import { copyFileSync, existsSync, lstatSync, realpathSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkout } from './checkouts.ts';
import type { GitCall } from './git.ts';

/**
 * A copy of a checkout's index to work with: what Git remembers of the files is brought up to date in here, and the
 * user's own index stays as it is until the base has moved.
 */
export class IndexCopy {
  private constructor(
    readonly checkout: Checkout,
    readonly file: string,
    private readonly original: string,
  ) {}

  static make(checkout: Checkout, file: string): IndexCopy {
    const index = indexOf(checkout);
    rmSync(file, { force: true });
    const original = identityOf(index);
    if (existsSync(index)) {
      copyFileSync(index, file);
      // By the index's own time Git knows which files may have changed in the instant after: never a later one.
      const time = Math.floor(lstatSync(index).mtimeMs) / 1_000;
      utimesSync(file, time, time);
    }
    return new IndexCopy(checkout, file, original);
  }

  /** Git at work in the checkout, with this copy for an index. No split of it is written into the repository. */
  get call(): GitCall & { gitDir: string } {
    return { cwd: this.checkout.folder, gitDir: this.checkout.gitDir, env: { GIT_INDEX_FILE: this.file } };
  }

  /** Whether somebody has written the user's index since the copy was made. */
  get isOutdated(): boolean {
    return identityOf(indexOf(this.checkout)) !== this.original;
  }
}

/** The file itself, where it is a link: Git writes through it. */
export function indexOf({ gitDir }: Checkout): string {
  const path = join(gitDir, 'index');
  return existsSync(path) ? realpathSync(path) : path;
}

function identityOf(path: string): string {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat ? `${stat.ino}:${stat.size}:${stat.mtimeNs}` : 'none';
}
