import type { TextCleaner } from './clean-text.ts';

/** Nobody reads deeper, and what prints JSON has no more room on the stack than that for what somebody else has made. */
const MAX_DEPTH = 8;

/** A value as JSON. Its texts are masked as they are: in JSON they may be written in many ways. */
export function plainJson(value: unknown, cleaner: TextCleaner): string {
  return JSON.stringify(cleaned(value, cleaner, MAX_DEPTH));
}

function cleaned(value: unknown, cleaner: TextCleaner, depth: number): unknown {
  if (typeof value === 'string') return cleaner.whole(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  if (Array.isArray(value)) return value.map((held) => cleaned(held, cleaner, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, held]) => [cleaner.whole(key), cleaned(held, cleaner, depth - 1)]),
  );
}
