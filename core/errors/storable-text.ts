/// <reference lib="es2024.string" />

/**
 * PostgreSQL stores no NUL in a text, and neither NUL nor half a surrogate pair in jsonb. Here, and nowhere else,
 * is decided what becomes of them: in what a person or a program asks for they are refused (parseInput); in what a
 * program has printed they are replaced.
 */
const REPLACEMENT = '\ufffd';

export interface UnstorableText {
  path: (string | number)[];
  message: string;
}

/** Every place in a value where a text, or the name of a key, can not be stored. */
export function findUnstorable(value: unknown): UnstorableText[] {
  const found: UnstorableText[] = [];
  // Not by recursion: how deep a JSON value goes is up to who sends it.
  const open: { value: unknown; path: (string | number)[] }[] = [{ value, path: [] }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { path } = next;
    if (typeof next.value === 'string') {
      const why = whyUnstorable(next.value);
      if (why) found.push({ path, message: why });
    } else if (Array.isArray(next.value)) {
      next.value.forEach((item: unknown, i) => open.push({ value: item, path: [...path, i] }));
    } else if (typeof next.value === 'object' && next.value !== null) {
      for (const [key, item] of Object.entries(next.value)) {
        const why = whyUnstorable(key);
        if (why) found.push({ path, message: `${why} in the name of a key` });
        open.push({ value: item, path: [...path, key] });
      }
    }
  }
  return found;
}

function whyUnstorable(text: string): string | null {
  if (text.includes('\0')) return 'A text has no NUL character';
  return text.isWellFormed() ? null : 'A text has no half surrogate pairs';
}

/** The text as it can be stored: what can not be is shown as U+FFFD. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\0', REPLACEMENT);
}

/** The same for the texts in a value of plain JSON. Keys are left as they are: the contract knows them all. */
export function storableTexts(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value);
  if (Array.isArray(value)) return value.map(storableTexts);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, storableTexts(item)]));
  return value;
}
