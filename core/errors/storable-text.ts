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

/** More of them tell nobody more. */
const MAX_FOUND = 100;

/** A place in a value, as a chain: copying the path at each level would make a deep value quadratic. */
interface Place {
  value: unknown;
  key: string | number | null;
  parent: Place | null;
}

/** The places in a value where a text, or the name of a key, can not be stored; the first hundred that are found. */
export function findUnstorable(value: unknown): UnstorableText[] {
  const found: UnstorableText[] = [];
  // Not by recursion: how deep a JSON value goes is up to who sends it.
  const open: Place[] = [{ value, key: null, parent: null }];
  for (let place = open.pop(); place && found.length < MAX_FOUND; place = open.pop()) {
    if (typeof place.value === 'string') {
      const why = whyUnstorable(place.value);
      if (why) found.push({ path: pathTo(place), message: why });
    } else if (Array.isArray(place.value)) {
      for (const [key, item] of place.value.entries()) open.push({ value: item, key, parent: place });
    } else if (typeof place.value === 'object' && place.value !== null) {
      for (const [key, item] of Object.entries(place.value)) {
        const why = whyUnstorable(key);
        if (why) found.push({ path: pathTo(place), message: `${why} in the name of a key` });
        open.push({ value: item, key, parent: place });
      }
    }
  }
  return found;
}

function pathTo(place: Place): (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: Place | null = place; at; at = at.parent) if (at.key !== null) path.push(at.key);
  return path.reverse();
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
