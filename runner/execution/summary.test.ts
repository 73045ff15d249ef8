import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSpools } from '../logs/marks.ts';
import { createMasker } from '../logs/mask.ts';
import { SPOOL_FILES } from '../logs/spool-files.ts';
import { temporaryFolder } from '../testing/programs.ts';
import { lastParagraph, summarize } from './summary.ts';

describe('lastParagraph', () => {
  test.each([
    [
      'what follows the last blank line',
      'working\n\nFirst part.\n\nAll done.\nTests pass.\n',
      'All done.\nTests pass.',
    ],
    [
      'a line of nothing but space or colour is blank',
      'a\n  \u001b[2m\u001b[0m \r\n\u001b[32mDone\u001b[0m at last\r\n\n\n',
      'Done at last',
    ],
    [
      'without a blank line, the last few lines',
      Array.from({ length: 9 }, (_, n) => `line ${n}`).join('\n'),
      'line 4\nline 5\nline 6\nline 7\nline 8',
    ],
    ['one line', 'just this', 'just this'],
    ['progress that writes over itself', '10%\r50%\r100%\r\n\ndone', 'done'],
    ['what no terminal shows', 'x\n\nbell\u0007 and \u0000nothing', 'bell and nothing'],
  ])('%s', (_name, text, summary) => expect(lastParagraph(text)).toBe(summary));

  test.each(['', '\n\n', ' \u001b[0m\n'])('nothing was said: %j', (text) => expect(lastParagraph(text)).toBeNull());

  test('of a long paragraph the last whole lines that fit', () => {
    const summary =
      lastParagraph(
        `a\n\n${Array.from({ length: 40 }, (_, n) => `sentence number ${n} of the paragraph`).join('\n')}`,
      ) ?? '';
    expect(summary.length).toBeLessThanOrEqual(600);
    expect(summary.split('\n').length).toBeGreaterThan(10);
    expect(summary).toMatch(/^sentence number \d+ of the paragraph\n[\s\S]*\nsentence number 39 of the paragraph$/);
  });

  test('of one endless line its beginning, cut between words', () => {
    const summary = lastParagraph('some words '.repeat(300)) ?? '';
    expect(summary.length).toBeLessThanOrEqual(600);
    expect(summary).toMatch(/ (some|words)…$/);
    expect(lastParagraph('\u{1f600}'.repeat(900))).toMatch(/^(?:\u{1f600})+…$/u);
  });
});

describe('summarize', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
    createSpools(folder);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const say = (stream: 'stdout' | 'stderr', text: string): void =>
    writeFileSync(join(folder, SPOOL_FILES[stream]), text);

  test('standard output comes first, standard error only when that is empty', () => {
    expect(summarize(folder, createMasker([]))).toBeNull();
    say('stderr', 'warning\n');
    expect(summarize(folder, createMasker([]))).toBe('warning');
    say('stdout', 'log\n\nanswer\n');
    expect(summarize(folder, createMasker([]))).toBe('answer');
  });

  test.each([
    [
      'an unknown argument',
      "error: unexpected argument '--fast' found\n\nUsage: agent exec [PROMPT]\n\nFor more information, try '--help'.\n",
      "error: unexpected argument '--fast' found\n\nUsage: agent exec [PROMPT]\n\nFor more information, try '--help'.",
    ],
    [
      'what went wrong in two paragraphs, in colour',
      '\u001b[91mError: \u001b[0mUnexpected error\r\n\r\nwriteFile (/home/me/x)\r\n',
      'Error: Unexpected error\n\nwriteFile (/home/me/x)',
    ],
    ['a long log', `start\n\n${'step\n'.repeat(200)}\nfailed: no access\n`, 'failed: no access'],
  ])('of standard error alone a short text is told whole: %s', (_name, text, summary) => {
    say('stderr', text);
    expect(summarize(folder, createMasker([]))).toBe(summary);
  });

  test('secrets are masked, also where the tail that is read begins', () => {
    say('stdout', `${'secret-of-the-house '.repeat(2_000)}\nit is secret-of-the-house\n`);
    expect(summarize(folder, createMasker(['secret-of-the-house']))).toBe('it is ***');
  });
});
