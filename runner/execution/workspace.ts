import { existsSync, lstatSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  giveAgentIndex,
  inWorkspace,
  makeAgentRepository,
  makePrivateGitDir,
  privateGitDir,
} from './agent-repository.ts';
import { onDisk, splitPaths, statOrNull } from './byte-paths.ts';
import { GitError, type Git } from './git.ts';
import { RunFailure } from './outcome.ts';
import { assertPinnable } from './pins.ts';
import { removeTaskFolder, UndeletableError } from '../ledger/remove-folder.ts';
import type { Logger } from '../logger.ts';
import { removeInSteps } from './remove-folder.ts';
import { assertBranchFree } from './result-branch.ts';
import type { RunHost } from './run-host.ts';
import { findFolder, findStuck, newFolderName, putAside } from './task-folders.ts';
import type { UserRepository } from './user-repository.ts';
import {
  LEDGER_FOLDER,
  readFolderRecord,
  WORK_FOLDER,
  writeFolderRecord,
  type FolderRecord,
  type Workspace,
} from './workspace-record.ts';
import { writeJson } from './write-json.ts';

export interface WorkspaceOrder {
  runnerFolder: string;
  runId: string;
  taskId: string;
  projectId: string;
  title: string;
  branch: string;
  startFromBranch: string | null;
  /** Where the run's own record goes before anything is made. */
  recordFile: string;
  logger: Logger;
}

const MAX_LEFT_OVER = 100;
/** Until a run's work is taken in, its folder holds the only copy of it. */
const UNFINISHED = 'The work in it was not taken in: its run did not come to its end on this machine';

/**
 * Makes a task's folder ready for a run: a checkout with a repository of its own. The user's repository is not touched:
 * `pinCommits` gives it the ref that keeps the commits which the folder rests on.
 * @returns the workspace, and a note for the log
 * @throws RunFailure worktree_failed, repo_missing
 */
export async function makeWorkspace(
  git: Git,
  repository: UserRepository,
  order: WorkspaceOrder,
): Promise<{ workspace: Workspace; note: string | null }> {
  assertBranchFree(repository, order.branch);
  assertPinnable(repository.places);
  const { runnerFolder, taskId, title } = order;
  const { startCommit, note } = findStart(repository, order.startFromBranch);
  const earlier = findFolder(runnerFolder, taskId);
  const planned = describe(repository, order, {
    name: earlier?.name ?? newFolderName(runnerFolder, taskId, title),
    startCommit,
  });
  if (earlier) await setAsideWhatMustStay(git, runnerFolder, earlier, planned);
  const workspace = { ...planned, isFresh: lstatSync(planned.path, { throwIfNoEntry: false }) === undefined };
  try {
    await make(git, repository, order, { workspace, earlier });
    return { workspace, note };
  } catch (error) {
    const stuck = workspace.isFresh ? null : await findStuck(git, workspace, error);
    if (!earlier || stuck === null) throw asFailure(error, workspace);
    const why = `It holds what can not be changed or removed: ${stuck}`;
    const aside = await putAside(git, runnerFolder, earlier, why);
    const fresh = { ...planned, isFresh: true };
    await make(git, repository, order, { workspace: fresh, earlier }).catch((again: unknown) => {
      throw asFailure(again, fresh);
    });
    return {
      workspace: fresh,
      note: [note, `The folder of the earlier attempts is ${aside} now. ${why}`].filter(Boolean).join('. '),
    };
  }
}

async function make(
  git: Git,
  repository: UserRepository,
  order: WorkspaceOrder,
  { workspace, earlier }: { workspace: Workspace; earlier: FolderRecord | null },
): Promise<void> {
  writeJson(order.recordFile, workspace);
  makeFolders(order.runnerFolder, workspace, nextRecord(order, workspace, earlier));
  try {
    // Our record of files that are not there any more.
    if (workspace.isFresh) await removeInSteps(privateGitDir(workspace));
    makePrivateGitDir(workspace, repository);
    // Git fills the folder in a process of its own: the agent's repository is made meanwhile.
    const parts = await Promise.allSettled([
      fill(git, repository, workspace),
      makeAgentRepository(workspace, repository),
    ]);
    for (const part of parts) if (part.status === 'rejected') throw part.reason;
    giveAgentIndex(workspace);
  } catch (error) {
    await discardWorkspace({ git, runnerFolder: order.runnerFolder, logger: order.logger }, workspace, order.runId);
    throw error;
  }
}

