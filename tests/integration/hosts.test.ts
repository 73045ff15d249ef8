import http from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

const PUBLIC = 'https://overmind.example.org';

let system: TestSystem;
let plain: number;
let secure: number;
let token: string;
beforeAll(async () => {
  system = await startTestSystem();
  plain = (await system.startApi()).port;
  secure = (await system.startApi({ publicOrigin: PUBLIC, hosts: ['Buildbox'] })).port;
  ({ token } = await seeder(system.core).user());
});
afterAll(() => system.close());

interface Answer {
  status: number;
  text: string;
}
/** Fetch chooses Host by itself. */
function ask(
  port: number,
  headers: Record<string, string>,
  { method = 'POST', path = '/graphql' } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { port, method, path, headers: { 'content-type': 'application/json', ...headers } },
      (response) => {
        let text = '';
        response.on('data', (bytes: Buffer) => (text += bytes.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      },
    );
    request.on('error', reject);
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, text: '' });
    });
    request.end(method === 'POST' ? '{"query":"{ viewer { email } }"}' : undefined);
  });
}
const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-protocol': 'graphql-transport-ws',
};
const withCookie = (name = 'ovm_session'): Record<string, string> => ({
  cookie: `${name}=${token}`,
  'x-overmind-csrf': '1',
});

describe('the name that is asked for', () => {
  test.each(['localhost:3000', 'overmind.localhost:3000', '127.0.0.1', '[::1]:3000', '192.168.1.5:8080', 'LOCALHOST'])(
    '%s is ours',
    async (host) => {
      expect((await ask(plain, { host })).status).toBe(200);
    },
  );

  test.each([
    'evil.test',
    'evil.test:3000',
    'localhost.evil.test',
    '127.0.0.1.evil.test',
    'buildbox:3000',
    'overmind.example.org',
  ])('%s is nobody’s, and the answer says which setting makes it ours', async (host) => {
    for (const options of [
      {},
      { method: 'GET', path: '/' },
      { method: 'GET', path: '/readyz' },
      { method: 'GET', path: '/files/artifacts/x' },
    ]) {
      const { status, text } = await ask(plain, { host, origin: `http://${host}`, ...withCookie() }, options);
      expect([host, options, status]).toEqual([host, options, 421]);
      expect(text).toContain('OVERMIND_PUBLIC_ORIGIN');
      expect(text).toContain('OVERMIND_HOSTS');
    }
    const { status, text } = await ask(plain, { ...UPGRADE, host }, { method: 'GET' });
    expect([status, text]).toEqual([421, expect.stringContaining('OVERMIND_PUBLIC_ORIGIN')]);
  });

  test('may be configured', async () => {
    for (const host of ['overmind.example.org', 'buildbox:3000'])
      expect([host, (await ask(secure, { host })).status]).toEqual([host, 200]);
    expect((await ask(secure, { host: 'evil.test' })).status).toBe(421);
  });

  test('does not matter to who only asks whether the process lives', async () => {
    expect((await ask(plain, { host: 'probe.internal' }, { method: 'GET', path: '/healthz' })).status).toBe(200);
  });
});

describe('a page that is not ours', () => {
  test.each([
    ['of another scheme', 'https://localhost:3000', 'localhost:3000'],
    ['of another port', 'http://localhost:5173', 'localhost:3000'],
    ['of another name of this machine', 'http://localhost:3000', 'overmind.localhost:3000'],
    ['without a name', 'null', 'localhost:3000'],
  ])('%s has nothing executed, and opens no socket', async (_name, origin, host) => {
    const answer = await ask(plain, { host, origin, ...withCookie() });
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('CSRF_REJECTED')]);
    expect((await ask(plain, { ...UPGRADE, host, origin }, { method: 'GET' })).status).toBe(403);
  });

  test('of the public name without TLS is not ours, with it it is, also behind a proxy that changes Host', async () => {
    const cookie = withCookie('__Host-ovm_session');
    expect(
      (await ask(secure, { host: 'overmind.example.org', origin: 'http://overmind.example.org', ...cookie })).status,
    ).toBe(403);
    expect((await ask(secure, { host: 'overmind.example.org', origin: PUBLIC, ...cookie })).text).toContain(
      '@example.test',
    );
    expect((await ask(secure, { host: '127.0.0.1:3000', origin: PUBLIC, ...cookie })).text).toContain('@example.test');
  });

  test.each(['cross-site', 'same-site'])('and asks with GET (%s) has nothing executed', async (site) => {
    const path = `/graphql?query=${encodeURIComponent('{ viewer { email } }')}`;
    const headers = { host: 'localhost', cookie: `ovm_session=${token}` };
    const answer = await ask(plain, { ...headers, 'sec-fetch-site': site }, { method: 'GET', path });
    expect(answer.status).toBe(403);
    expect(answer.text).not.toContain('@example.test');
    expect((await ask(plain, { ...headers, 'sec-fetch-site': 'same-origin' }, { method: 'GET', path })).text).toContain(
      '@example.test',
    );
  });
});

test('with TLS a cookie that a neighbour or plain http may have set is not taken', async () => {
  const host = 'overmind.example.org';
  expect((await ask(secure, { host, ...withCookie('ovm_session') })).text).toContain('"viewer":null');
  expect((await ask(secure, { host, ...withCookie('__Host-ovm_session') })).text).toContain('@example.test');
});
