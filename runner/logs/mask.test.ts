import { expect, test } from 'vitest';
import { collectSecrets, createMasker } from './mask.ts';

const secret = 'p@ss "word"/+:42';
const masker = createMasker([secret, 'line one of key\nline two of key']);

test.each([
  ['raw', secret],
  ['base64', Buffer.from(secret).toString('base64')],
  ['base64 behind one character', Buffer.from(`x${secret}`).toString('base64')],
  ['base64 in basic authentication', Buffer.from(`ab:${secret}`).toString('base64')],
  ['base64url', Buffer.from(secret).toString('base64url')],
  ['hex', Buffer.from(secret).toString('hex')],
  ['HEX', Buffer.from(secret).toString('hex').toUpperCase()],
  ['URL', encodeURIComponent(secret)],
  ['form', encodeURIComponent(secret).replaceAll('%20', '+')],
  ['JSON', JSON.stringify({ secret })],
  ['JSON in JSON', JSON.stringify(JSON.stringify({ secret }))],
])('a secret is masked: %s', (_name, form) => {
  const masked = masker.mask(`before ${form} after`);
  expect(masked).toContain('***');
  expect(masked).toMatch(/^before .* after$/);
  expect(masked).not.toContain(form.slice(4, -4));
});

test('each line of a secret of several lines is masked', () => {
  expect(masker.mask('line two of key')).toBe('***');
});

test('short values and other text stay', () => {
  expect(createMasker(['abc', '']).mask('abc def')).toBe('abc def');
  expect(masker.mask('nothing to hide')).toBe('nothing to hide');
});

test('listed names, telling names and telling values are secrets, other variables are not', () => {
  const env = {
    MY_TOKEN: 'token-value',
    PLAIN: 'sk-abcdefghijk',
    LANG: 'en_US.UTF-8',
    LISTED: 'listed-value',
    OTHER_TOKEN: 'not allowed',
  };
  expect(collectSecrets(env, ['LISTED', 'MISSING'], ['MY_TOKEN', 'PLAIN', 'LANG']).sort()).toEqual([
    'listed-value',
    'sk-abcdefghijk',
    'token-value',
  ]);
});

test('a text that goes on may end with the beginning of a secret', () => {
  const masker = createMasker(['hunter2hunter2']);
  for (const text of ['my hunter2', 'my hunt\n', 'my h\u200bun', 'h']) expect(masker.mayGoOn(text)).toBe(true);
  for (const text of ['my hunter?', 'my.', '', 'hunter2 is?']) expect(masker.mayGoOn(text)).toBe(false);
  expect(createMasker([]).mayGoOn('hunter2')).toBe(false);
});
