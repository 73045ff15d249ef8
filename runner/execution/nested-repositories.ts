import { randomUUID } from 'node:crypto';
import { copyFileSync, lstatSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inWorkspace, privateGitDir } from './agent-repository.ts';
import { onDisk, printablePath, splitPaths, statOrNull, type BytePath } from './byte-paths.ts';
import { GitError, type Git } from './git.ts';
import { listReadable } from './list-readable.ts';
import type { Workspace } from './workspace-record.ts';

/** Repositories in repositories in repositories: each round looks one deeper. */
const MAX_NESTED_DEPTH = 20;

/**
 * The files of repositories inside the repository. Git does not look into a folder with a `.git` of its own, unless
 * its index already has a file there: so it is asked with a copy of our index that says so. Then every rule of what to
 * ignore holds as it would for an ordinary folder: those above it, those in it, whatever bytes its name has.
 * @param leftOver gets what could not be looked into
 */
export async function listNested(
  git: Git,
  workspace: Workspace,
  nested: Iterable<BytePath>,
  leftOver: string[],
): Promise<Set<BytePath>> {
  const folders = new Set(nested);
  const paths = new Set<BytePath>();
  if (folders.size === 0) return paths;
  const index = join(privateGitDir(workspace), 'nested-index');
  const placeholder = `.overmind-${randomUUID()}`;
  const place = inWorkspace(workspace);
  const call = { ...place, env: { ...place.env, GIT_INDEX_FILE: index } };
  copyFileSync(join(privateGitDir(workspace), 'index'), index);
  try {
    let found = [...folders];
    for (let depth = 0; found.length > 0; depth += 1) {
      if (depth > MAX_NESTED_DEPTH) {
        leftOver.push(...found.map((folder) => `${printablePath(folder)}/ is a repository too deep in others`));
        break;
      }
      await git.run(['update-index', '-z', '--index-info'], {
        ...call,
        input: Buffer.from(found.map((folder) => standIn(workspace, folder, placeholder)).join(''), 'latin1'),
      });
      const listed = await listReadable(git, workspace, ['--others', '--exclude-standard'], call, leftOver);
      found = [];
      for (const path of listed) {
        if (!path.endsWith('/')) paths.add(path);
        else if (!folders.has(path.slice(0, -1))) found.push(path.slice(0, -1));
      }
      for (const folder of found) folders.add(folder);
    }
  } finally {
    for (const file of [index, `${index}.lock`]) rmSync(file, { force: true });
  }
  const forced = await Promise.all([...folders].map((folder) => listForcedInside(git, workspace, folder)));
  for (const path of forced.flat()) paths.add(path);
  return paths;
}

/** Takes a folder's own entry away and puts a file into it; no such object has to exist. */
function standIn({ startCommit }: Workspace, folder: BytePath, placeholder: string): string {
  const digits = startCommit.length;
  return `0 ${'0'.repeat(digits)}\t${folder}\x00100644 ${'1'.repeat(digits)}\t${folder}/${placeholder}\0`;
}

/** What was added to a repository inside with force: its own rules ignore it, and its own index has it all the same. */
async function listForcedInside(git: Git, workspace: Workspace, folder: BytePath): Promise<BytePath[]> {
  const file = onDisk(workspace.path, folder);
  const cwd = file.toString('utf8');
  // A program can be given no folder whose name is no UTF-8.
  if (!Buffer.from(cwd).equals(file) || !statOrNull(join(cwd, '.git'))?.isDirectory()) return [];
  const index = join(cwd, '.git', 'index');
  if (!lstatSync(index, { throwIfNoEntry: false })?.isFile()) return [];
  const place = inWorkspace(workspace);
  try {
    const { bytes } = await git.ask(['ls-files', '-z', '--cached', '--ignored', '--exclude-per-directory=.gitignore'], {
      ...place,
      cwd,
      workTree: cwd,
      env: { ...place.env, GIT_INDEX_FILE: index },
    });
    return splitPaths(bytes).map((path) => `${folder}/${path}`);
  } catch (error) {
    // An index that the agent has broken says nothing; its files are looked at in any case.
    if (error instanceof GitError) return [];
    throw error;
  }
}
