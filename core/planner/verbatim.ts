import { cutText } from '#contract/cut-text.ts';
import { MAX_TITLE_CHARS } from '#contract/limits.ts';

/** Words that nobody has read, as the title of a task: their first line, or as much of it as fits. */
export function titleOfWords(text: string): string {
  const [line = ''] = text.trim().split(/\r?\n/);
  const words = line
    .replace(/^[\s#>*_~`-]+/, '')
    .replace(/[\s*_~`]+$/, '')
    .replace(/\s+/g, ' ');
  return cutText(words || text.trim().replace(/\s+/g, ' '), MAX_TITLE_CHARS / 2, '…');
}