function asFailure(error: unknown, { root }: Workspace): unknown {
  return error instanceof GitError
    ? new RunFailure('worktree_failed', `Git could not make a folder of ${root} for the task: ${error.message}`, [], {
        cause: error,
      })
    : error;
}

/**
 * A folder in which no program of the run has run: a fresh one, which holds nobody's work, goes, now or with one of the
 * ledger's next sweeps; one of earlier attempts stays as it was, and one that a later run has by now is not touched.
 */
export async function discardWorkspace(
  { git, runnerFolder, logger }: Pick<RunHost, 'git' | 'runnerFolder' | 'logger'>,
  workspace: Workspace,
  runId: string,
): Promise<void> {
  const record = readFolderRecord(runnerFolder, workspace.name);
  if (record?.lastRunId !== runId) return;
  if (!workspace.isFresh) return settleWorkspace(runnerFolder, workspace.name, []);
  await removeTaskFolder(git, runnerFolder, { ...record, keptWhy: null }).catch((trouble: unknown) => {
    if (!(trouble instanceof UndeletableError)) throw trouble;
    logger.warn(
      { folder: workspace.name, runId, why: trouble.message, err: trouble },
      'the fresh folder of a run that did not begin could not be removed; trying again later',
    );
  });
}

/** Notes that the work in a folder has been taken in, but for what is named. */
export function settleWorkspace(runnerFolder: string, name: string, leftOver: readonly string[]): void {
  const record = readFolderRecord(runnerFolder, name);
  if (!record) return;
  const keptWhy =
    leftOver.length === 0
      ? null
      : `It holds what could not be taken in: ${leftOver.slice(0, 3).join('; ')}${leftOver.length > 3 ? ' …' : ''}`;
  writeFolderRecord(runnerFolder, {
    ...record,
    state: 'kept',
    lastUsedAt: new Date().toISOString(),
    keptWhy,
    leftOver: leftOver.slice(0, MAX_LEFT_OVER),
  });
}

/** Whether the commands that get a folder ready have ended well in it once. */
export function isSetUp(workspace: Workspace): boolean {
  return existsSync(setUpMark(workspace));
}

export function noteSetUp(workspace: Workspace): void {
  writeFileSync(setUpMark(workspace), '', { mode: 0o600 });
}

/** With our record of the files: it goes when the folder is put aside. */
const setUpMark = (workspace: Workspace): string => join(privateGitDir(workspace), 'set-up');

function findStart(
  { refs, baseCommit, baseBranch }: UserRepository,
  startFromBranch: string | null,
): { startCommit: string; note: string | null } {
  if (startFromBranch === null) return { startCommit: baseCommit, note: null };
  const startCommit = refs.get(`refs/heads/${startFromBranch}`);
  if (startCommit === undefined)
    return {
      startCommit: baseCommit,
      note: `The branch ${startFromBranch} of the earlier attempt is gone: this one starts from ${baseBranch}`,
    };
  return { startCommit, note: `Continues from ${startFromBranch}` };
}

