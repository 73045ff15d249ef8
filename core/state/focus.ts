import { cutText } from '#contract/cut-text.ts';

const MAX_FOCUS_CHARS = 500;

/** The focus where no person has set one: the task that matters most. */
export function focusOf(title: string | undefined): string | null {
  return cutText(title?.trim() ?? '', MAX_FOCUS_CHARS) || null;
}
