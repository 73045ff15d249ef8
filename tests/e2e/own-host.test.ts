import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signIn, startSite } from '#tests/kit/browser.ts';
import { PASSWORD, seeder } from '#tests/kit/seed.ts';

const site = startSite();
/** What an agent starts and a person looks at: it keeps what browsers send it. */
let preview: Server;
const cookies: (string | undefined)[] = [];

beforeAll(async () => {
  preview = createServer((request, response) => {
    if (request.url === '/') cookies.push(request.headers.cookie);
    response.setHeader('content-type', 'text/html').end('<title>preview</title>');
  });
  await new Promise<void>((resolve) => preview.listen(0, '127.0.0.1', resolve));
});
afterAll(() => void preview?.close());

const at = (host: string, url = site.url): string => url.replace('127.0.0.1', host);
const previewUrl = (host: string): string => `http://${host}:${(preview.address() as AddressInfo).port}/`;

test('at its own name the session reaches no other program of this machine', async () => {
  const user = await seeder(site.system.core).user();
  const { page, complaints } = await site.openPage();
  await signIn(page, at('overmind.localhost'), user.email);
  await page.getByText('Projects').first().waitFor();
  for (const host of ['localhost', '127.0.0.1', 'preview.localhost']) {
    await page.goto(previewUrl(host));
    expect([host, cookies.pop()]).toEqual([host, undefined]);
  }
  // Signed in is one there alone.
  await page.goto(`${at('overmind.localhost')}/projects`);
  expect(new URL(page.url()).pathname).toBe('/projects');
  expect(complaints.filter((complaint) => !complaint.includes('favicon'))).toEqual([]);
});

test('localhost works too, and says what it costs', async () => {
  const user = await seeder(site.system.core).user();
  const { page } = await site.openPage();
  await page.goto(`${at('localhost')}/sign-in`);
  const better = page.getByRole('link', { name: /^overmind\.localhost:\d+$/ });
  expect(await better.getAttribute('href')).toBe(at('overmind.localhost'));
  await signIn(page, at('localhost'), user.email);
  await page.goto(previewUrl('localhost'));
  expect(cookies.pop()).toContain('ovm_session=');
  await page.goto(`${at('overmind.localhost')}/sign-in`);
  expect(await page.getByText('whatever its port').count()).toBe(0);
});

test('the explorer works under its own policy', async () => {
  const user = await seeder(site.system.core).user();
  const { page, complaints } = await site.openPage();
  const url = at('overmind.localhost');
  await page.goto(`${url}/graphql`);
  await page.waitForURL('**/sign-in?next=/graphql');
  await page.getByLabel('Email').fill(user.email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/graphql');
  await page.goto(`${url}/graphql?operation=1#`);
  await page.locator('.graphiql-query-editor').waitFor();
  await page.locator('.graphiql-query-editor').click();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('{ viewer { email');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+Enter');
  await page.locator('.result-window', { hasText: user.email }).waitFor();
  expect(complaints.filter((complaint) => !complaint.includes('favicon'))).toEqual([]);
});
