import { lstatSync, watch, type FSWatcher } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Logger } from '../logger.ts';
import { readPolicy, type RunnerPolicy } from './policy.ts';

/** An editor that writes in two steps is between them for less than this. */
const SETTLE_MS = 50;
/** How long a file that does not fit may be somebody's half-finished edit; after that new runs are refused with what is wrong. */
const EDIT_MS = 2_000;

/** What the owner of this machine allows, as of now. */
export interface PolicySource {
  current(): RunnerPolicy;
  /** What is wrong with the policy as it stands, and where: `current` is an older one, and no run may begin by it. Null: nothing. */
  trouble(): { message: string; isNew: boolean } | null;
  /** Tells of each change that was taken over. @returns stops telling */
  onChange(listener: () => void): () => void;
  close(): void;
}

/** A policy that never changes. */
export function fixedPolicies(policy: RunnerPolicy): PolicySource {
  return { current: () => policy, trouble: () => null, onChange: () => () => undefined, close: () => undefined };
}

/**
 * policy.json, read again whenever it has changed: noticed by watching its folder, and by a look at the file each time
 * it is asked about. A file that does not fit changes nothing of what was allowed to runs that go on, and lets no new
 * one begin: it may have been made stricter.
 */
export class PolicyFile implements PolicySource {
  private policy: RunnerPolicy;
  private seen: string;
  private failure: { message: string; sinceMs: number } | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly watcher: FSWatcher | null;
  private settling: NodeJS.Timeout | null = null;

  /** @throws when the file is missing, not ours alone, or does not fit: a runner does not begin without one */
  constructor(
    private readonly path: string,
    private readonly logger: Logger,
  ) {
    this.seen = versionOf(path);
    this.policy = readPolicy(path);
    this.watcher = this.watch();
  }

  current(): RunnerPolicy {
    this.look();
    return this.policy;
  }

  trouble(): { message: string; isNew: boolean } | null {
    this.look();
    return this.failure && { message: this.failure.message, isNew: performance.now() - this.failure.sinceMs < EDIT_MS };
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.watcher?.close();
    if (this.settling) clearTimeout(this.settling);
  }

  private watch(): FSWatcher | null {
    try {
      // Its folder: a file that is replaced as a whole is another file afterwards.
      const watcher = watch(dirname(this.path), { persistent: false }, (_event, name) => {
        if (name === null || name === basename(this.path)) this.lookSoon();
      });
      watcher.on('error', (error) =>
        this.logger.warn({ err: error }, 'the policy file can not be watched; it is looked at before each run'),
      );
      return watcher;
    } catch (error) {
      this.logger.warn({ err: error }, 'the policy file can not be watched; it is looked at before each run');
      return null;
    }
  }

  private lookSoon(): void {
    this.settling ??= setTimeout(() => {
      this.settling = null;
      this.look();
    }, SETTLE_MS).unref();
  }

  private look(): void {
    const version = versionOf(this.path);
    if (version === this.seen) return;
    this.seen = version;
    try {
      this.policy = readPolicy(this.path);
      this.failure = null;
      this.logger.info(
        { capacity: this.policy.capacity, labels: this.policy.labels, roots: this.policy.roots },
        'the policy has changed; it is in force',
      );
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.failure = {
        message: `${message} (${this.path}; it is read anew at once when it is mended)`,
        sinceMs: this.failure?.sinceMs ?? performance.now(),
      };
      this.logger.error(
        { file: this.path, why: message },
        'the policy has changed and does not fit: no run begins until it does; runs that go on keep the one before',
      );
    }
    for (const listener of this.listeners) listener();
  }
}

/** Another version of a file has another one of these. */
function versionOf(path: string): string {
  const stat = lstatSync(path, { throwIfNoEntry: false, bigint: true });
  return stat ? `${stat.ino} ${stat.mtimeNs} ${stat.ctimeNs} ${stat.size}` : 'missing';
}
