/* eslint-disable no-misleading-character-class -- control characters and single parts of characters are what this is about */

/** A text as somebody sees it, and where each of its characters stands in what was printed: [from, to). */
export interface Skeleton {
  visible: string;
  from: Int32Array;
  to: Int32Array;
}

/**
 * Characters that nobody sees, or that move what is seen: controls but for tab and line feed, what stands for a byte
 * that was no text, soft hyphens, joiners, marks of direction, variation selectors, tags.
 */
const INVISIBLE =
  '\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff9-\\ufffd';
const TAGS = '\\udb40[\\udc00-\\udfff]';
/** Percent-encoded, or written as an escape of JSON, JavaScript or C. */
const ESCAPED = '%[0-9a-fA-F]{2}|\\\\u00[0-9a-fA-F]{2}|\\\\x[0-9a-fA-F]{2}|\\\\[rn]';

const ODD = new RegExp(`[${INVISIBLE}\\udb40]|${ESCAPED}`);
/** ECMA-48: control sequences, control strings (OSC, DCS, …; without an end they go to the end of the line), and the rest. */
const SEQUENCE =
  '(?:\\u001b\\[|\\u009b)[0-?]*[ -/]*[@-~]?|(?:\\u001b[\\]PX^_]|[\\u0090\\u0098\\u009d-\\u009f])[^\\u0007\\u001b\\u009c\\n]*(?:\\u0007|\\u001b\\\\|\\u009c)?|\\u001b[ -/]*[0-~]?';
const END_OF_LINE = '[ \\t\\r]*\\n[ \\t]*';

const WHOLE_SEQUENCES = new RegExp(`${SEQUENCE}|${TAGS}|[${INVISIBLE}]|${END_OF_LINE}`, 'g');
const ALL_BUT_BACKSPACES = new RegExp(`${SEQUENCE}|${TAGS}|(?!\\u0008)[${INVISIBLE}]|${END_OF_LINE}`, 'g');
const SINGLE_CHARACTERS = new RegExp(`${TAGS}|[${INVISIBLE}]|${END_OF_LINE}`, 'g');
const CONTROL_STRING = /\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f]/;
const BACKSPACE = '\b';
const ESCAPES = new RegExp(`(?:${ESCAPED})+`, 'g');
const HAS_ESCAPES = new RegExp(ESCAPED);
const ESCAPE = new RegExp(ESCAPED, 'g');

/** Whether a text may look different from what it is made of. Fast: it is asked about everything that is printed. */
export function looksOdd(text: string): boolean {
  return ODD.test(text);
}

/** The text without what is not seen, lines put together. */
export function withoutInvisible(text: string): string {
  return text.replace(WHOLE_SEQUENCES, '');
}

/**
 * What a text may look like, to a terminal, to a browser, and after the usual decoding: without what is not seen, with
 * lines put together, with backspaces that remove and that do not, with escapes as the characters they stand for.
 */
export function skeletonsOf(text: string): Skeleton[] {
  const skeletons = [without(text, WHOLE_SEQUENCES)];
  if (text.includes(BACKSPACE)) skeletons.push(typedOver(without(text, ALL_BUT_BACKSPACES)));
  // A control string swallows what a browser shows.
  if (CONTROL_STRING.test(text)) skeletons.push(without(text, SINGLE_CHARACTERS));
  // Twice: what is in an address of an address is encoded twice.
  for (const skeleton of [...skeletons]) {
    for (let decoded = skeleton, round = 0; round < 2 && HAS_ESCAPES.test(decoded.visible); round += 1) {
      decoded = unescaped(decoded);
      skeletons.push(decoded);
    }
  }
  return skeletons;
}

/** Collects a skeleton piece by piece. */
class Collector {
  private visible = '';
  private count = 0;
  private readonly from: Int32Array;
  private readonly to: Int32Array;

  constructor(maxLength: number) {
    this.from = new Int32Array(maxLength);
    this.to = new Int32Array(maxLength);
  }

  /** Characters [start, end) of a skeleton as they are. */
  copy(source: Skeleton, start: number, end: number): void {
    this.visible += source.visible.slice(start, end);
    this.from.set(source.from.subarray(start, end), this.count);
    this.to.set(source.to.subarray(start, end), this.count);
    this.count += end - start;
  }

  /** Characters that stand for all of [from, to) of what was printed. */
  add(characters: string, from: number, to: number): void {
    this.visible += characters;
    for (const end = this.count + characters.length; this.count < end; this.count += 1) {
      this.from[this.count] = from;
      this.to[this.count] = to;
    }
  }

  get skeleton(): Skeleton {
    return { visible: this.visible, from: this.from.subarray(0, this.count), to: this.to.subarray(0, this.count) };
  }
}

function without(text: string, pattern: RegExp): Skeleton {
  const from = new Int32Array(text.length);
  const to = new Int32Array(text.length);
  let visible = '';
  let count = 0;
  let at = 0;
  const keep = (end: number): void => {
    visible += text.slice(at, end);
    for (; at < end; at += 1, count += 1) {
      from[count] = at;
      to[count] = at + 1;
    }
  };
  for (const match of text.matchAll(pattern)) {
    keep(match.index);
    at = match.index + match[0].length;
  }
  keep(text.length);
  return { visible, from: from.subarray(0, count), to: to.subarray(0, count) };
}

/** Each backspace takes the character before it. */
function typedOver(source: Skeleton): Skeleton {
  const kept: number[] = [];
  for (let index = 0; index < source.visible.length; index += 1) {
    if (source.visible[index] === BACKSPACE) kept.pop();
    else kept.push(index);
  }
  const collector = new Collector(kept.length);
  for (const index of kept) collector.copy(source, index, index + 1);
  return collector.skeleton;
}

/** Escapes as what they stand for; a row of them is put together as UTF-8. */
function unescaped(source: Skeleton): Skeleton {
  const collector = new Collector(source.visible.length);
  let at = 0;
  const placeOf = (index: number, length: number): [from: number, to: number] => [
    source.from[index] ?? 0,
    source.to[index + length - 1] ?? 0,
  ];
  for (const row of source.visible.matchAll(ESCAPES)) {
    collector.copy(source, at, row.index);
    at = row.index + row[0].length;
    // The written end of a line, as the end of a line, is nothing.
    const parts = [...row[0].matchAll(ESCAPE)]
      .map((match) => ({
        byte: Number.parseInt(/[0-9a-fA-F]{2}$/.exec(match[0])?.[0] ?? '', 16),
        index: row.index + match.index,
        length: match[0].length,
      }))
      .filter(({ byte }) => !Number.isNaN(byte));
    if (parts.every(({ byte }) => byte < 0x80))
      for (const { byte, index, length } of parts) collector.add(String.fromCharCode(byte), ...placeOf(index, length));
    else
      collector.add(Buffer.from(parts.map(({ byte }) => byte)).toString('utf8'), ...placeOf(row.index, row[0].length));
  }
  collector.copy(source, at, source.visible.length);
  return collector.skeleton;
}
