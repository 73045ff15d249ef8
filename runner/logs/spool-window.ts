import type { Masker, Surroundings } from './mask.ts';
import type { ProgramDigit } from './spool-files.ts';
import type { SpoolReader } from './spool-reader.ts';
import { decode } from './split-lines.ts';
import { withoutInvisible } from './visible-text.ts';

/** Read along with every window, to see how the line before it ended. */
const PEEK_BYTES = 64;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const ESC = 0x1b;
const SPACE = 0x20;
const DEL = 0x7f;

/** A stretch of a spool whose lines are taken, and a look at what stands around it. */
export class SpoolWindow {
  readonly bytes: Buffer;
  /** It reaches to the end of what is visible. */
  readonly isAll: boolean;
  private readonly peeked: Buffer;
  private readonly behind: number;

  constructor(
    private readonly source: { reader: SpoolReader; masker: Masker },
    private readonly digit: ProgramDigit,
    private readonly at: number,
    private readonly seen: number,
    maxBytes: number,
  ) {
    this.behind = source.masker.maxChars === 0 ? 0 : Math.min(PEEK_BYTES, at);
    this.peeked = source.reader.read(digit, at - this.behind, this.behind + Math.min(seen - at, maxBytes));
    this.bytes = this.peeked.subarray(this.behind);
    this.isAll = at + this.bytes.length >= seen;
  }

  /**
   * The text before and after a stretch of lines, where a secret may be divided by its borders: a token that was
   * wrapped, base64 in lines. Undefined nearly always, after a look at four bytes each.
   */
  around(from: number, to: number): Surroundings | undefined {
    const { reader, masker } = this.source;
    if (masker.maxChars === 0) return undefined;
    const isBefore = this.isDividedAt(from);
    const isAfter = this.isDividedAt(to);
    if (!isBefore && !isAfter) return undefined;
    const start = this.at + from;
    const end = this.at + to;
    const first = Math.max(0, start - masker.maxBytes);
    return {
      before: isBefore ? decode(reader.read(this.digit, first, start - first)) : '',
      after: isAfter ? decode(reader.read(this.digit, end, Math.min(masker.maxBytes, this.seen - end))) : '',
    };
  }

  private isDividedAt(place: number): boolean {
    const { peeked } = this;
    let last = this.behind + place - 1;
    while (last >= 0 && isBlank(peeked[last] ?? 0)) last -= 1;
    let first = this.behind + place;
    while (first < peeked.length && isBlank(peeked[first] ?? 0)) first += 1;
    if (last < 0) return false;
    // What is not in the window has to be looked at, if it is there.
    if (first >= peeked.length) return !this.isAll;
    const [one = 0, two = 0, three = 0, four = 0] = [peeked[last - 1], peeked[last], peeked[first], peeked[first + 1]];
    const isPlain =
      two < DEL &&
      three >= SPACE &&
      three < DEL &&
      !peeked.subarray(Math.max(0, last - PEEK_BYTES), last + 1).includes(ESC);
    return isPlain
      ? this.source.masker.mayCross(one, two, three, four)
      : this.isDividedBehindSequences(last + 1, first);
  }

  /** Most lines of a colourful log begin or end with a sequence: what stands before and behind these counts. */
  private isDividedBehindSequences(end: number, start: number): boolean {
    const before = withoutInvisible(this.peeked.toString('latin1', Math.max(0, end - PEEK_BYTES), end));
    const after = withoutInvisible(
      this.peeked.toString('latin1', start, Math.min(start + PEEK_BYTES, this.peeked.length)),
    );
    const [one = 0, two = 0] = [before.charCodeAt(before.length - 2), before.charCodeAt(before.length - 1)];
    const [three = 0, four = 0] = [after.charCodeAt(0), after.charCodeAt(1)];
    // Nothing to be seen so near, or part of a character of several bytes: not told from here.
    if (Number.isNaN(two) || Number.isNaN(three) || two >= DEL || three >= DEL) return true;
    return this.source.masker.mayCross(one || 0, two, three, four || 0);
  }
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === LF || byte === CR;
}
