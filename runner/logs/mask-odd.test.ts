import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { buildBatch } from './batch.ts';
import { createSpools } from './marks.ts';
import { createMasker } from './mask.ts';
import { SPOOL_FILES, startPosition, type Segment } from './spool-files.ts';
import { SpoolReader } from './spool-reader.ts';

const TOKEN = 'ovm_4f9Kq27xZpLw81TbRy';
const [HEAD, TAIL] = [TOKEN.slice(0, 9), TOKEN.slice(9)];
const masker = createMasker([TOKEN]);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ovm-mask-'));
  createSpools(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a reader may put together from a text: nothing of the token's halves may be in it. */
function expectHidden(text: string): void {
  expect(text).toContain('***');
  for (const part of [HEAD, TAIL, HEAD.slice(-6), TAIL.slice(0, 6)]) expect(text).not.toContain(part);
}
const encodeAll = (text: string, prefix: string, isUpper: boolean): string =>
  [...Buffer.from(text)]
    .map(
      (byte) =>
        prefix + (isUpper ? byte.toString(16).padStart(2, '0').toUpperCase() : byte.toString(16).padStart(2, '0')),
    )
    .join('');

test.each([
  ['a reset of colour', `${HEAD}\u001b[0m${TAIL}`],
  ['a colour before each character', [...TOKEN].map((character, n) => `\u001b[38;5;${n}m${character}`).join('')],
  ['a one-byte control sequence', `${HEAD}\u009b1m${TAIL}`],
  ['a cursor that is moved', `${HEAD}\u001b[1C\u001b[1D${TAIL}`],
  ['a title that is set', `${HEAD}\u001b]0;title\u0007${TAIL}`],
  ['a title without an end', `\u001b]0;${HEAD}\u0000${TAIL}`],
  ['a link in it', `${HEAD}\u001b]8;;http://a.example\u001b\\${TAIL}\u001b]8;;\u001b\\`],
  ['a link around it, in its address', `\u001b]8;;http://a.example/${HEAD}\u200b${TAIL}\u001b\\here\u001b]8;;\u001b\\`],
  ['a character set that is chosen', `${HEAD}\u001b(B${TAIL}`],
  ['a space of no width', `${HEAD}\u200b${TAIL}`],
  ['a joiner between all characters', [...TOKEN].join('\u200d')],
  ['a byte order mark', `${HEAD}\ufeff${TAIL}`],
  ['a soft hyphen', `${HEAD}\u00ad${TAIL}`],
  ['marks of direction', `${HEAD}\u202e\u202c\u2066\u2069${TAIL}`],
  ['a tag character', `${HEAD}\u{e0041}${TAIL}`],
  ['a backspace that is not obeyed', `${HEAD}\b${TAIL}`],
  ['a backspace that is', `${HEAD}x\b${TAIL}`],
  ['characters struck twice, as bold', [...TOKEN].map((character) => `${character}\b${character}`).join('')],
  ['a carriage return', `${HEAD}\r${TAIL}`],
  ['a bell, a delete', `${HEAD}\u0007\u007f${TAIL}`],
  ['what NUL has become', [...TOKEN].join('\ufffd')],
  ['the end of a line', `${HEAD}\n${TAIL}`],
  ['the end of a line and an indent', `${HEAD} \r\n    ${TAIL}`],
  ['the ends of many lines', [...TOKEN].join('\n')],
  ['colour at the end of a line', `${HEAD}\u001b[0m\n\u001b[31m${TAIL}`],
  ['percent encoding in capitals', encodeAll(TOKEN, '%', true)],
  ['percent encoding', encodeAll(TOKEN, '%', false)],
  ['percent encoding of some', `ovm%5F4f9%4Bq27x${TOKEN.slice(12)}`],
  ['percent encoding twice', encodeAll(encodeAll(TOKEN, '%', true), '%', true)],
  ['escapes of JSON', encodeAll(TOKEN, '\\u00', false)],
  ['escapes of C', encodeAll(TOKEN, '\\x', true)],
  ['a written end of a line', `${HEAD}\\n${TAIL}`],
])('a token with %s in it is masked', (_name, form) => {
  expectHidden(masker.mask(`before ${form} after`));
  expect(masker.mask(`before ${form} after`)).toMatch(/^before [\s\S]*after$/);
});

test('base64 in lines is masked, wherever the lines end', () => {
  for (const width of [4, 7, 10, 20, 64, 76]) {
    for (const shift of [0, 1, 2, 50]) {
      const encoded = Buffer.from(`${'x'.repeat(shift)}${TOKEN}${'y'.repeat(60)}`).toString('base64');
      const masked = masker.mask(encoded.replace(new RegExp(`.{${width}}`, 'g'), '$&\n'));
      expect(masked.split('\n')).toHaveLength(Math.floor(encoded.length / width) + 1);
      // What is left decodes to nothing of it.
      const left = Buffer.from(masked.replace(/\n/g, '').replaceAll('***', ''), 'base64').toString('latin1');
      expect([width, shift, left.includes(TAIL.slice(2, 8)), left.includes(HEAD.slice(2, 8))]).toEqual([
        width,
        shift,
        false,
        false,
      ]);
    }
  }
});

test('a secret outside ASCII, in whatever encoding of its bytes', () => {
  const other = createMasker(['pässwörter-42']);
  for (const form of [
    'pässwörter-42',
    encodeURIComponent('pässwörter-42'),
    encodeAll('pässwörter-42', '\\x', false),
    'päss\u001b[1mwörter-42',
    'pässw\nörter-42',
  ])
    expect(other.mask(`<${form}>`)).toMatch(/^<[*\n]+>$/);
});

test('what is not secret stays as it is, however odd', () => {
  for (const text of [
    '\u001b[31mred\u001b[0m',
    'a\bb',
    '100%25 of C:\\new',
    'zero\u200bwidth',
    'a\r\nb\rc',
    'x\u001b]0;t',
    'ovm_\n4f9K',
    '%ff%fe',
    `${HEAD} ${TAIL}`,
  ])
    expect(masker.mask(text)).toBe(text);
});

const linesOf = (printed: string | Buffer, cuts: number[] = []): string[] => {
  writeFileSync(join(folder, SPOOL_FILES.stdout), printed);
  const size = Buffer.byteLength(printed);
  const reader = new SpoolReader(folder);
  const lines: string[] = [];
  let position = startPosition();
  for (const to of [...cuts, size]) {
    const segments: Segment[] = [[1, to]];
    for (;;) {
      const batch = buildBatch({ reader, masker }, position, segments);
      lines.push(...batch.messages);
      position = batch.position;
      if (batch.messages.length === 0) break;
    }
  }
  reader.close();
  return lines;
};

test.each([
  ['by the end of a line', `first\n${HEAD}\n${TAIL}\nlast\n`, ['first', '***', '***', 'last']],
  ['by a carriage return', `first\n${HEAD}\r${TAIL}\nlast\n`, ['first', '***', '***', 'last']],
  [
    'by colours at the ends of lines',
    `\u001b[1mfirst\n${HEAD}\u001b[0m\n\u001b[1m${TAIL}\u001b[0m\nlast\n`,
    ['\u001b[1mfirst', '***', '***\u001b[0m', 'last'],
  ],
  ['by NUL between all characters', `first\n${[...TOKEN].join('\0')}\nlast\n`, ['first', '***', 'last']],
])('a log in which a token is divided %s keeps its lines and hides it', (_name, printed, expected) => {
  expect(linesOf(printed)).toEqual(expected);
});

test('a token that is divided between two batches is hidden as far as it could be seen', () => {
  const filler = Array.from({ length: 999 }, (_, n) => `line ${n}`).join('\n');
  const printed = `${filler}\n${HEAD}\n${TAIL}\nlast\n`;
  expect(linesOf(printed).slice(-3)).toEqual(['***', '***', 'last']);
  // The second half comes later: the first is told by then, and told again it is not.
  const later = linesOf(printed, [Buffer.byteLength(`${filler}\n${HEAD}\n`)]);
  expect(later.slice(-2)).toEqual(['***', 'last']);
});

test('a token with colours in it is hidden where a line that is too long is divided', () => {
  const colourful = [...TOKEN].map((character) => `\u001b[31m${character}`).join('');
  for (const offset of [0, 40, 80, 120]) {
    const text = linesOf(`${'x'.repeat(16_384 - 64 - offset)}${colourful}${'y'.repeat(20_000)}\n`).join('');
    expect([offset, text.includes('***'), /4.{0,6}f.{0,6}9.{0,6}K/.test(text)]).toEqual([offset, true, false]);
  }
});

test('ordinary output is not looked at closely', () => {
  const text = Array.from(
    { length: 20_000 },
    (_, n) => `2026-01-01T00:00:00Z worker ${n} compiled src/components/Button${n}.tsx in ${n % 97} ms`,
  ).join('\n');
  const measure = (run: () => void): number => {
    run();
    const fromMs = performance.now();
    for (let round = 0; round < 5; round += 1) run();
    return (performance.now() - fromMs) / 5;
  };
  // 1.6 MB: about 6 ms; without the short cuts it is hundreds.
  expect(measure(() => void masker.mask(text))).toBeLessThan(150);
});
