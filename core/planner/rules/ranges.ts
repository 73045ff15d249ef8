import type { Token } from './token.ts';

/** A stretch of the message: from its first character up to, without, its last. */
export type TextRange = [from: number, to: number];

export function rangeOf(tokens: readonly Token[], from: number, to: number): TextRange {
  return [tokens[from]?.start ?? 0, tokens[to - 1]?.end ?? 0];
}

/** Neighbouring stretches are joined as they stand in the message; others by a new line. */
export function wordsOf(text: string, ranges: readonly TextRange[]): string {
  const parts: string[] = [];
  let current: TextRange | null = null;
  for (const range of ranges) {
    if (
      current !== null &&
      range[0] >= current[1] &&
      range[0] - current[1] <= 12 &&
      !/\p{L}{3}/u.test(text.slice(current[1], range[0]))
    ) {
      current = [current[0], range[1]];
    } else {
      if (current !== null) parts.push(text.slice(...current));
      current = range;
    }
  }
  if (current !== null) parts.push(text.slice(...current));
  return parts
    .map(trimJoints)
    .filter((part) => part !== '')
    .join('\n');
}

function trimJoints(part: string): string {
  return part
    .replace(/^[\s,;–—&→-]{1,20}/, '')
    .replace(/^(?:and|then|but)\b[\s,]{1,10}(?=\S)/i, '')
    .replace(/[\s,;&→–—]{1,20}$/, '')
    .trim();
}
