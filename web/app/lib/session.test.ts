import { expect, test } from 'vitest';
import { ownHostAddress, readSessionToken, safeNextPath, sessionCookie } from './session.server.ts';

test('the token is found among other cookies', () => {
  expect(readSessionToken('a=1; ovm_session=ovm_usr_abc-_9; b=2', false)).toBe('ovm_usr_abc-_9');
  expect(readSessionToken('xovm_session=nope', false)).toBeNull();
  expect(readSessionToken(null, false)).toBeNull();
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

test('with TLS the cookie is one that only this host can give', () => {
  const cookie = sessionCookie('t', { expiresAt: new Date(0), isHttps: true });
  expect(cookie).toMatch(/^__Host-ovm_session=t; Path=\/; /);
  expect(cookie).not.toContain('Domain');
  expect(readSessionToken('ovm_session=tossed; __Host-ovm_session=ours', true)).toBe('ours');
  expect(readSessionToken('ovm_session=tossed', true)).toBeNull();
});

test.each([
  ['http://localhost:3000/sign-in', 'http://overmind.localhost:3000'],
  ['http://127.0.0.1:3000/sign-in', 'http://overmind.localhost:3000'],
  ['http://[::1]:3000/', 'http://overmind.localhost:3000'],
  ['http://overmind.localhost:3000/sign-in', null],
  ['https://overmind.example.org/sign-in', null],
])('at %s the better address is %s', (url, expected) => {
  expect(ownHostAddress(url)).toBe(expected);
});
