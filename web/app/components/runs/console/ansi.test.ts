import { expect, test } from 'vitest';
import { cleanLine, plainLine, tokenizeLine } from './ansi.ts';

const E = '\u001b';

test('colours become classes, text stays text', () => {
  expect(tokenizeLine(`${E}[32m✓${E}[0m <b>ok</b> ${E}[1;31mfail${E}[0m`)).toEqual([
    { text: '✓', className: 'text-ansi-green' },
    { text: ' <b>ok</b> ', className: '' },
    { text: 'fail', className: 'text-ansi-red font-bold' },
  ]);
});

test('colours beyond the sixteen are mixed with the text colour', () => {
  expect(tokenizeLine(`${E}[38;2;1;2;3mx`)[0]?.color).toContain('rgb(1, 2, 3)');
  expect(tokenizeLine(`${E}[38;5;208mx`)[0]?.color).toContain('rgb(255, 135, 0)');
});

test.each([
  ['a title for the window', `${E}]0;pwned\u0007text`],
  ['a link', `${E}]8;;https://evil.example${E}\\text${E}]8;;${E}\\`],
  ['the clipboard', `${E}]52;c;ZXZpbA==\u0007text`],
  ['a device string', `${E}P$q${E}\\text`],
  ['cursor and screen', `${E}[2J${E}[H${E}[?25ltext${E}[3A`],
  ['other escapes', `${E}c${E}7${E}(Btext`],
  ['control characters', 'te\u0000\u0008\u0007xt\u007f'],
  ['a progress line', '10 %\r50 %\rtext\r'],
  ['an unfinished sequence', `text${E}]0;never closed`],
])('nothing but text and colour gets through: %s', (_name, line) => {
  expect(plainLine(line)).toBe('text');
});

test('text can not be reordered', () => {
  expect(cleanLine('a\u202eb')).toBe('a\ufffdb');
});

test('tabs, emoji and other scripts stay', () => {
  expect(plainLine('\tGrüße 🚀 日本語')).toBe('\tGrüße 🚀 日本語');
});
