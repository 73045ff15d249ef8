import type { IncomingMessage } from 'node:http';
import { expect, test } from 'vitest';
import { addressReader } from './address.ts';

const request = (remoteAddress: string, forwarded?: string): IncomingMessage =>
  ({ socket: { remoteAddress }, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } }) as never;

test.each([
  ['nobody is trusted', [], '127.0.0.1', '203.0.113.7', '127.0.0.1'],
  ['another one is trusted', ['10.0.0.1'], '127.0.0.1', '203.0.113.7', '127.0.0.1'],
  ['the peer is trusted', ['127.0.0.1'], '127.0.0.1', '203.0.113.7', '203.0.113.7'],
  ['the caller has written something himself', ['127.0.0.1'], '127.0.0.1', '198.51.100.1, 203.0.113.7', '203.0.113.7'],
  ['there are two proxies', ['127.0.0.1', '10.0.0.2'], '127.0.0.1', '1.1.1.1, 203.0.113.7, 10.0.0.2', '203.0.113.7'],
  ['the second proxy is not trusted', ['127.0.0.1'], '127.0.0.1', '203.0.113.7, 10.0.0.2', '10.0.0.2'],
  ['a network is trusted', ['10.0.0.0/8', '127.0.0.1'], '10.1.2.3', '203.0.113.7, 10.9.9.9', '203.0.113.7'],
  ['an IPv6 network is trusted', ['fd00::/8'], 'fd00::5', '2001:db8::7', '2001:db8::7'],
  ['the peer came over IPv6', ['127.0.0.1'], '::ffff:127.0.0.1', '203.0.113.7', '203.0.113.7'],
  ['ports are written too', ['127.0.0.1'], '127.0.0.1', '203.0.113.7:4711', '203.0.113.7'],
  ['ports are written to IPv6', ['::1'], '::1', '[2001:db8::7]:4711', '2001:db8::7'],
  ['what was forwarded is no address', ['127.0.0.1'], '127.0.0.1', '203.0.113.7, unknown', '127.0.0.1'],
  ['nothing was forwarded', ['127.0.0.1'], '127.0.0.1', undefined, '127.0.0.1'],
  ['all are trusted', ['127.0.0.1', '10.0.0.2'], '127.0.0.1', '10.0.0.2', '10.0.0.2'],
])('the address when %s', (_name, trusted, peer, forwarded, expected) => {
  expect(addressReader(trusted)(request(peer, forwarded))).toBe(expected);
});
