import type { RunSpec } from '#contract/run-spec.ts';
import { lstatSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RunFailure } from '../execution/outcome.ts';
import { isInside, realpathOrNull } from '../execution/paths.ts';

/**
 * Holds where a run is to work against the repository that was granted: the server compares paths as they are written,
 * and only this machine sees where links lead and which folders are repositories of their own.
 * @param root the run's `repoRoot`, links followed
 * @throws RunFailure path_refused
 */
export function checkGrant({ repoRoot, grantedRoot }: RunSpec, root: string): void {
  const granted = realpathOrNull(grantedRoot);
  if (granted === null || !isInside(granted, root))
    throw new RunFailure(
      'path_refused',
      `${repoRoot} leads out of ${grantedRoot}, the repository that is granted to the project`,
    );
  for (let folder = root; folder !== granted; folder = dirname(folder)) {
    if (startsRepository(folder))
      throw new RunFailure(
        'path_refused',
        `${folder} is a repository of its own, and only ${grantedRoot} is granted to the project`,
      );
  }
}

/** Has it a `.git`, folder or file? */
export function startsRepository(folder: string): boolean {
  return lstatSync(join(folder, '.git'), { throwIfNoEntry: false }) !== undefined;
}
