import type { KeeperCommand } from './keeper-protocol.ts';
import { RunFailure } from './outcome.ts';
import { isInside, realpathOrNull } from './paths.ts';
import { withHint, type RunnerPolicy } from './policy.ts';
import { findProgram, foldersOfPath, isExecutableFile } from './programs-on-path.ts';
import { isProgramWorthAllowing } from './worth-allowing.ts';

export interface ExecutableSearch {
  policy: Pick<RunnerPolicy, 'executables' | 'roots'>;
  /** The runner's own PATH. */
  searchPath: string;
  /** The runner's own folder: agents write below it. */
  runnerFolder: string;
  runnerName: string;
}

/** Folders of a PATH from which programs may come: absolute ones in which no agent works. */
export function trustedFolders({ policy, searchPath, runnerFolder }: ExecutableSearch): string[] {
  const forbidden = [...policy.roots, runnerFolder].map(realpathOrNull).filter((root) => root !== null);
  return foldersOfPath(searchPath).filter((folder) => {
    const real = realpathOrNull(folder);
    return real !== null && !forbidden.some((root) => isInside(root, real));
  });
}

/**
 * Finds a command's program: only names that the policy lists, only where the policy or the runner's own PATH says,
 * never in a repository.
 * @throws RunFailure command_refused or command_missing
 */
export function resolveCommand(argv: readonly string[], search: ExecutableSearch): KeeperCommand {
  const [name = '', ...args] = argv;
  const entry = Object.hasOwn(search.policy.executables, name) ? search.policy.executables[name] : undefined;
  if (!entry) {
    const known = Object.keys(search.policy.executables).sort().join(', ') || 'none';
    const refusal = `The policy of runner ${search.runnerName} does not allow the agent's command \`${name}\` (allowed: ${known})`;
    throw new RunFailure('command_refused', withAdvice(refusal, name, search));
  }
  const folders = trustedFolders(search);
  const ownFile = entry.path !== undefined && isExecutableFile(entry.path) ? entry.path : null;
  const file = entry.path === undefined ? findProgram(name, folders) : ownFile;
  if (file === null) {
    const where = entry.path ?? folders.join(', ');
    throw new RunFailure('command_missing', `The agent's command \`${name}\` is not installed on runner ${search.runnerName} (looked in ${where})`);
  }
  return { file, args: [...entry.args, ...args], display: displayOf(argv) };
}

function withAdvice(refusal: string, name: string, { runnerFolder }: ExecutableSearch): string {
  if (isProgramWorthAllowing(name)) return withHint(refusal, `add ${JSON.stringify(name)}: {} to "executables"`, runnerFolder);
  const words = name.trim().split(/\s+/);
  return words.length > 1 ? `${refusal}. A command is a list: write ${JSON.stringify(words)}` : refusal;
}

/** A command for people's eyes, never for a shell: long arguments shortened. */
function displayOf(argv: readonly string[]): string {
  const words = argv.map((word) => (word.length > 80 ? `${word.slice(0, 77)}…` : word)).map((word) => (/[\s"']/.test(word) ? JSON.stringify(word) : word));
  const text = words.join(' ');
  return text.length > 300 ? `${text.slice(0, 297)}…` : text;
}
