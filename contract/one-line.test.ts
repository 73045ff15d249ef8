import { expect, test } from 'vitest';
import { title } from './fields.ts';

test.each([
  ['an override', 'Fix \u202e xyz', 'Fix  xyz'],
  ['an isolate that is never closed', 'Fix \u2067xyz', 'Fix xyz'],
  ['an embedding', 'Fix \u202bxyz\u202c', 'Fix xyz'],
  ['an escape sequence', 'Fix \u001b[31mxyz', 'Fix  [31mxyz'],
  ['several lines', 'Fix\r\n\u2028xyz', 'Fix xyz'],
  ['marks that a language needs', 'תקן \u200f(1)', 'תקן \u200f(1)'],
])('a title with %s is one line that leaves its neighbours alone', (_name, given, kept) => {
  expect(title.parse(given)).toBe(kept);
});

test('one of nothing else is no title', () => {
  expect(title.safeParse('\u202e\n').success).toBe(false);
});
