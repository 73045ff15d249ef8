const characters = new Intl.Segmenter('und', { granularity: 'grapheme' });
/** More code units than any character that people write. What is longer, marks piled on marks, is cut inside, at a code point. */
const MAX_CHARACTER_CHARS = 64;
const FLAG_LETTER = /^\p{Regional_Indicator}$/u;

/**
 * The start of a text: at most so many UTF-16 code units, and never a part of a character. Half a surrogate pair is
 * refused by PostgreSQL's jsonb, and part of an emoji or of an accented letter is another one.
 * @param mark put behind what was cut, such as "…"; it counts
 */
export function cutText(text: string, maxChars: number, mark = ''): string {
  if (text.length <= maxChars) return text;
  const kept = text.slice(0, boundaryBefore(text, maxChars - mark.length));
  return mark === '' ? kept : kept.trimEnd() + mark;
}

/** The end of a text, cut in the same way. */
export function cutStart(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : text.slice(boundaryAfter(text, text.length - maxChars));
}

/** The start and the end of a text, with "…" for what was between them. */
export function cutMiddle(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  const halfChars = Math.floor((maxChars - 1) / 2);
  return `${cutText(text, halfChars)}…${cutStart(text, halfChars)}`;
}

function boundaryBefore(text: string, at: number): number {
  return at <= 0 ? 0 : characterAround(text, at).from;
}

function boundaryAfter(text: string, at: number): number {
  const { from, to } = characterAround(text, at);
  return from === at ? at : to;
}

/** The character that a place lies in, or begins. Only its neighbourhood is read, so a long text costs no more. */
function characterAround(text: string, at: number): { from: number; to: number } {
  const start = startOfReading(text, Math.max(0, at - MAX_CHARACTER_CHARS));
  const found = characters.segment(text.slice(start, at + MAX_CHARACTER_CHARS)).containing(at - start);
  const from = start + (found?.index ?? at - start);
  const length = found?.segment.length ?? 1;
  if (length < MAX_CHARACTER_CHARS) return { from, to: from + length };
  const isInPair = isHigh(text, at - 1) && isLow(text, at);
  return isInPair ? { from: at - 1, to: at + 1 } : { from: at, to: at + 1 };
}

/** Flags are pairs counted from the first of a row. */
function startOfReading(text: string, from: number): number {
  let start = isLow(text, from) ? from - 1 : from;
  while (start >= 2 && FLAG_LETTER.test(text.slice(start - 2, start))) start -= 2;
  return start;
}

function isHigh(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xd800;
}

function isLow(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}
