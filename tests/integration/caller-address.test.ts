import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LOGIN_ATTEMPTS_AN_ADDRESS } from '#core/config/limits.ts';
import { readEnvironment } from '#core/config/env.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

const LOGIN = 'mutation ($input: LoginInput!) { login(input: $input) { ... on UserError { code } } }';

let system: TestSystem;
let apiUrl: string;
/** Stands in for web: signs in at the api for whoever asks, from an address of its own, with what it was told of them. */
let web: http.Server;
let wrong = 0;

async function login(headers: Record<string, string>): Promise<unknown> {
  wrong += 1;
  const response = await fetch(`${apiUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      query: LOGIN,
      variables: { input: { email: `nobody-${wrong}@example.test`, password: 'x' } },
    }),
  });
  const { data, errors } = (await response.json()) as {
    data?: { login: { code?: string } | null };
    errors?: { extensions?: { code?: string } }[];
  };
  return data?.login?.code ?? errors?.[0]?.extensions?.code;
}

beforeAll(async () => {
  system = await startTestSystem();
  web = http.createServer((request, response) => {
    const note = request.headers['x-overmind-caller'];
    void login(request.url === '/without' || typeof note !== 'string' ? {} : { 'x-overmind-caller': note }).then(
      (code) => response.end(JSON.stringify({ code, note })),
    );
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  // A proxy that is trusted, so that there can be different callers on one machine; what web says is believed without that.
  ({ url: apiUrl } = await system.startApi({
    webOrigin: `http://127.0.0.1:${(web.address() as AddressInfo).port}`,
    trustedProxies: ['127.0.0.1'],
  }));
}, 60_000);
afterAll(async () => {
  await new Promise((resolve) => web.close(resolve));
  await system.close();
});

const throughWeb = async (address: string, path = '/sign-in', headers = {}): Promise<{ code: string; note: string }> =>
  (await (await fetch(`${apiUrl}${path}`, { headers: { 'x-forwarded-for': address, ...headers } })).json()) as {
    code: string;
    note: string;
  };

test('no forwarded address is believed unless the configuration says so', () => {
  expect(readEnvironment({ DATABASE_URL: 'postgres://x/y', REDIS_URL: 'redis://x' }).OVERMIND_TRUSTED_PROXIES).toEqual(
    [],
  );
  expect(
    readEnvironment({
      DATABASE_URL: 'postgres://x/y',
      REDIS_URL: 'redis://x',
      OVERMIND_TRUSTED_PROXIES: '10.0.0.1, ::1',
    }).OVERMIND_TRUSTED_PROXIES,
  ).toEqual(['10.0.0.1', '::1']);
  for (const wrong of ['proxy.example.org', '10.0.0.0/33', '10.0.0.1;::1', '10.0.0.0/', '*'])
    expect(() =>
      readEnvironment({ DATABASE_URL: 'postgres://x/y', REDIS_URL: 'redis://x', OVERMIND_TRUSTED_PROXIES: wrong }),
    ).toThrow(/OVERMIND_TRUSTED_PROXIES is not valid: Addresses and networks/);
});

test('who signs in by a page is counted by his own address, which nobody can make up', async () => {
  for (let attempt = 0; attempt < LOGIN_ATTEMPTS_AN_ADDRESS; attempt += 1)
    expect((await throughWeb('198.51.100.1')).code).toBe('UNAUTHENTICATED');
  expect((await throughWeb('198.51.100.1')).code).toBe('RATE_LIMITED');
  // Others are none the worse, and the note of a caller's own making does not help him.
  const { code, note } = await throughWeb('198.51.100.2');
  expect(code).toBe('UNAUTHENTICATED');
  expect((await throughWeb('198.51.100.1', '/sign-in', { 'x-overmind-caller': note })).code).toBe('RATE_LIMITED');
  expect(
    await login({
      'x-overmind-caller': note.replace('198.51.100.2', '198.51.100.3'),
      'x-forwarded-for': '198.51.100.1',
    }),
  ).toBe('RATE_LIMITED');
});
