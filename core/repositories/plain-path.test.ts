import { expect, test } from 'vitest';
import { plainPath } from './plain-path.ts';

test.each([
  ['/home/me/code/../shop', 'Type the path without "..": /home/me/shop'],
  ['/home/me/shop/..', 'Type the path without "..": /home/me'],
  ['/../..', 'Type the path without "..": /'],
  ['shop/../web', 'An absolute path is needed: it starts with "/"'],
  ['~/shop', 'An absolute path is needed: it starts with "/"'],
  ['/a\tb', 'A path has no control characters'],
  [`/${'x'.repeat(1_024)}`, 'A path has at most 1,024 characters'],
])('%j is refused with what to type instead', (path, message) => {
  expect(plainPath.safeParse(path).error?.issues.map((issue) => issue.message)).toEqual([message]);
});

test('a path is kept in its plain form', () => {
  expect(['/a//b/./c/', '/', '/a..b/...'].map((path) => plainPath.parse(path))).toEqual(['/a/b/c', '/', '/a..b/...']);
});
