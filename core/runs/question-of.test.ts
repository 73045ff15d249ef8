import { expect, test } from 'vitest';
import { MAX_QUESTION_CHARS, questionOf } from './question-of.ts';

test.each([
  ['I looked at both.\n\nWhich of the two files do you mean?', 'Which of the two files do you mean?'],
  ['Shall I go on?', 'Shall I go on?'],
  ['Done so far. **Shall I remove the old one?**', 'Done so far. **Shall I remove the old one?**'],
  ['He wrote "why?"', 'He wrote "why?"'],
  ['Fertig.\n\nSoll ich „Start“ umbenennen？', 'Soll ich „Start“ umbenennen？'],
  ['Which one?\n- The first\n- The second', 'Which one?\n- The first\n- The second'],
  ['Two ways.\n\nWhich one?\n\n1. The first\n2. The second\n', 'Which one?\n1. The first\n2. The second'],
])('%j asks %j', (summary, question) => {
  expect(questionOf(summary)).toBe(question);
});

test.each([
  [null],
  [''],
  ['Everything is done.'],
  ['Is it fast? It is.'],
  ['Why was it slow? See below.\n\nIt is fast now.'],
  ['Run this:\n\n```\ngrep -c "x?"\necho ok?\n```'],
  ['Changed:\n- a.ts\n- b.ts'],
  ['What changed?\n\nThese did:\n- a.ts\n- b.ts'],
])('%j asks nothing', (summary) => {
  expect(questionOf(summary)).toBeNull();
});

test('of a long one its end is shown', () => {
  const question = questionOf(`${'word '.repeat(200)}which one?`);
  expect(question).toHaveLength(MAX_QUESTION_CHARS);
  expect(question?.startsWith('…') && question.endsWith('which one?')).toBe(true);
});
