import { MAX_PATH_CHARS } from '#contract/limits.ts';

const inWords = (count: number): string => count.toLocaleString('en');

/** Why no machine needs to be asked about a typed path; null: it is not too long. */
export function whyTooLong(path: string): string | null {
  return path.length > MAX_PATH_CHARS
    ? `These are ${inWords(path.length)} characters; a path has at most ${inWords(MAX_PATH_CHARS)}.`
    : null;
}

/**
 * Why a typed text can not be sent as a repository; null: the server is to judge.
 * @param text trimmed, not empty
 * @param kept the repository that there is now, which nothing else is chosen instead of
 */
export function whyNoRepository(
  text: string,
  { isAdmin, kept }: { isAdmin: boolean; kept: string | null },
): string | null {
  if (text.startsWith('/')) return whyTooLong(text);
  const otherwise = kept === null ? 'Empty this field to go without one.' : `Empty this field to keep ${kept}.`;
  return `Choose a repository from the list${isAdmin ? ', or type its whole path, which starts with "/"' : ''}. ${otherwise}`;
}
