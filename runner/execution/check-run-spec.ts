import { envValueRefusal } from '#contract/env-values.ts';
import { fillPlaceholders } from '#contract/placeholders.ts';
import type { RunSpec } from '#contract/run-spec.ts';
import { statSync } from 'node:fs';
import { resolveCommand, type ExecutableSearch } from './executables.ts';
import type { Assignment, KeeperCommand } from './keeper-protocol.ts';
import { checkGrant } from '../repositories/check-grant.ts';
import { RunFailure } from './outcome.ts';
import { isInside, realpathOrNull } from './paths.ts';
import { withHint, withSetting, type RunnerPolicy } from './policy.ts';
import { isForeign } from './repository-places.ts';
import { isEnvWorthHandingOut, rootWorthAllowing } from './worth-allowing.ts';

/** What a run is held against: this machine's policy as of now, and whether it may be relied on. */
export interface PolicySearch extends ExecutableSearch {
  policy: RunnerPolicy;
  /** What is wrong with the policy file as it stands; null: nothing. */
  policyTrouble: string | null;
}

export interface CheckedRun {
  /** The repository's folder with all links followed. */
  root: string;
  /** Set-up commands first. */
  commands: KeeperCommand[];
  limits: Assignment['limits'];
  deniedGlobs: string[];
}

/** What of this machine a run's commands are given. */
export interface GivenToRun {
  /** The runner's own environment. */
  env: Readonly<Record<string, string | undefined>>;
  /** Where the run's prompt will be. */
  promptFile: string;
}

/**
 * Holds what the control plane asks for against this machine's own policy.
 * @throws RunFailure path_refused, repo_missing, command_refused or command_missing, in words for people: what is refused, and what to change where
 */
export function checkRunSpec(spec: RunSpec, search: PolicySearch, { env, promptFile }: GivenToRun): CheckedRun {
  const { policy } = search;
  const root = checkRoot(spec, search);
  checkEnvironment(spec, search, env);
  const values = { model: spec.prompt.model, promptFile, session: spec.session?.id ?? null };
  const resolve = (argv: readonly string[]): KeeperCommand => resolveCommand(fillPlaceholders(argv, values), search);
  return {
    root,
    commands: [...spec.setup.map((argv) => ({ ...resolve(argv), isSetup: true })), ...spec.commands.map(resolve)],
    deniedGlobs: [...policy.deniedGlobs, ...spec.deniedGlobs],
    limits: {
      runTimeoutMs: Math.min(spec.limits.runTimeoutMs, policy.limits.maxRunTimeoutMs),
      idleTimeoutMs: spec.limits.idleTimeoutMs,
      graceMs: spec.limits.graceMs,
      maxLogBytes: Math.min(spec.limits.maxLogBytes, policy.limits.maxLogBytes),
      minFreeBytes: policy.limits.minFreeBytes,
      maxMemoryBytes: lower(spec.limits.maxMemoryBytes, policy.limits.maxMemoryBytes),
      maxProcesses: lower(spec.limits.maxProcesses, policy.limits.maxProcesses),
      maxCpus: lower(spec.limits.maxCpus, policy.limits.maxCpus),
    },
  };
}

/** @throws RunFailure command_refused */
function checkEnvironment(
  { env: names, envValues }: RunSpec,
  { policy, runnerName, runnerFolder }: PolicySearch,
  env: GivenToRun['env'],
): void {
  // Presets name every key that may be there; one that is not set is kept from nobody.
  const refused = names.filter(
    (name) => !policy.envNames.includes(name) && (env[name] !== undefined || !isEnvWorthHandingOut(name)),
  );
  if (refused.length > 0) {
    const refusal = `The policy of runner ${runnerName} does not hand out the environment variable ${refused.join(', ')} that the agent asks for`;
    throw new RunFailure(
      'command_refused',
      refused.every(isEnvWorthHandingOut)
        ? withHint(refusal, `add ${quoted(refused)} to "envNames"`, runnerFolder)
        : withSetting(refusal, 'envNames', runnerFolder),
    );
  }
  // The control plane refuses them as well; but they reach programs of ours that stand outside of the sandbox.
  for (const name of Object.keys(envValues)) {
    const why = envValueRefusal(name);
    if (why !== null) throw new RunFailure('command_refused', why);
  }
}

/** @param a null: no limit */
function lower(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}

/** @throws RunFailure path_refused, repo_missing or command_refused. @returns the repository's folder with all links followed */
export function checkRoot(spec: RunSpec, { policy, policyTrouble, runnerName, runnerFolder }: PolicySearch): string {
  if (policyTrouble !== null)
    throw new RunFailure('command_refused', `Runner ${runnerName} begins no run: ${policyTrouble}`);
  const root = realpathOrNull(spec.repoRoot);
  const isAllowed = (folders: readonly string[], path: string): boolean =>
    folders.some((folder) => isInside(realpathOrNull(folder) ?? folder, path));
  // Of a folder outside the roots, nothing is said but that: not even whether it exists.
  if (!isAllowed(policy.roots, root ?? spec.repoRoot)) {
    const refusal = `${spec.repoRoot} is outside the folders that the policy of runner ${runnerName} allows`;
    const worthAllowing = rootWorthAllowing(spec.repoRoot);
    throw new RunFailure(
      'path_refused',
      worthAllowing === null
        ? withSetting(refusal, 'roots', runnerFolder)
        : withHint(refusal, `add ${quoted([worthAllowing])} to "roots"`, runnerFolder),
    );
  }
  if (root === null)
    throw new RunFailure('repo_missing', `There is no folder ${spec.repoRoot} on runner ${runnerName}`);
  if (spec.allowedRoots.length > 0 && !isAllowed(spec.allowedRoots, root))
    throw new RunFailure('path_refused', `${spec.repoRoot} is outside the folders that the agent's config allows`);
  if (isInside(runnerFolder, root))
    throw new RunFailure('path_refused', `${spec.repoRoot} is in the runner's own folder`);
  checkGrant(spec, root);
  if (!statSync(root).isDirectory()) throw new RunFailure('repo_missing', `${spec.repoRoot} is not a folder`);
  if (!policy.allowOtherOwners && isForeign(root)) {
    throw new RunFailure(
      'path_refused',
      withHint(
        `${spec.repoRoot} belongs to another user than runner ${runnerName}`,
        'set "allowOtherOwners" to true',
        runnerFolder,
      ),
    );
  }
  return root;
}

/** As they are to be written into the file. */
function quoted(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(', ');
}
