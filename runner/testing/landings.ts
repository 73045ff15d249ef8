import { join } from 'node:path';
import { expect } from 'vitest';
import { Git } from '../execution/git.ts';
import { landBranch } from '../execution/landing.ts';
import type { Landed, LandingOrder } from '../execution/landing-order.ts';
import { RunFailure } from '../execution/outcome.ts';
import { makeRepository, type TestRepository } from './repositories.ts';
import { snapshot } from './snapshot.ts';

const git = new Git('/usr/bin/git', '/usr/bin:/bin');

/** A repository with a reviewed branch that waits to be merged into main. */
export class LandingScene {
  readonly repository: TestRepository;
  readonly branch = 'overmind/task/1';
  approved = '';
  reviewedBase = '';

  /** @param folder links followed; the roots of the policy */
  constructor(
    readonly folder: string,
    files: Record<string, string> = { 'a.txt': 'one\ntwo\nthree\n', 'b.txt': 'b\n' },
    name = 'repo',
  ) {
    this.repository = makeRepository(join(folder, name), files);
  }

  /** Commits a change on the task's branch, from main as it is, and leaves main checked out. */
  review(change: Record<string, string> | (() => void), branch = this.branch): void {
    const { repository } = this;
    this.reviewedBase = repository.git('rev-parse', 'main');
    repository.git('checkout', '--quiet', '-b', branch);
    if (typeof change === 'function') change();
    this.approved = repository.commit(typeof change === 'function' ? {} : change);
    repository.git('checkout', '--quiet', 'main');
  }

  order(
    part: Omit<Partial<LandingOrder>, 'allowed'> & { allowed?: Partial<LandingOrder['allowed']> } = {},
  ): LandingOrder {
    return {
      runId: 'run-1',
      root: this.repository.root,
      baseBranch: 'main',
      branch: this.branch,
      commit: this.approved,
      reviewedBaseCommit: this.reviewedBase,
      message: 'Merge task "Shout"\n\nTask: 1\n',
      author: { name: 'OvermindOps', email: 'x@example.org' },
      path: join(this.folder, 'aside'),
      recordFile: join(this.folder, 'merge.json'),
      lastWord: async () => undefined,
      signal: new AbortController().signal,
      ...part,
      allowed: {
        roots: [this.folder],
        runnerFolder: join(this.folder, 'runner'),
        allowOtherOwners: false,
        runnerName: 'here',
        filters: new Set(),
        otherFilters: [],
        ...part.allowed,
      },
    };
  }

  land(part: Parameters<LandingScene['order']>[0] = {}, by = git): Promise<Landed> {
    return landBranch(by, this.order(part));
  }

  /** The landing is refused before the last word, and everything of the user's is as it was. */
  async refused(part: Parameters<LandingScene['order']>[0] = {}, root = this.repository.root): Promise<RunFailure> {
    const before = snapshot(root);
    const words: unknown[] = [];
    const error: unknown = await this.land({ lastWord: async (commits) => void words.push(commits), ...part }).then(
      () => null,
      (e: unknown) => e,
    );
    if (!(error instanceof RunFailure)) throw error instanceof Error ? error : new Error('It was merged');
    expect(words).toEqual([]);
    expect(snapshot(root)).toEqual(before);
    return error;
  }

  get isMerged(): boolean {
    return (
      this.repository.git('branch', '--contains', this.approved, '--format=%(refname:short)', '--list', 'main') ===
      'main'
    );
  }
}
