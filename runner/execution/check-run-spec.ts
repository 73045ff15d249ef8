import type { RunSpec } from '#contract/run-spec.ts';
import { statSync } from 'node:fs';
import { resolveCommand, type ExecutableSearch } from './executables.ts';
import type { Assignment, KeeperCommand } from './keeper-protocol.ts';
import { checkGrant } from '../repositories/check-grant.ts';
import { RunFailure } from './outcome.ts';
import { isInside, realpathOrNull } from './paths.ts';
import type { RunnerPolicy } from './policy.ts';

export interface CheckedRun {
  /** The repository's folder with all links followed. */
  root: string;
  commands: KeeperCommand[];
  limits: Assignment['limits'];
  deniedGlobs: string[];
}

/**
 * Holds what the control plane asks for against this machine's own policy.
 * @throws RunFailure path_refused, repo_missing, command_refused or command_missing, in words for people
 */
export function checkRunSpec(spec: RunSpec, search: ExecutableSearch & { policy: RunnerPolicy }): CheckedRun {
  const { policy, runnerName } = search;
  const root = checkRoot(spec, search);
  const refusedEnv = spec.env.filter((name) => !policy.envNames.includes(name));
  if (refusedEnv.length > 0) {
    throw new RunFailure('command_refused', `The policy of runner ${runnerName} does not hand out the environment variable ${refusedEnv.join(', ')} that the agent asks for`);
  }
  return {
    root,
    commands: spec.commands.map((argv) => resolveCommand(argv, search)),
    deniedGlobs: [...policy.deniedGlobs, ...spec.deniedGlobs],
    limits: {
      runTimeoutMs: Math.min(spec.limits.runTimeoutMs, policy.limits.maxRunTimeoutMs),
      idleTimeoutMs: spec.limits.idleTimeoutMs,
      graceMs: spec.limits.graceMs,
      maxLogBytes: Math.min(spec.limits.maxLogBytes, policy.limits.maxLogBytes),
      minFreeBytes: policy.limits.minFreeBytes,
    },
  };
}

/** @throws RunFailure path_refused or repo_missing. @returns the repository's folder with all links followed */
export function checkRoot(spec: RunSpec, { policy, runnerName, runnerFolder }: ExecutableSearch & { policy: RunnerPolicy }): string {
  const root = realpathOrNull(spec.repoRoot);
  const isAllowed = (folders: readonly string[], path: string): boolean => folders.some((folder) => isInside(realpathOrNull(folder) ?? folder, path));
  // Of a folder outside the roots, nothing is said but that: not even whether it exists.
  if (!isAllowed(policy.roots, root ?? spec.repoRoot)) throw new RunFailure('path_refused', `${spec.repoRoot} is outside the folders that the policy of runner ${runnerName} allows`);
  if (root === null) throw new RunFailure('repo_missing', `There is no folder ${spec.repoRoot} on runner ${runnerName}`);
  if (spec.allowedRoots.length > 0 && !isAllowed(spec.allowedRoots, root)) throw new RunFailure('path_refused', `${spec.repoRoot} is outside the folders that the agent's config allows`);
  if (isInside(runnerFolder, root)) throw new RunFailure('path_refused', `${spec.repoRoot} is in the runner's own folder`);
  checkGrant(spec, root);
  const stat = statSync(root);
  if (!stat.isDirectory()) throw new RunFailure('repo_missing', `${spec.repoRoot} is not a folder`);
  if (!policy.allowOtherOwners && process.getuid && stat.uid !== process.getuid()) {
    throw new RunFailure('path_refused', `${spec.repoRoot} belongs to another user than runner ${runnerName}; its policy can allow that with "allowOtherOwners"`);
  }
  return root;
}
