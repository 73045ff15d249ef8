import { accessSync, constants, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { giveAgentIndex, inWorkspace, makeAgentRepository, makePrivateGitDir, privateGitDir } from './agent-repository.ts';
import { onDisk, splitPaths, statOrNull } from './byte-paths.ts';
import { GitError, type Git } from './git.ts';
import { RunFailure } from './outcome.ts';
import { pinRef, startRef } from './pins.ts';
import { removeTaskFolder, UndeletableError } from '../ledger/remove-folder.ts';
import { removeFolder } from './remove-folder.ts';
import { assertBranchFree } from './result-branch.ts';
import { inUserRepository, type UserRepository } from './user-repository.ts';
import { folderName, LEDGER_FOLDER, readFolderRecord, WORK_FOLDER, writeFolderRecord, type FolderRecord, type Workspace } from './workspace-record.ts';
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
}

const MAX_LEFT_OVER = 100;
/** Until a run's work is taken in, its folder holds the only copy of it. */
const UNFINISHED = 'The work in it was not taken in: its run did not come to its end on this machine';

/**
 * Makes a task's folder ready for a run: a checkout with a repository of its own. The user's repository gets one ref,
 * which keeps the commits that the folder rests on; nothing else of it is touched.
 * @returns the workspace, and a note for the log
 * @throws RunFailure worktree_failed, repo_missing
 */
export async function makeWorkspace(git: Git, repository: UserRepository, order: WorkspaceOrder): Promise<{ workspace: Workspace; note: string | null }> {
  assertBranchFree(repository, order.branch);
  const { startCommit, note } = findStart(repository, order.startFromBranch);
  const earlier = findFolder(order);
  const name = earlier?.name ?? folderName(order.taskId, order.title);
  const planned = describe(repository, order, { name, startCommit });
  if (earlier) setAsideWhatMustStay(order.runnerFolder, earlier, planned);
  const isFresh = lstatSync(planned.path, { throwIfNoEntry: false }) === undefined;
  const workspace = { ...planned, isFresh };
  writeJson(order.recordFile, workspace);
  makeFolders(order.runnerFolder, workspace);
  writeFolderRecord(order.runnerFolder, nextRecord(order, workspace, earlier));
  try {
    makePrivateGitDir(workspace, repository);
    // Git fills the folder in a process of its own: the agent's repository is made meanwhile.
    const parts = await Promise.allSettled([
      fill(git, repository, workspace, isFresh),
      Promise.resolve().then(() => makeAgentRepository(workspace, repository)),
    ]);
    for (const part of parts) if (part.status === 'rejected') throw part.reason;
    giveAgentIndex(workspace);
  } catch (error) {
    await discardWorkspace(git, order.runnerFolder, workspace).catch((trouble: unknown) => {
      if (!(trouble instanceof UndeletableError)) throw trouble;
    });
    if (error instanceof GitError) throw new RunFailure('worktree_failed', `Git could not make a folder of ${workspace.root} for the task: ${error.message}`, [], { cause: error });
    throw error;
  }
  return { workspace, note };
}

/**
 * A folder in which no program has run: a fresh one goes, one of earlier attempts stays as it was.
 * @throws UndeletableError; the ledger tries again
 */
export async function discardWorkspace(git: Git, runnerFolder: string, workspace: Workspace): Promise<void> {
  settleWorkspace(runnerFolder, workspace.name, []);
  const record = workspace.isFresh ? readFolderRecord(runnerFolder, workspace.name) : null;
  if (record) await removeTaskFolder(git, runnerFolder, record);
}

/** Notes that the work in a folder has been taken in, but for what is named. */
export function settleWorkspace(runnerFolder: string, name: string, leftOver: readonly string[]): void {
  const record = readFolderRecord(runnerFolder, name);
  if (!record) return;
  const keptWhy = leftOver.length === 0 ? null : `It holds what could not be taken in: ${leftOver.slice(0, 3).join('; ')}${leftOver.length > 3 ? ' …' : ''}`;
  writeFolderRecord(runnerFolder, { ...record, state: 'kept', lastUsedAt: new Date().toISOString(), keptWhy, leftOver: leftOver.slice(0, MAX_LEFT_OVER) });
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

function findStart({ refs, baseCommit, baseBranch }: UserRepository, startFromBranch: string | null): { startCommit: string; note: string | null } {
  if (startFromBranch === null) return { startCommit: baseCommit, note: null };
  const startCommit = refs.get(`refs/heads/${startFromBranch}`);
  if (startCommit === undefined) return { startCommit: baseCommit, note: `The branch ${startFromBranch} of the earlier attempt is gone: this one starts from ${baseBranch}` };
  return { startCommit, note: `Continues from ${startFromBranch}` };
}

/** The folder an earlier attempt had: its name stays, also when the task is called something else by now. */
function findFolder({ runnerFolder, taskId }: WorkspaceOrder): FolderRecord | null {
  const folder = join(runnerFolder, LEDGER_FOLDER);
  if (!lstatSync(folder, { throwIfNoEntry: false })) return null;
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(`-${taskId.slice(-8)}`)) continue;
    const record = readFolderRecord(runnerFolder, name);
    if (record?.taskId === taskId && record.state !== 'removing') return record;
  }
  return null;
}

