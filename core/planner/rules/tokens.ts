import type { Token, TokenKind } from './token.ts';
import { ABBREVIATIONS, isNamedFile, looksLikePath } from './path-shapes.ts';
import { corrected } from './spelling.ts';

const CLOSING_QUOTES: Readonly<Record<string, string>> = {
  '"': '"',
  '“': '”"“',
  '„': '“”"',
  '«': '»',
  '»': '«',
  '‹': '›',
  "'": "'",
  '‘': '’',
  '‚': '‘’',
  '”': '”',
};
const SINGLE_QUOTES = "'‘‚";
// A quote that is not closed within this distance is an apostrophe or a stray mark; the bound also keeps the search linear.
const MAX_QUOTE_CHARS = 300;
const LEADING_MARKS = '([{<*_~!?.,;:|/\\=>"\'”’';
const TRAILING_MARKS = '.,;:!?)]}>*_~|"\'”’“»…';
const COLOUR = /^#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i;
const HAS_WORD_CHARACTER = /[\p{L}\p{N}]/u;
// With the joiners and variation signs that belong to an emoji.
// eslint-disable-next-line no-misleading-character-class -- one code point at a time is tested, never a sequence
const EMOJI = /^[\p{Extended_Pictographic}\u200d\ufe0f\u20e3\u{1f1e6}-\u{1f1ff}\u{1f3fb}-\u{1f3ff}]$/u;

/** Cuts one stretch of a message into tokens, in time proportional to its length. */
export function tokenize(text: string, from = 0, to = text.length): Token[] {
  const tokens: Token[] = [];
  const unclosedRuns = new Set<number>();
  let at = from;
  while (at < to) {
    const char = text.charAt(at);
    if (isSpace(char)) {
      at += 1;
    } else if (char === '`') {
      at = readCode(text, at, to, tokens, unclosedRuns);
    } else {
      const closed = char in CLOSING_QUOTES ? closingQuote(text, at, to) : -1;
      if (closed > 0) {
        push(tokens, 'quote', text.slice(at + 1, closed), at, closed + 1);
        at = closed + 1;
      } else {
        at = readChunk(text, at, to, tokens);
      }
    }
  }
  return tokens;
}

function push(tokens: Token[], kind: TokenKind, text: string, start: number, end: number): void {
  const lower = text.toLowerCase().replaceAll('’', "'");
  tokens.push({ kind, text, lower: kind === 'word' ? corrected(lower) : lower, start, end });
}

function isSpace(char: string): boolean {
  return char === ' ' || char === '\n' || char === '\t' || char === '\r' || char === '\u00a0' || char === '\u200b';
}

/** Inline code: a run of backticks up to the next run of the same length. */
function readCode(text: string, at: number, to: number, tokens: Token[], unclosedRuns: Set<number>): number {
  let contentStart = at;
  while (contentStart < to && text.charAt(contentStart) === '`') contentStart += 1;
  const fence = contentStart - at;
  const closing = unclosedRuns.has(fence) ? -1 : text.indexOf('`'.repeat(fence), contentStart);
  if (closing < 0 || closing + fence > to) {
    unclosedRuns.add(fence);
    push(tokens, 'symbol', text.slice(at, contentStart), at, contentStart);
    return contentStart;
  }
  push(tokens, 'code', text.slice(contentStart, closing).trim(), at, closing + fence);
  return closing + fence;
}

function closingQuote(text: string, at: number, to: number): number {
  const open = text.charAt(at);
  const next = text.charAt(at + 1);
  if (next === '' || isSpace(next)) return -1;
  const isSingle = SINGLE_QUOTES.includes(open);
  if (HAS_WORD_CHARACTER.test(text.charAt(at - 1))) return -1;
  const marks = CLOSING_QUOTES[open] ?? '';
  const last = Math.min(to, at + MAX_QUOTE_CHARS);
  for (let i = at + 1; i < last; i += 1) {
    const char = text.charAt(i);
    if (char === '\n' && text.charAt(i + 1) === '\n') return -1;
    if (!marks.includes(char)) continue;
    // "don't" inside single quotes: its apostrophe has a letter after it
    if (isSingle && HAS_WORD_CHARACTER.test(text.charAt(i + 1))) continue;
    return i > at + 1 ? i : -1;
  }
  return -1;
}

