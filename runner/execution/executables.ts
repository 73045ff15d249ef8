import { cutText } from '#contract/cut-text.ts';
import type { RunSpec } from '#contract/run-spec.ts';
import { dirname } from 'node:path';
import type { KeeperCommand } from './keeper-protocol.ts';
import { RunFailure } from './outcome.ts';
import { isInside, realpathOrNull } from './paths.ts';
import { withHint, withSetting, type RunnerPolicy } from './policy.ts';
import { findProgram, foldersOfPath, isExecutableFile } from './programs-on-path.ts';
import { isProgramWorthAllowing } from './worth-allowing.ts';

const MAX_ARGUMENT_CHARS = 80;
const MAX_COMMAND_CHARS = 300;

export interface ExecutableSearch {
  policy: Pick<RunnerPolicy, 'executables' | 'roots'>;
  /** The runner's own PATH. */
  searchPath: string;
  /** The runner's own folder: agents write below it. */
  runnerFolder: string;
  runnerName: string;
}

/** Folders of a PATH from which programs may come: absolute ones in which no agent works. One that can not be looked at is not among them. */
export function trustedFolders(search: ExecutableSearch): string[] {
  const isTrusted = trustedBy(search);
  return foldersOfPath(search.searchPath).filter((folder) => {
    try {
      return isTrusted(folder);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      return false;
    }
  });
}

/**
 * The PATH of a run's programs: the trusted folders, and behind them those of the programs that the policy names by their
 * path. With nvm and the like, the Node.js that such a program is started with is beside it.
 */
export function pathFoldersFor(
  { setup, commands }: Pick<RunSpec, 'setup' | 'commands'>,
  search: ExecutableSearch,
): string[] {
  const named = [...setup, ...commands]
    .flatMap(([name = '']) => entryFor(name, search.policy)?.path ?? [])
    .map((file) => dirname(file));
  return [...new Set([...trustedFolders(search), ...named])];
}

function trustedBy(search: ExecutableSearch): (folder: string) => boolean {
  return (folder) => realpathOrNull(folder) !== null && rootAround(folder, search) === null;
}

/** @returns the folder of agents' work that it lies in, as the policy has it; null: in none */
function rootAround(folder: string, { policy, runnerFolder }: ExecutableSearch): string | null {
  const real = realpathOrNull(folder);
  if (real === null) return null;
  return [...policy.roots, runnerFolder].find((root) => isInside(realpathOrNull(root) ?? root, real)) ?? null;
}

function entryFor(
  name: string,
  { executables }: ExecutableSearch['policy'],
): RunnerPolicy['executables'][string] | null {
  return Object.hasOwn(executables, name) ? (executables[name] ?? null) : null;
}

/**
 * Finds a command's program: only names that the policy lists, only where the policy or the runner's own PATH says,
 * never in a repository.
 * @throws RunFailure command_refused or command_missing; internal, which is tried again, when that can not be found out now
 */
export function resolveCommand(argv: readonly string[], search: ExecutableSearch): KeeperCommand {
  const [name = '', ...args] = argv;
  const entry = entryFor(name, search.policy);
  if (!entry) {
    const known = Object.keys(search.policy.executables).sort().join(', ') || 'none';
    const refusal = `The policy of runner ${search.runnerName} does not allow the agent's command \`${name}\` (allowed: ${known})`;
    throw new RunFailure('command_refused', withAdvice(refusal, name, search));
  }
  const file = fileOf(name, entry.path, search);
  if (file === null) throw missing(name, entry.path, search);
  return { file, args: [...entry.args, ...args], display: displayOf(argv) };
}

function fileOf(name: string, path: string | undefined, search: ExecutableSearch): string | null {
  try {
    if (path === undefined) return findProgram(name, foldersOfPath(search.searchPath), trustedBy(search));
    return isExecutableFile(path) ? path : null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new RunFailure(
      'internal',
      `Whether the agent's command \`${name}\` is installed on runner ${search.runnerName} could not be found out (${message})`,
      [],
      { cause: error },
    );
  }
}

function missing(name: string, path: string | undefined, search: ExecutableSearch): RunFailure {
  const where = path ?? trustedFolders(search).join(', ');
  const hidden = path === undefined ? installedInRoot(name, search) : null;
  if (hidden === null)
    return new RunFailure(
      'command_missing',
      `The agent's command \`${name}\` is not installed on runner ${search.runnerName} (looked in ${where})`,
    );
  const refusal = `The agent's command \`${name}\` is installed on runner ${search.runnerName} at ${hidden.file}, inside a root: ${hidden.root}. Programs from where agents work are not taken, since an agent may have written them`;
  return new RunFailure(
    'command_missing',
    isProgramWorthAllowing(name)
      ? withHint(
          refusal,
          `write ${JSON.stringify(name)}: { "path": ${JSON.stringify(hidden.file)} } into "executables", or narrower "roots",`,
          search.runnerFolder,
        )
      : withSetting(refusal, 'executables', search.runnerFolder),
  );
}

/** Where PATH has a program that is not taken, since agents work around it; never of the runner's own folder, where they write without being asked. */
function installedInRoot(name: string, search: ExecutableSearch): { file: string; root: string } | null {
  const rootOf = (folder: string): string | null => rootAround(folder, search);
  try {
    const file = findProgram(name, foldersOfPath(search.searchPath), (folder) => {
      const root = rootOf(folder);
      return root !== null && root !== search.runnerFolder;
    });
    return file === null ? null : { file, root: rootOf(dirname(file)) ?? '' };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return null;
  }
}

function withAdvice(refusal: string, name: string, { runnerFolder }: ExecutableSearch): string {
  if (isProgramWorthAllowing(name))
    return withHint(refusal, `add ${JSON.stringify(name)}: {} to "executables"`, runnerFolder);
  const words = name.trim().split(/\s+/);
  return words.length > 1
    ? `${refusal}. A command is a list: write ${JSON.stringify(words)}`
    : withSetting(refusal, 'executables', runnerFolder);
}

/** A command for people's eyes, never for a shell: long arguments shortened. */
function displayOf(argv: readonly string[]): string {
  const words = argv
    .map((word) => cutText(word, MAX_ARGUMENT_CHARS, '…'))
    .map((word) => (/[\s"']/.test(word) ? JSON.stringify(word) : word));
  return cutText(words.join(' '), MAX_COMMAND_CHARS, '…');
}
