import { cutText } from '#contract/cut-text.ts';
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

function trustedBy({ policy, runnerFolder }: ExecutableSearch): (folder: string) => boolean {
  const forbidden = [...policy.roots, runnerFolder].map(realpathOrNull).filter((root) => root !== null);
  return (folder) => {
    const real = realpathOrNull(folder);
    return real !== null && !forbidden.some((root) => isInside(root, real));
  };
}

/**
 * Finds a command's program: only names that the policy lists, only where the policy or the runner's own PATH says,
 * never in a repository.
 * @throws RunFailure command_refused or command_missing; internal, which is tried again, when that can not be found out now
 */
export function resolveCommand(argv: readonly string[], search: ExecutableSearch): KeeperCommand {
  const [name = '', ...args] = argv;
  const entry = Object.hasOwn(search.policy.executables, name) ? search.policy.executables[name] : undefined;
  if (!entry) {
    const known = Object.keys(search.policy.executables).sort().join(', ') || 'none';
    const refusal = `The policy of runner ${search.runnerName} does not allow the agent's command \`${name}\` (allowed: ${known})`;
    throw new RunFailure('command_refused', withAdvice(refusal, name, search));
  }
  const file = fileOf(name, entry.path, search);
  if (file === null) {
    const where = entry.path ?? trustedFolders(search).join(', ');
    throw new RunFailure(
      'command_missing',
      `The agent's command \`${name}\` is not installed on runner ${search.runnerName} (looked in ${where})`,
    );
  }
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
