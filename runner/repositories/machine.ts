import type { Git } from '../execution/git.ts';
import { isInside, realpathOrNull } from '../execution/paths.ts';
import type { RunnerPolicy } from '../execution/policy.ts';
import type { Logger } from '../logger.ts';

/** What looking around on this machine takes. */
export interface Machine {
  policy: RunnerPolicy;
  git: Git;
  /** Our own folder, links followed: never told of. */
  runnerFolder: string;
  logger: Logger;
}

/** @param path with links followed */
export function isWithinRoots(policy: RunnerPolicy, path: string): boolean {
  return policy.roots.some((root) => isInside(realpathOrNull(root) ?? root, path));
}
