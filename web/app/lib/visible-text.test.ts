import { expect, test } from 'vitest';
import { visibleText } from './visible-text.ts';

test.each([
  ['rm -rf build', 'rm -rf build'],
  ['two\n\tlines', 'two\n\tlines'],
  ['Grüße, 日本語 🙂', 'Grüße, 日本語 🙂'],
  ['echo \u202etset mr', 'echo \\u202etset mr'],
  ['npm\u200b test', 'npm\\u200b test'],
  ['\u001b[2Kls', '\\u001b[2Kls'],
])('%j is shown as %j', (text, shown) => {
  expect(visibleText(text)).toBe(shown);
});
