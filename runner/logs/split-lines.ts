import { isUtf8 } from 'node:buffer';
import { MAX_LOG_LINE_BYTES } from '#contract/limits.ts';
import type { Masker, Surroundings } from './mask.ts';

/** Put at the end of a part that goes on in the next line, and at the start of that one. */
export const CONTINUES_MARK = ' «continues»';
export const CONTINUED_MARK = '«continued» ';
/** Room for both marks, and for a mask that is longer than nothing. */
export const MAX_PART_BYTES = MAX_LOG_LINE_BYTES - 64;

const LF = 0x0a;
const CR = 0x0d;

export interface TakenLine {
  /** Null: nothing to number, only bytes to pass over (an empty line ended by a bare carriage return). */
  text: string | null;
  /** Index of the first byte that was not taken. */
  next: number;
  isContinued: boolean;
}

/** What stands around a stretch [from, to) of the window, where a secret may go on beyond it. */
type Around = (from: number, to: number) => Surroundings | undefined;

/**
 * Takes the next line from program output: `\n`, `\r\n` and a bare `\r` (progress displays) end a line; invalid
 * UTF-8 and NUL become U+FFFD; what is longer than MAX_PART_BYTES is taken in parts, never cut inside a
 * character or a secret. Depends on nothing but its arguments: the same bytes give the same lines again.
 * @param bytes a window of the spool, `start` the first byte to take
 * @param isAll the window reaches to the end of what is visible
 * @param isFlush what is left at the end of the window is a line too
 * @param around for secrets that the end of a line divides
 * @returns null when the line's end can not be told from these bytes
 */
export function takeLine(
  bytes: Buffer,
  start: number,
  isContinued: boolean,
  isAll: boolean,
  isFlush: boolean,
  masker: Masker,
  around: Around = () => undefined,
): TakenLine | null {
  // A cut must see whether a secret crosses it.
  const overlap = masker.maxBytes;
  const end = findTerminator(bytes, start, MAX_PART_BYTES + overlap + 1);
  const lineEnd = end === -1 ? bytes.length : end;
  if (lineEnd - start > MAX_PART_BYTES) {
    if (end === -1 && !isFlush && lineEnd - start < MAX_PART_BYTES + overlap) return null;
    return takePart(bytes, start, lineEnd, isContinued, masker, around);
  }
  if (end === -1) {
    if (!isFlush || start === bytes.length) return null;
    return wholeLine(bytes, start, lineEnd, bytes.length, isContinued, masker, around);
  }
  if (bytes[end] === LF) return wholeLine(bytes, start, end, end + 1, isContinued, masker, around);
  let afterReturns = end;
  while (bytes[afterReturns] === CR) afterReturns += 1;
  // A carriage return at the very end may yet turn out to be the first half of \r\n. (A whole window of nothing
  // but carriage returns is taken as it is, or it would never be passed.)
  if (afterReturns === bytes.length && !isFlush && (isAll || start > 0)) return null;
  if (bytes[afterReturns] === LF) return wholeLine(bytes, start, end, afterReturns + 1, isContinued, masker, around);
  if (end === start && !isContinued) return { text: null, next: afterReturns, isContinued: false };
  return wholeLine(bytes, start, end, afterReturns, isContinued, masker, around);
}

/** Decodes bytes as UTF-8; what is not UTF-8, and NUL (which PostgreSQL's text refuses), becomes U+FFFD. */
export function decode(bytes: Buffer): string {
  return bytes.toString('utf8').replaceAll('\0', '\uFFFD');
}

function findTerminator(bytes: Buffer, start: number, maxBytes: number): number {
  // Bounded, so that a long stretch without one of the two is not searched again for every line.
  const window = bytes.subarray(start, start + maxBytes);
  const feed = window.indexOf(LF);
  const carriage = (feed === -1 ? window : window.subarray(0, feed)).indexOf(CR);
  const found = carriage === -1 ? feed : carriage;
  return found === -1 ? -1 : start + found;
}

function wholeLine(
  bytes: Buffer,
  start: number,
  end: number,
  next: number,
  isContinued: boolean,
  masker: Masker,
  around: Around,
): TakenLine {
  const text = decode(bytes.subarray(start, end));
  // Each invalid byte can become three: such a line may need parts although its bytes are few enough.
  if (end - start > MAX_PART_BYTES / 3 && Buffer.byteLength(text) > MAX_PART_BYTES)
    return takePart(bytes, start, end, isContinued, masker, around);
  return {
    text: (isContinued ? CONTINUED_MARK : '') + masker.mask(text, around(start, end)),
    next,
    isContinued: false,
  };
}

function takePart(
  bytes: Buffer,
  start: number,
  lineEnd: number,
  isContinued: boolean,
  masker: Masker,
  around: Around,
): TakenLine {
  let cut = characterBorder(bytes, start, Math.min(start + MAX_PART_BYTES, lineEnd));
  if (!isUtf8(bytes.subarray(start, cut)) || bytes.subarray(start, cut).includes(0)) {
    cut = characterBorder(bytes, start, Math.min(start + Math.floor(MAX_PART_BYTES / 3), lineEnd));
  }
  cut = beforeSecret(bytes, start, cut, lineEnd, masker);
  const text = masker.mask(decode(bytes.subarray(start, cut)), around(start, cut));
  return { text: (isContinued ? CONTINUED_MARK : '') + text + CONTINUES_MARK, next: cut, isContinued: true };
}

/** Moves a cut back to the first byte of the character it would divide. */
function characterBorder(bytes: Buffer, start: number, cut: number): number {
  let border = cut;
  while (border > start && border > cut - 3 && border < bytes.length && ((bytes[border] ?? 0) & 0xc0) === 0x80)
    border -= 1;
  return border > start && ((bytes[border] ?? 0) & 0xc0) !== 0x80 ? border : cut;
}

function beforeSecret(bytes: Buffer, start: number, cut: number, lineEnd: number, masker: Masker): number {
  if (masker.maxChars === 0) return cut;
  const window = decode(bytes.subarray(start, Math.min(lineEnd, cut + masker.maxBytes)));
  const head = decode(bytes.subarray(start, cut)).length;
  const divided = masker.find(window).find(([from, to]) => from < head && to > head);
  if (!divided || divided[0] === 0) return cut;
  const moved = start + Buffer.byteLength(window.slice(0, divided[0]));
  // Bytes that were replaced while decoding make the sum longer than the bytes were: then the cut stays.
  return moved < cut && decode(bytes.subarray(start, moved)) === window.slice(0, divided[0]) ? moved : cut;
}
