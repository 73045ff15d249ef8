import { statSync } from 'node:fs';
import { GitError } from './git.ts';
import { RunFailure } from './outcome.ts';
import { durationInWords } from './words.ts';

/** A lock that is older was left by a Git that could not clean up: Git itself holds one for moments. */
const STALE_LOCK_MS = 60_000;
const LOCK_IN_THE_WAY = /Unable to create '(.+?\.lock)': File exists/;

/** Another Git holds a lock, or has left it: who, nobody can say. It is never removed by us, only named, with its age. */
export class LockedFailure extends RunFailure {
  /** Nobody works that long: waiting is in vain. */
  readonly isStale: boolean;

  constructor(lockFile: string, cause?: unknown) {
    const ageMs = Date.now() - (statSync(lockFile, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
    const isStale = ageMs >= STALE_LOCK_MS;
    const sentence = isStale
      ? `${lockFile} has been there for ${durationInWords(ageMs)}: a Git that was cut off has left it, or one is still at work. If no Git is running there, remove that file, then approve again.`
      : `Another Git is at work: it holds ${lockFile}. Approve again when it has ended.`;
    super('repo_dirty', `${sentence} Nothing was changed.`, [], { cause });
    this.isStale = isStale;
  }
}

/**
 * What Git could not do, in words for people, when it is about the machine and not about us.
 * @param place whose disk or repository it is about
 */
export function explainTrouble(error: unknown, place: string): unknown {
  const lockFile = error instanceof GitError ? LOCK_IN_THE_WAY.exec(error.stderr)?.[1] : undefined;
  if (lockFile !== undefined) return new LockedFailure(lockFile, error);
  const text = error instanceof GitError ? error.stderr : ((error as NodeJS.ErrnoException).code ?? '');
  const [reason, sentence] = whyTrouble(text) ?? [];
  if (reason === undefined) return error;
  return new RunFailure(reason, `${place} ${sentence} Nothing was changed.`, [], { cause: error });
}

/** What is told of a checkout whose files could not be brought to where its branch is, and what to do. */
export function explainBehind(error: unknown, folder: string, branch: string): string {
  return ` ${whyOf(explainTrouble(error, folder))} Its files could not be brought to where ${branch} is. Mend that, put aside what you have changed in ${folder} yourself, and run \`git reset --hard\` there; before that, commit nothing there.`;
}

/** The same failure, when something was changed after all: with what is to be told of it. */
export function withNote(failure: unknown, note: string): unknown {
  if (note === '') return failure;
  const message = `${whyOf(failure)}${note}`;
  return failure instanceof RunFailure
    ? new RunFailure(failure.reason, message, failure.paths, { cause: failure })
    : new Error(message, { cause: failure });
}

/** What went wrong, without what follows from it when nothing was changed. */
export function whyOf(failure: unknown): string {
  return `${(failure as Error).message.replace(/(?:[,;] then approve again|\. Approve again when it has ended)?(?:\. Nothing was changed)?\.$/, '')}.`;
}

type Trouble = readonly [reason: 'disk_full' | 'worktree_failed' | 'repo_missing', sentence: string];

function whyTrouble(text: string): Trouble | null {
  if (/No space left|Disk quota exceeded|File too large|ENOSPC|EDQUOT|EFBIG/i.test(text))
    return ['disk_full', 'is on a disk that is full.'];
  if (/Read-only file system|EROFS/i.test(text))
    return ['worktree_failed', 'is on a disk that can only be read, so nothing can be merged there.'];
  if (/Permission denied|insufficient permission|Operation not permitted|EACCES|EPERM/i.test(text))
    return ['worktree_failed', 'holds files that the runner may not write.'];
  if (
    /corrupt|bad object|unable to read (tree|sha1|[0-9a-f]{40})|could not (read|parse)|object file .* is empty|missing (blob|tree|object)|not a (valid|tree) object|unable to unpack|inflate:|index file smaller|bad (index|signature)/i.test(
      text,
    )
  ) {
    return ['repo_missing', 'is damaged; `git fsck` there says more.'];
  }
  return null;
}
