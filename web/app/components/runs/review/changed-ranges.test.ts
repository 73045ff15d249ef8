import { expect, test } from 'vitest';
import { changedRanges, markTokens } from './changed-ranges.ts';
import type { DiffLine } from './parse-diff.ts';

const line = (kind: DiffLine['kind'], text: string): DiffLine => ({ kind, text, oldNumber: 1, newNumber: 1 });

test('the words that changed are found in lines that were replaced', () => {
  const [before, after] = [line('removed', 'return a - b;'), line('added', 'return a + b;')];
  const ranges = changedRanges([line('context', 'x'), before, after]);
  expect([ranges.get(before), ranges.get(after)]).toEqual([[[9, 10]], [[9, 10]]]);
});

test('lines that have nothing in common, and blocks of other sizes, are not compared', () => {
  expect(changedRanges([line('removed', 'alpha beta'), line('added', 'gamma delta')]).size).toBe(0);
  expect(changedRanges([line('removed', 'same one'), line('added', 'same two'), line('added', 'more')]).size).toBe(0);
});

test('coloured text is cut at the ranges', () => {
  expect(
    markTokens(
      [
        { text: 'return ', className: 'k' },
        { text: 'a - b', className: '' },
      ],
      [[5, 10]],
    ),
  ).toEqual([
    { text: 'retur', className: 'k', isMarked: false },
    { text: 'n ', className: 'k', isMarked: true },
    { text: 'a -', className: '', isMarked: true },
    { text: ' b', className: '', isMarked: false },
  ]);
});