function describe(repository: UserRepository, order: WorkspaceOrder, { name, startCommit }: { name: string; startCommit: string }): Workspace {
  const { places, subfolder, baseBranch, baseCommit, settings } = repository;
  const path = join(order.runnerFolder, WORK_FOLDER, name);
  return {
    name, path, cwd: join(path, subfolder), recordFolder: join(order.runnerFolder, LEDGER_FOLDER, name), root: places.topLevel, userGitDir: places.gitDir, commonDir: places.commonDir,
    objectDirs: places.objectDirs, baseBranch, baseCommit, branch: order.branch, startCommit, isFresh: true,
    filters: { trusted: [...settings.filters.trusted.values()].flat().map(([key, value]) => [key, value]), untrusted: settings.filters.untrusted }, carried: [],
  };
}

function nextRecord(order: WorkspaceOrder, workspace: Workspace, earlier: FolderRecord | null): FolderRecord {
  const now = new Date().toISOString();
  const { name, root, commonDir, path, baseBranch, baseCommit, branch } = workspace;
  return {
    version: 1, name, taskId: order.taskId, projectId: order.projectId, title: order.title, root, commonDir, path, subfolder: workspace.cwd === path ? '' : workspace.cwd.slice(path.length + 1),
    baseBranch, baseCommit, branch, attempts: (earlier?.attempts ?? 0) + 1, createdAt: earlier?.createdAt ?? now, lastUsedAt: now, lastRunId: order.runId, state: 'live', keptWhy: UNFINISHED, leftOver: [],
  };
}

/**
 * A folder with something in it that is nowhere else is put aside under a name and record of its own, and the
 * attempt gets a new one in its place; so is one that is no folder of this repository any more.
 */
function setAsideWhatMustStay(runnerFolder: string, earlier: FolderRecord, workspace: Workspace): void {
  const isUsable = lstatSync(earlier.path, { throwIfNoEntry: false })?.isDirectory() === true && earlier.commonDir === workspace.commonDir
    && lstatSync(join(privateGitDir(workspace), 'index'), { throwIfNoEntry: false }) !== undefined;
  if (isUsable && earlier.keptWhy === null) return;
  if (!lstatSync(earlier.path, { throwIfNoEntry: false })) return;
  const name = `${earlier.name}-attempt-${earlier.attempts}`;
  const path = join(runnerFolder, WORK_FOLDER, name);
  mkdirSync(join(runnerFolder, LEDGER_FOLDER, name), { recursive: true, mode: 0o700 });
  writeFolderRecord(runnerFolder, { ...earlier, name, path, state: 'kept', keptWhy: earlier.keptWhy ?? 'It is no checkout of the task\'s repository any more' });
  renameSync(earlier.path, path);
  removeFolder(privateGitDir(workspace));
}

function makeFolders(runnerFolder: string, workspace: Workspace): void {
  for (const folder of [join(runnerFolder, WORK_FOLDER), join(runnerFolder, LEDGER_FOLDER), workspace.recordFolder]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  mkdirSync(workspace.path, { recursive: true, mode: 0o755 });
}

/** The files and the ref that keeps their commits do not wait for each other. */
async function fill(git: Git, repository: UserRepository, workspace: Workspace, isFresh: boolean): Promise<void> {
  const { startCommit, baseCommit, name } = workspace;
  const place = inWorkspace(workspace);
  const files = git.run(['read-tree', '--reset', '-u', startCommit], place);
  const start = startCommit === baseCommit ? `delete ${startRef(name)}` : `update ${startRef(name)} ${startCommit}`;
  const pinned = git.run(['update-ref', '--stdin'], { ...inUserRepository(repository), input: `update ${pinRef(name)} ${baseCommit}\n${start}\n` });
  const [filled, pin] = await Promise.allSettled([files, pinned]);
  if (filled.status === 'rejected') throw filled.reason;
  if (pin.status === 'rejected') throw whyNotPinned(workspace, pin.reason);
  if (!isFresh) await removeStrangers(git, workspace);
  if (!lstatSync(workspace.cwd, { throwIfNoEntry: false })?.isDirectory()) throw new RunFailure('repo_missing', `${workspace.baseBranch} of ${workspace.root} has no folder ${repository.subfolder}`);
}

/** Git names the file it could not make, and not why: the file system is asked. */
function whyNotPinned({ root, commonDir }: Workspace, error: unknown): unknown {
  const reasons: Readonly<Record<string, string>> = { EROFS: 'it is on a read-only disk', EACCES: 'this user may not write it' };
  try {
    accessSync(join(commonDir, 'refs'), constants.W_OK);
    return error;
  } catch (refused) {
    const why = reasons[(refused as NodeJS.ErrnoException).code ?? ''] ?? String(refused);
    return new RunFailure('worktree_failed', `The repository ${root} can not be written: ${why}. Nothing was changed.`, [], { cause: error });
  }
}

/** What an earlier attempt left and is in its branch: this one starts from its own commit. Ignored files, such as installed packages, stay. */
async function removeStrangers(git: Git, workspace: Workspace): Promise<void> {
  const { bytes } = await git.ask(['ls-files', '-z', '--others', '--exclude-standard', '--directory'], inWorkspace(workspace));
  for (const path of splitPaths(bytes)) {
    const file = onDisk(workspace.path, path.replace(/\/$/, ''));
    if (path !== '.git/' && statOrNull(file)) removeBytes(file);
  }
}

function removeBytes(file: Buffer): void {
  // Only names that are no UTF-8 need the bytes; the other way knows how to deal with read-only folders.
  removeFolder(file.toString('utf8').includes('\ufffd') ? file : file.toString('utf8'));
}
