import { absolutePath } from '#contract/fields.ts';
import { MAX_PATH_CHARS } from '#contract/limits.ts';
import type { RepositoryCheck, RepositoryProblem } from '#contract/repositories.ts';
import { statSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { RunFailure } from '../execution/outcome.ts';
import { isInside, realpathOrNull } from '../execution/paths.ts';
import { isForeign } from '../execution/repository-places.ts';
import { isWithinRoots, type Machine } from './machine.ts';
import { folderOfGitsOwn, hasTooLongName, pathInWords } from './path-words.ts';
import {
  asLine,
  findRepository,
  headHasRef,
  isGitError,
  readFacts,
  repositoryStartsAt,
  whyRefused,
  type FoundRepository,
} from './read-repository.ts';

const MAX_MESSAGE_CHARS = 1_000;

/** Looks at one path that somebody typed and says in one sentence what is wrong with it, or where its repository starts. */
export async function checkRepositoryPath(machine: Machine, typed: string): Promise<RepositoryCheck> {
  try {
    return await look(machine, typed);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    // Whatever the file system says: who has typed the path waits for an answer.
    if (!isWithinRoots(machine.policy, resolve(typed))) return outside(typed);
    if (code === 'EACCES' || code === 'EPERM') return missing(typed);
    return answer('missing', `This runner could not look at ${pathInWords(typed)}: ${code}.`);
  }
}

async function look(machine: Machine, typed: string): Promise<RepositoryCheck> {
  const { policy } = machine;
  const real = realpathOrNull(typed);
  // Of what lies outside the roots nothing is said but that: not even whether it exists.
  if (!isWithinRoots(policy, real ?? nearestReal(typed)) || isInside(machine.runnerFolder, real ?? nearestReal(typed)))
    return outside(typed);
  if (real === null && hasTooLongName(typed))
    return answer('missing', `A name in a path has at most 255 bytes, and one in ${pathInWords(typed)} is longer.`);
  if (real === null) return missing(typed);
  if (!absolutePath.safeParse(real).success)
    return answer(
      'missing',
      `${pathInWords(typed)} leads to a path of more than ${MAX_PATH_CHARS.toLocaleString('en')} characters, or with characters that no path may have here.`,
    );
  const stat = statSync(real);
  const start = findStart(machine, stat.isDirectory() ? real : dirname(real));
  const instead = folderOfGitsOwn(real, start?.kind ?? null);
  if (instead !== null)
    return answer(
      'not_a_repository',
      `${pathInWords(typed)} belongs to Git itself. Type the folder of the repository instead: ${instead}`,
    );
  if (!stat.isDirectory()) return answer('not_a_folder', `${pathInWords(typed)} is not a folder.`);
  if (!policy.allowOtherOwners && isForeign(real))
    return answer(
      'other_owner',
      `${pathInWords(typed)} belongs to another user of the machine; the runner's policy can allow that with "allowOtherOwners".`,
    );
  if (!start)
    return answer('not_a_repository', `${pathInWords(typed)} is not a Git repository, nor in one.`, { root: real });
  const place = { root: start.root, subfolder: relative(start.root, real) };
  if (!policy.allowOtherOwners && isForeign(start.root))
    return answer('other_owner', othersSentence(start.root), place);
  try {
    return await checkRepository(machine, findRepository(start.root, start.kind), place);
  } catch (error) {
    if (error instanceof RunFailure) return answer('corrupt', `${error.message}.`, place);
    if (isGitError(error)) return answer(...whyUnreadable(start.root, error.stderr), place);
    throw error;
  }
}

async function checkRepository(
  machine: Machine,
  found: FoundRepository,
  place: { root: string; subfolder: string },
): Promise<RepositoryCheck> {
  const { git } = machine;
  const { root } = place;
  const refusal = whyRefused(machine, found);
  if (refusal === 'points_outside')
    return answer(refusal, `${root} keeps its history outside of the folders that this runner's policy allows.`, place);
  if (refusal === 'other_owner') return answer(refusal, othersSentence(root), place);
  if (found.isBare)
    return answer(
      'bare',
      `${root} is a bare repository, without files to work on. Choose a checkout or a worktree of it.`,
      place,
    );
  const facts = await readFacts(git, found);
  const topLevel = await git.run(['rev-parse', '--show-toplevel'], { cwd: root });
  if (realpathOrNull(topLevel.trimEnd()) !== root)
    return answer('corrupt', `${root} has a .git, but Git takes another folder for its checkout.`, place);
  if (!facts.lastCommit && headHasRef(found))
    return answer('corrupt', `The last commit of ${root} can not be read: the repository is damaged.`, place);
  if (!facts.lastCommit)
    return { ...answer('no_commits', `The repository ${root} has no commit yet: make a first one.`, place), facts };
  const where =
    place.subfolder === ''
      ? `A repository${facts.branch === null ? '' : ` on the branch ${facts.branch}`}.`
      : `The repository starts at ${root}; work is done in its folder ${place.subfolder}.`;
  return { problem: null, message: asLine(where, MAX_MESSAGE_CHARS), ...place, facts };
}

/** The nearest folder at or above, within the roots, in which a repository starts. */
function findStart({ policy }: Machine, real: string): { root: string; kind: 'checkout' | 'bare' } | null {
  for (let folder = real; isWithinRoots(policy, folder); folder = dirname(folder)) {
    const kind = repositoryStartsAt(folder);
    if (kind) return { root: folder, kind };
    if (folder === dirname(folder)) return null;
  }
  return null;
}

/** Where the part of a path that exists leads. */
function nearestReal(path: string): string {
  const parent = dirname(path);
  return realpathOrNull(parent) ?? (parent === path ? path : nearestReal(parent));
}

function othersSentence(root: string): string {
  return `The repository ${root} belongs to another user of the machine; the runner's policy can allow that with "allowOtherOwners".`;
}

function whyUnreadable(root: string, stderr: string): [RepositoryProblem, string] {
  if (/dubious ownership/.test(stderr))
    return ['other_owner', `The repository ${root} belongs to another user, and Git refuses to read it.`];
  return [
    'corrupt',
    `${root} can not be read as a Git repository: ${
      stderr
        .trim()
        .split('\n')
        .at(-1)
        ?.replace(/^fatal: /, '') || 'Git says nothing more'
    }.`,
  ];
}

const outside = (typed: string): RepositoryCheck =>
  answer('outside_roots', `${pathInWords(typed)} is outside the folders that this runner's policy allows.`);
const missing = (typed: string): RepositoryCheck =>
  answer('missing', `There is no folder ${pathInWords(typed)}, or this runner may not look into it.`);

function answer(
  problem: RepositoryProblem,
  message: string,
  place: { root: string | null; subfolder?: string } = { root: null },
): RepositoryCheck {
  return {
    problem,
    message: asLine(message, MAX_MESSAGE_CHARS),
    root: place.root,
    subfolder: place.subfolder ?? '',
    facts: null,
  };
}
