import { expect, test } from 'vitest';
import { cutMiddle, cutStart, cutText } from './cut-text.ts';

const CHARACTERS = ['a', 'é', 'e\u0301', '🔥', '👍🏽', '👩‍👩‍👧‍👦', '🇩🇪', '한', 'क्षि', '\r\n'];

test('no limit tears a character, at the start or at the end', () => {
  for (const character of CHARACTERS) {
    const text = `ab${character.repeat(9)}cd`;
    for (let maxChars = 0; maxChars <= text.length + 1; maxChars += 1) {
      for (const cut of [cutText(text, maxChars), cutStart(text, maxChars)]) {
        expect(cut.length).toBeLessThanOrEqual(maxChars);
        expect(cut.length).toBeGreaterThan(Math.min(maxChars, text.length) - Math.max(character.length, 1));
        expect(cut.replaceAll(character, '').replaceAll(/[abcd]/g, '')).toBe('');
      }
      expect(cutMiddle(text, Math.max(3, maxChars)).isWellFormed()).toBe(true);
    }
  }
});

test('a mark counts, and stands behind no space', () => {
  expect(cutText('one two three', 8, '…')).toBe('one two…');
  expect(cutText('one two three', 9, '…')).toBe('one two…');
  expect(cutText('one two', 7, '…')).toBe('one two');
  expect(cutMiddle('0123456789', 5)).toBe('01…89');
});

test('marks piled on marks are cut all the same, and never inside a pair', () => {
  const pile = `a${'\u0301'.repeat(5_000)}`;
  expect(cutText(pile, 1_000)).toHaveLength(1_000);
  const joined = '🔥\u200d'.repeat(2_000);
  for (let maxChars = 996; maxChars < 1_002; maxChars += 1) {
    expect(cutText(joined, maxChars).isWellFormed()).toBe(true);
    expect(cutText(joined, maxChars).length).toBeGreaterThan(maxChars - 2);
    expect(cutStart(joined, maxChars).isWellFormed()).toBe(true);
  }
});

test('flags are cut between flags, however many there are', () => {
  const flags = '🇩🇪'.repeat(500);
  for (let maxChars = 1_000; maxChars < 1_008; maxChars += 1)
    expect(cutText(flags, maxChars)).toHaveLength(Math.floor(maxChars / 4) * 4);
});
