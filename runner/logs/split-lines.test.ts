import { expect, test } from 'vitest';
import { MAX_LOG_LINE_BYTES } from '#contract/limits.ts';
import { createMasker } from './mask.ts';
import { CONTINUED_MARK, CONTINUES_MARK, MAX_PART_BYTES, takeLine } from './split-lines.ts';

const none = createMasker([]);

function linesOf(bytes: Buffer | string, masker = none): string[] {
  const buffer = Buffer.from(bytes as string);
  const lines: string[] = [];
  let at = 0;
  let isContinued = false;
  for (;;) {
    const line = takeLine(buffer, at, isContinued, true, true, masker);
    if (!line) return lines;
    if (line.text !== null) lines.push(line.text);
    at = line.next;
    isContinued = line.isContinued;
  }
}

test.each([
  ['newlines, and a last line without one', 'a\nb\n\nc', ['a', 'b', '', 'c']],
  ['carriage return and newline', 'a\r\nb\r\r\nc\r\n', ['a', 'b', 'c']],
  ['a bare carriage return is a line of progress', '\r10%\r20%\r\rdone\n', ['10%', '20%', 'done']],
  ['NUL and invalid UTF-8 become U+FFFD', Buffer.from([0x61, 0, 0x62, 0xff, 0xfe, 0x0a]), ['a\uFFFDb\uFFFD\uFFFD']],
])('%s', (_name, bytes, expected) => {
  expect(linesOf(bytes)).toEqual(expected);
});

test('an unfinished line is held, and so is a carriage return that may be half of a line end', () => {
  expect(takeLine(Buffer.from('abc'), 0, false, true, false, none)).toBeNull();
  expect(takeLine(Buffer.from('abc\r'), 0, false, true, false, none)).toBeNull();
  expect(takeLine(Buffer.from('abc\rd'), 0, false, true, false, none)?.text).toBe('abc');
});

test.each([
  ['plain', 'x'.repeat(50_000)],
  ['of three-byte characters', '\u20ac'.repeat(20_000)],
  ['of four-byte characters', '\u{1F600}'.repeat(15_000)],
])('a long line %s comes in marked parts of at most 16 KiB that join to the line', (_name, long) => {
  const lines = linesOf(`${long}\nnext\n`);
  expect(lines.at(-1)).toBe('next');
  const parts = lines.slice(0, -1);
  expect(parts.length).toBeGreaterThan(2);
  for (const part of parts) expect(Buffer.byteLength(part)).toBeLessThanOrEqual(MAX_LOG_LINE_BYTES);
  expect(parts.slice(0, -1).every((part) => part.endsWith(CONTINUES_MARK))).toBe(true);
  expect(parts.slice(1).every((part) => part.startsWith(CONTINUED_MARK))).toBe(true);
  expect(parts.map((part) => part.replace(CONTINUED_MARK, '').replace(CONTINUES_MARK, '')).join('')).toBe(long);
});

test('binary lines stay under the limit although each byte may become three', () => {
  const bytes = Buffer.alloc(100_000, 0xfe);
  for (const line of linesOf(bytes)) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(MAX_LOG_LINE_BYTES);
});

test('a line one byte either side of the limit', () => {
  expect(linesOf(`${'x'.repeat(MAX_PART_BYTES)}\n`)).toHaveLength(1);
  expect(linesOf(`${'x'.repeat(MAX_PART_BYTES + 1)}\n`)).toHaveLength(2);
});

test('a secret across the place where a long line is split is masked', () => {
  const secret = 'correct-horse-battery-staple';
  const masker = createMasker([secret]);
  for (let shift = 0; shift <= secret.length; shift += 1) {
    const text = linesOf(`${'x'.repeat(MAX_PART_BYTES - shift)}${secret}${'y'.repeat(100)}\n`, masker)
      .map((part) => part.replace(CONTINUED_MARK, '').replace(CONTINUES_MARK, ''))
      .join('');
    expect(text).toBe(`${'x'.repeat(MAX_PART_BYTES - shift)}***${'y'.repeat(100)}`);
  }
});