function describe(
  repository: UserRepository,
  order: WorkspaceOrder,
  { name, startCommit }: { name: string; startCommit: string },
): Workspace {
  const { places, subfolder, baseBranch, baseCommit, settings } = repository;
  const path = join(order.runnerFolder, WORK_FOLDER, name);
  return {
    name,
    path,
    cwd: join(path, subfolder),
    recordFolder: join(order.runnerFolder, LEDGER_FOLDER, name),
    root: places.topLevel,
    userGitDir: places.gitDir,
    commonDir: places.commonDir,
    objectDirs: places.objectDirs,
    baseBranch,
    baseCommit,
    branch: order.branch,
    startCommit,
    isFresh: true,
    filters: {
      trusted: [...settings.filters.trusted.values()].flat().map(([key, value]) => [key, value]),
      untrusted: settings.filters.untrusted,
    },
    carried: [],
  };
}

function nextRecord(order: WorkspaceOrder, workspace: Workspace, earlier: FolderRecord | null): FolderRecord {
  const now = new Date().toISOString();
  const { name, root, commonDir, path, baseBranch, baseCommit, branch } = workspace;
  return {
    version: 1,
    name,
    taskId: order.taskId,
    projectId: order.projectId,
    title: order.title,
    root,
    commonDir,
    path,
    subfolder: workspace.cwd === path ? '' : workspace.cwd.slice(path.length + 1),
    baseBranch,
    baseCommit,
    branch,
    attempts: (earlier?.attempts ?? 0) + 1,
    createdAt: earlier?.createdAt ?? now,
    lastUsedAt: now,
    lastRunId: order.runId,
    state: 'live',
    keptWhy: UNFINISHED,
    leftOver: [],
  };
}

/**
 * A folder with something in it that is nowhere else is put aside under a name and record of its own, and the
 * attempt gets a new one in its place; so is one that is no folder of this repository any more.
 */
async function setAsideWhatMustStay(
  git: Git,
  runnerFolder: string,
  earlier: FolderRecord,
  workspace: Workspace,
): Promise<void> {
  const isUsable =
    lstatSync(earlier.path, { throwIfNoEntry: false })?.isDirectory() === true &&
    earlier.commonDir === workspace.commonDir &&
    lstatSync(join(privateGitDir(workspace), 'index'), { throwIfNoEntry: false }) !== undefined;
  if (isUsable && earlier.keptWhy === null) return;
  if (!lstatSync(earlier.path, { throwIfNoEntry: false })) return;
  await putAside(git, runnerFolder, earlier, earlier.keptWhy ?? "It is no checkout of the task's repository any more");
}

/** The record comes first: what a crash leaves is found by it. */
function makeFolders(runnerFolder: string, workspace: Workspace, record: FolderRecord): void {
  for (const folder of [join(runnerFolder, WORK_FOLDER), join(runnerFolder, LEDGER_FOLDER), workspace.recordFolder])
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFolderRecord(runnerFolder, record);
  mkdirSync(workspace.path, { recursive: true, mode: 0o755 });
}

async function fill(git: Git, repository: UserRepository, workspace: Workspace): Promise<void> {
  await git.run(['read-tree', '--reset', '-u', workspace.startCommit], inWorkspace(workspace));
  if (!workspace.isFresh) await removeStrangers(git, workspace);
  if (!lstatSync(workspace.cwd, { throwIfNoEntry: false })?.isDirectory())
    throw new RunFailure(
      'repo_missing',
      `${workspace.baseBranch} of ${workspace.root} has no folder ${repository.subfolder}`,
    );
}

/** What an earlier attempt left and is in its branch: this one starts from its own commit. Ignored files, such as installed packages, stay. */
async function removeStrangers(git: Git, workspace: Workspace): Promise<void> {
  const { bytes } = await git.ask(
    ['ls-files', '-z', '--others', '--exclude-standard', '--directory'],
    inWorkspace(workspace),
  );
  for (const path of splitPaths(bytes)) {
    const file = onDisk(workspace.path, path.replace(/\/$/, ''));
    if (path !== '.git/' && statOrNull(file)) await removeBytes(file);
  }
}

async function removeBytes(file: Buffer): Promise<void> {
  // Only names that are no UTF-8 need the bytes; the other way knows how to deal with read-only folders.
  await removeInSteps(file.toString('utf8').includes('\ufffd') ? file : file.toString('utf8'));
}
