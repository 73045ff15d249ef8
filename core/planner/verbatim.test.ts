import { expect, test } from 'vitest';
import { titleOfWords } from './verbatim.ts';

test.each([
  ['asdf \u202e xyz', 'asdf xyz'],
  ['\u2067\u202e', 'Untitled'],
  ['## **Bold** words\nand more', 'Bold** words'],
])('%j as a title is %j', (text, title) => {
  expect(titleOfWords(text)).toBe(title);
});
