import { expect, test } from 'vitest';
import { PROJECT_KEY } from '#contract/short-ids.ts';
import { deriveProjectKey, numberedKey } from './derive-key.ts';

test.each([
  ['Shop', 'SHOP'],
  ['overmind', 'OVER'],
  ['Web shop', 'WS'],
  ['The new billing service for everybody', 'TNBSF'],
  ["Anna's shop", 'AS'],
  ['my-first_project', 'MFP'],
  ['2048', 'PRJ'],
  ['3D engine', 'DE'],
  ['7zip', 'ZIP'],
  ['X', 'PRJ'],
  ['Straße', 'STRA'],
  ['Übersicht', 'UBER'],
  ['Łódź', 'LODZ'],
  ['Ærø færge', 'AF'],
  ['Магазин', 'MAGA'],
  ['Йод', 'IOD'],
  ['Κατάστημα', 'KATA'],
  ['商店', 'PRJ'],
  ['متجر', 'PRJ'],
  ['🛒🛒', 'PRJ'],
  ['ｓｈｏｐ', 'SHOP'],
])('%s gives the key %s', (name, key) => {
  expect(deriveProjectKey(name)).toBe(key);
  expect(key).toMatch(PROJECT_KEY);
});

test('a key with a number behind still has at most ten characters', () => {
  expect([1, 2, 12].map((n) => numberedKey('SHOP', n))).toEqual(['SHOP', 'SHOP2', 'SHOP12']);
  expect(numberedKey('ABCDEFGHIJ', 12)).toBe('ABCDEFGH12');
});
