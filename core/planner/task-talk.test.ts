import { expect, test } from 'vitest';
import { formatShortId } from '#contract/short-ids.ts';
import { readTaskTalk } from './task-talk.ts';

const read = (text: string): string | null => {
  const talk = readTaskTalk(text);
  return talk && `${talk.kind} ${talk.shortIds.map(formatShortId).join(' ')}`;
};

test.each([
  ['cancel SHOP-12', 'cancel SHOP-12'],
  ['Please cancel task shop-12.', 'cancel SHOP-12'],
  ['can you drop SHOP-12, SHOP-13 and shop2-4 please?', 'cancel SHOP-12 SHOP-13 SHOP2-4'],
  ['abort the task SHOP-1 & SHOP-2', 'cancel SHOP-1 SHOP-2'],
  ['what about shop-12?', 'ask SHOP-12'],
  ['and what about SHOP-12', 'ask SHOP-12'],
  ["what's up with SHOP-12?", 'ask SHOP-12'],
  ['What’s the status of SHOP-12?', 'ask SHOP-12'],
  ['how is shop-12 going?', 'ask SHOP-12'],
  ['where are SHOP-12 and SHOP-13?', 'ask SHOP-12 SHOP-13'],
  ['status of SHOP-12', 'ask SHOP-12'],
  ['show me SHOP-12', 'ask SHOP-12'],
  ['tell me about SHOP-12', 'ask SHOP-12'],
  ['is SHOP-12 done yet?', 'ask SHOP-12'],
  ['why is SHOP-12 blocked?', 'ask SHOP-12'],
  ['any news on SHOP-12?', 'ask SHOP-12'],
  ['SHOP-12', 'ask SHOP-12'],
  ['shop-12?', 'ask SHOP-12'],
  ['SHOP-12 still running?', 'ask SHOP-12'],
])('%s', (text, expected) => {
  expect(read(text)).toBe(expected);
});

test.each([
  'Fix the header as in SHOP-12',
  'cancel SHOP-12 buttons when the dialog closes',
  'Add a cancel button',
  'drop the SHOP-12 table from the report and add a test',
  'Upgrade to UTF-8',
  'what about the login page?',
  'cancel SHOP-0',
  'cancel it',
  'SHOP-12: fix the header',
  '',
])('is an ask like any other: %s', (text) => {
  expect(read(text)).toBeNull();
});

test('is read in no time, whatever is said', () => {
  const startedAt = performance.now();
  for (const text of [
    'what about '.repeat(27),
    `cancel ${'ab-1,'.repeat(58)}`,
    `is ${'ab-1 '.repeat(58)}`,
    'please '.repeat(42),
  ])
    readTaskTalk(text);
  expect(performance.now() - startedAt).toBeLessThan(200);
});
