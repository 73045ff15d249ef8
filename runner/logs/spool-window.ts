import type { Masker, Surroundings } from './mask.ts';
import type { ProgramDigit } from './spool-files.ts';
import type { SpoolReader } from './spool-reader.ts';
import { decode } from './split-lines.ts';

/** Read along with every window, to see how the line before it ended. */
const PEEK_BYTES = 64;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DEL = 0x7f;

/** A stretch of a spool whose lines are taken, and a look at what stands around it. */
export class SpoolWindow {
  readonly bytes: Buffer;
  /** It reaches to the end of what is visible. */
  readonly isAll: boolean;
  private readonly peeked: Buffer;
  private readonly behind: number;

  constructor(private readonly source: { reader: SpoolReader; masker: Masker }, private readonly digit: ProgramDigit, private readonly at: number, private readonly seen: number, maxBytes: number) {
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
    return isOdd(two) || isOdd(three) || this.source.masker.mayCross(one, two, three, four);
  }
}

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB || byte === LF || byte === CR;
}

/** Part of a character, or of what is not seen. */
function isOdd(byte: number): boolean {
  return byte < SPACE || byte >= DEL;
}
