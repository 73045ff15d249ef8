import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { GitPerson } from '#contract/neutral-git.ts';
import { identity } from './commit.ts';
import { GitError, type Git } from './git.ts';
import type { GitPlace } from './landing-repository.ts';

/** A ref that is not where it was said to be. */
const MOVED = /is at [0-9a-f]+ but expected|reference already exists|unable to resolve reference|reference is missing/;

export interface RefMove {
  ref: string;
  from: string;
  to: string;
  /** For the reflog. */
  message: string;
  author: GitPerson;
}

/**
 * A branch that is locked and about to move: Git holds its lock while this process lives, and lets go of it, moving
 * nothing, when this process is gone. @source git-update-ref(1), `--stdin`
 */
export class RefTransaction {
  private stdout = '';
  private stderr = '';
  private readonly closed: Promise<number | null>;
  private isClosed = false;
  private wake: () => void = () => undefined;

  private constructor(
    private readonly child: ChildProcessWithoutNullStreams,
    private readonly args: readonly string[],
  ) {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      this.stdout += chunk;
      this.wake();
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (this.stderr += chunk));
    // Git may end before it has read all; its last words tell why.
    child.stdin.on('error', () => undefined);
    this.closed = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    const end = (): void => {
      this.isClosed = true;
      this.wake();
    };
    this.closed.then(end, end);
  }

  /**
   * Locks the branch for one move.
   * @returns null when it is no longer at `from`
   * @throws GitError when another Git holds a lock
   */
  static async prepare(
    git: Git,
    place: GitPlace,
    { ref, from, to, message, author }: RefMove,
  ): Promise<RefTransaction | null> {
    const args = ['update-ref', '-m', message, '--stdin'];
    const transaction = new RefTransaction(git.start(args, { ...place, env: identity(author) }), args);
    transaction.child.stdin.write(`start\nupdate ${ref} ${to} ${from}\nprepare\n`);
    if (await transaction.hears('prepare: ok')) return transaction;
    await transaction.end();
    if (MOVED.test(transaction.stderr)) return null;
    throw new GitError(args, await transaction.closed, transaction.stderr);
  }

  /** Moves the branch. @throws GitError; then it has not moved */
  async commit(): Promise<void> {
    this.child.stdin.write('commit\n');
    const isDone = await this.hears('commit: ok');
    await this.end();
    if (!isDone) throw new GitError(this.args, await this.closed, this.stderr);
  }

  /** Lets the branch go as it is. */
  async abort(): Promise<void> {
    await this.end();
  }

  private async end(): Promise<void> {
    this.child.stdin.end();
    await this.closed;
  }

  private async hears(answer: string): Promise<boolean> {
    while (!this.stdout.split('\n').includes(answer)) {
      if (this.isClosed) return false;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
    return true;
  }
}
