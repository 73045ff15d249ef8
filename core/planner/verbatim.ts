import { cutText } from '#contract/cut-text.ts';
import { MAX_TITLE_CHARS } from '#contract/limits.ts';
import { oneLine } from '#contract/one-line.ts';

/** Words that nobody has read, as the title of a task: their first line, or as much of it as fits. */
export function titleOfWords(text: string): string {
  const [line = ''] = text.trim().split(/\r?\n/);
  const words = oneLine(line)
    .replace(/^[\s#>*_~`-]+/, '')
    .replace(/[\s*_~`]+$/, '')
    .replace(/\s+/g, ' ');
  return cutText(words || oneLine(text).trim().replace(/\s+/g, ' ') || 'Untitled', MAX_TITLE_CHARS / 2, '…');
}