/** A chunk ends at a space, at a comma or dash that holds no number together, and at an emoji. */
function readChunk(text: string, at: number, to: number, tokens: Token[]): number {
  const isUrl = /^(?:https?:\/\/|www\.)/i.test(text.slice(at, at + 8));
  let end = at;
  while (end < to && !isSpace(text.charAt(end)) && text.charAt(end) !== '`') {
    const char = String.fromCodePoint(text.codePointAt(end) ?? 0);
    const mark = isUrl ? null : separatorAt(text, end, char);
    if (mark !== null && end === at) {
      push(tokens, mark, char, at, at + char.length);
      return at + char.length;
    }
    if (mark !== null || (end > at && '"“„«»'.includes(char))) break;
    end += char.length;
  }
  splitChunk(text, at, end, tokens, isUrl);
  return end;
}

function separatorAt(text: string, at: number, char: string): 'punct' | 'symbol' | null {
  if (',;—…'.includes(char))
    return char === ',' && isDigit(text.charAt(at - 1)) && isDigit(text.charAt(at + 1)) ? null : 'punct';
  return char > '\u200c' && EMOJI.test(char) ? 'symbol' : null;
}

function isDigit(char: string): boolean {
  return char >= '0' && char <= '9';
}

function splitChunk(text: string, from: number, to: number, tokens: Token[], isUrl: boolean): void {
  let start = from;
  let end = to;
  const trailing: number[] = [];
  while (!isUrl && start < end && isLeadingMark(text, start, end)) {
    push(tokens, 'punct', text.charAt(start), start, start + 1);
    start += 1;
  }
  while (end > start && TRAILING_MARKS.includes(text.charAt(end - 1)) && !isPartOfCore(text, start, end)) {
    end -= 1;
    trailing.push(end);
  }
  if (end > start) pushCore(text, start, end, tokens, isUrl);
  for (let i = trailing.length - 1; i >= 0; i -= 1) {
    const mark = trailing[i] ?? 0;
    push(tokens, 'punct', text.charAt(mark), mark, mark + 1);
  }
}

/** `/healthz`, `./src`, `.env` and `_private` begin with a mark that belongs to them. */
function isLeadingMark(text: string, start: number, end: number): boolean {
  const char = text.charAt(start);
  if (!LEADING_MARKS.includes(char)) return false;
  // "_gently_": emphasis, while "_private" and "__init__" are names
  if (char === '_' && text.charAt(end - 1) === '_' && text.charAt(start + 1) !== '_' && end - start > 2) return true;
  if (!'./\\_<'.includes(char)) return true;
  if (char === '_' && text.charAt(start + 1) === '_') return !HAS_WORD_CHARACTER.test(text.charAt(start + 2));
  return (
    start + 1 >= end || !(char === '.' ? /[\p{L}/.]/u : /[\p{L}\p{N}]/u).test(text.charAt(start + 1)) || char === '<'
  );
}

/** The dot of `e.g.` and the brackets of `run()` and `[id]` stay with their word. */
function isPartOfCore(text: string, start: number, end: number): boolean {
  const char = text.charAt(end - 1);
  const core = text.slice(start, Math.min(end, start + 200));
  if (char === '.') return ABBREVIATIONS.has(core.toLowerCase());
  if (char === ')') return core.indexOf('(') > 0;
  if (char === ']') return core.indexOf('[') > 0;
  if (char === '*') return core.includes('/');
  if (char === '_') return core.startsWith('__');
  return false;
}

function pushCore(text: string, start: number, end: number, tokens: Token[], isUrl: boolean): void {
  const core = text.slice(start, end);
  if (isUrl) push(tokens, 'url', core, start, end);
  else if (/^[-–—→&+]+$/.test(core)) push(tokens, 'punct', core.startsWith('--') ? '—' : core, start, end);
  else if (!HAS_WORD_CHARACTER.test(core)) push(tokens, 'symbol', core, start, end);
  else if (COLOUR.test(core)) push(tokens, 'colour', core, start, end);
  else push(tokens, looksLikePath(core) || isNamedFile(core) ? 'path' : 'word', core, start, end);
}
