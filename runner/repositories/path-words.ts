import { sep } from 'node:path';
import { cutMiddle } from '#contract/cut-text.ts';

/** A file system takes no more in one name. @source NAME_MAX, limits.h */
const MAX_NAME_BYTES = 255;
/** So that a sentence around it keeps its end. */
const MAX_SHOWN_CHARS = 400;

export function hasTooLongName(path: string): boolean {
  return path.split(sep).some((name) => Buffer.byteLength(name) > MAX_NAME_BYTES);
}

/** A typed path in a sentence: of a long one its start and its end. */
export function pathInWords(path: string): string {
  return cutMiddle(path, MAX_SHOWN_CHARS);
}

/**
 * Of a path that is a `.git`, or in one, the checkout that it belongs to; null: it is no such path.
 * @param real links followed
 * @param kind of the repository that it lies in: a worktree that somebody has put into a `.git` is one to work in
 */
export function folderOfGitsOwn(real: string, kind: 'checkout' | 'bare' | null): string | null {
  const names = real.split(sep);
  const at = names.indexOf('.git');
  const isIt = at === names.length - 1;
  return at > 0 && (isIt || kind === 'bare') ? names.slice(0, at).join(sep) || sep : null;
}
