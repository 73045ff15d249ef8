import {
  inspectAgentObjects,
  inWorkspace,
  readAgentHead,
  readAgentRefs,
  readInitialRefs,
  writeAlternates,
} from './agent-repository.ts';
import { compareTrees, SUBMODULE } from './compare-trees.ts';
import { GitError, type Git } from './git.ts';
import type { BytePath } from './byte-paths.ts';
import type { Workspace } from './workspace-record.ts';
import { inUserRepository } from './user-repository.ts';

/** Small packs are unpacked, as Git's own fetch does; many small packs would slow the user's repository down. */
const UNPACK_MAX_FILES = 1_000;
const UNPACK_MAX_BYTES = 16 * 1024 * 1024;
/** Branches that are looked at; an agent that leaves more has been told of enough. */
const MAX_TOLD = 50;

/** What the agent has committed itself. */
export interface AgentCommits {
  /** The result goes on top of this commit. */
  parent: string;
  /** Folders that it has committed as repositories of their own. */
  nested: BytePath[];
  /** Said to people: what could not be taken over, and stays in the folder. */
  leftOver: string[];
}

/**
 * Takes the agent's own commits over into the user's objects. Each object's name is computed anew on the way: what a
 * reviewer sees, and what is merged, comes from there alone.
 */
export async function takeAgentCommits(git: Git, workspace: Workspace): Promise<AgentCommits> {
  const { startCommit } = workspace;
  const none: AgentCommits = { parent: startCommit, nested: [], leftOver: [] };
  const head = readAgentHead(workspace);
  if (head === null || head === startCommit) return none;
  const objects = inspectAgentObjects(workspace);
  if (objects === null)
    return { ...none, leftOver: ["the agent's own commits: its repository has links among its objects"] };
  writeAlternates(workspace);
  try {
    const input = `${head}\n^${startCommit}\n^${workspace.baseCommit}\n`;
    const place = inWorkspace(workspace);
    const isSmall = objects.files <= UNPACK_MAX_FILES && objects.bytes <= UNPACK_MAX_BYTES;
    await git.pipe(
      ['pack-objects', '--revs', '--stdout', '--thin', '--delta-base-offset', '-q'],
      { ...place, env: { GIT_OBJECT_DIRECTORY: objects.folder }, input },
      isSmall ? ['unpack-objects', '-q', '--strict'] : ['index-pack', '--stdin', '--fix-thin', '--strict'],
      place,
    );
    const { code } = await git.ask(['merge-base', head, startCommit], { ...place, okCodes: [1] });
    if (code !== 0)
      return {
        ...none,
        leftOver: [
          "the agent's own commits, which have no history in common with the repository; its files are taken in all the same",
        ],
      };
    const { files } = await compareTrees(git, place, startCommit, head);
    return {
      parent: head,
      nested: files.filter(({ mode, was }) => mode === SUBMODULE && was.mode !== SUBMODULE).map(({ path }) => path),
      leftOver: [],
    };
  } catch (error) {
    if (
      !(error instanceof GitError) ||
      /No space left|quota exceeded|Read-only file system|insufficient permission/i.test(error.stderr)
    )
      throw error;
    return {
      ...none,
      leftOver: [
        `the agent's own commits can not be read (${error.stderr.trim().split('\n').at(-1) ?? error.message})`,
      ],
    };
  }
}

/** Branches, tags and stashes in the agent's repository that are in nothing else. @returns their names */
export async function findLeftBranches(git: Git, workspace: Workspace, head: string): Promise<string[]> {
  const initial = readInitialRefs(workspace);
  const known = new Set([head, workspace.startCommit, workspace.baseCommit, ...initial.values()]);
  const made = readAgentRefs(workspace).filter(
    ({ name, object }) => /^refs\/(heads\/|tags\/|stash$)/.test(name) && !known.has(object),
  );
  const objects = made.length > 0 ? inspectAgentObjects(workspace) : null;
  if (objects === null) return made.map(({ name }) => shortName(name));
  const left: string[] = [];
  for (const { name, object } of made.slice(0, MAX_TOLD)) {
    const { code, stdout } = await git.ask(
      ['rev-list', '--max-count=1', object, '--not', head, workspace.startCommit],
      { ...inWorkspace(workspace), env: { GIT_OBJECT_DIRECTORY: objects.folder }, okCodes: [128] },
    );
    if (code !== 0 || stdout.trim() !== '') left.push(shortName(name));
  }
  return left;
}

/** Where the work and the base branch, as it is now, part: what a reviewer is to see is what lies after that. */
export async function findMergeBase(git: Git, workspace: Workspace, commit: string): Promise<string> {
  const places = { topLevel: workspace.root, gitDir: workspace.userGitDir };
  const { code, stdout } = await git.ask(['merge-base', `refs/heads/${workspace.baseBranch}`, commit], {
    ...inUserRepository({ places }),
    okCodes: [1, 128],
  });
  return code === 0 ? stdout.trim() : workspace.baseCommit;
}

const shortName = (name: string): string => (name === 'refs/stash' ? 'a stash' : name.replace(/^refs\/(heads\/)?/, ''));
