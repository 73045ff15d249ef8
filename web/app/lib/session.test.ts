import { expect, test } from 'vitest';
import { assertSameOrigin, readSessionToken, safeNextPath, sessionCookie } from './session.server.ts';

test('the token is found among other cookies', () => {
  expect(readSessionToken('a=1; ovm_session=ovm_usr_abc-_9; b=2')).toBe('ovm_usr_abc-_9');
  expect(readSessionToken('xovm_session=nope')).toBeNull();
  expect(readSessionToken(null)).toBeNull();
});

test('the cookie is Secure behind TLS only', () => {
  const expiresAt = new Date(0);
  expect(sessionCookie('t', { expiresAt, isHttps: true })).toMatch(/HttpOnly; SameSite=Lax; .*; Secure$/);
  expect(sessionCookie('t', { expiresAt, isHttps: false })).not.toContain('Secure');
});

test.each([
  null,
  '',
  'https://evil.example',
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  'javascript:alert(1)',
  '/sign-out',
])('a way back that leads elsewhere is dropped: %s', (next) => {
  expect(safeNextPath(next)).toBe('/projects');
});

test('a way back on this site is kept whole', () => {
  expect(safeNextPath('/projects/1?task=2')).toBe('/projects/1?task=2');
});

const post = (headers: object): Request =>
  new Request('http://localhost:3000/sign-in', {
    method: 'POST',
    headers: Object.entries(headers) as [string, string][],
  });

test.each([
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { origin: 'null' },
  { origin: 'http://localhost:4000' },
  {},
])('a form from elsewhere is refused: %j', (headers) => {
  expect(() => assertSameOrigin(post(headers))).toThrow();
});

test.each([{ 'sec-fetch-site': 'same-origin' }, { origin: 'http://localhost:3000' }])(
  'our own form is taken: %j',
  (headers) => {
    expect(() => assertSameOrigin(post(headers))).not.toThrow();
  },
);
