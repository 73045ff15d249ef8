import type { RunSpec } from '#contract/run-spec.ts';
import { carryFiles } from './carry.ts';
import { assertPlacesAllowed, assertPlacesOwned, readRepositoryPlaces } from './repository-places.ts';
import type { RunHost } from './run-host.ts';
import { emptySubmodules, unfilteredFiles } from './submodules.ts';
import { openUserRepository } from './user-repository.ts';
import { makeWorkspace } from './workspace.ts';
import type { Workspace } from './workspace-record.ts';
import { writeJson } from './write-json.ts';

/**
 * Finds the repository that a run is for, holds all its parts against the policy, and makes the task's folder.
 * @param folder the project's folder, links followed and inside the roots
 * @param recordFile where the run's own record of it goes
 * @param signal aborted: nobody waits for it any more, and what takes long is left out
 * @returns notes for the log
 * @throws RunFailure path_refused, repo_missing, worktree_failed
 */
export async function openWorkspace(
  host: RunHost,
  spec: RunSpec,
  folder: string,
  recordFile: string,
  signal: AbortSignal,
): Promise<{ workspace: Workspace; notes: string[] }> {
  const { policy, runnerName, git, env, runnerFolder } = host;
  const places = readRepositoryPlaces(folder);
  assertPlacesAllowed(places, { roots: policy.roots, runnerFolder, runnerName });
  if (!policy.allowOtherOwners) assertPlacesOwned(places, runnerName);
  const repository = await openUserRepository(git, {
    folder,
    places,
    baseBranch: spec.baseBranch,
    env,
    trustedFilters: policy.filters,
  });
  const order = {
    runnerFolder,
    runId: spec.runId,
    taskId: spec.taskId ?? spec.runId,
    projectId: spec.projectId,
    title: spec.prompt.title,
    branch: spec.branch,
    startFromBranch: spec.startFromBranch,
    recordFile,
    logger: host.logger,
  };
  const { workspace, note } = await makeWorkspace(git, repository, order);
  const carried = await carryFiles(git, repository, workspace, {
    rules: spec.carry,
    deniedGlobs: [...policy.deniedGlobs, ...spec.deniedGlobs],
    signal,
  });
  const whole = { ...workspace, carried: carried.paths };
  writeJson(recordFile, whole);
  const start = `${note ? `${note}. ` : ''}Working on ${workspace.branch}, from ${workspace.baseBranch} at ${workspace.baseCommit.slice(0, 10)}, in ${workspace.path}`;
  return {
    workspace: whole,
    notes: [
      start,
      ...unfilteredFiles(workspace.path, repository.settings.filters.untrusted),
      ...emptySubmodules(workspace.path),
      ...carried.notes,
    ],
  };
}
