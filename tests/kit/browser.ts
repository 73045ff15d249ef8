import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { ApiOptions } from '#api/server.ts';
import type { TestSystem } from './system.ts';

const CHROMIUM_ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const WEB_SERVER = fileURLToPath(new URL('../../build/web/server.mjs', import.meta.url));

export async function launchBrowser(): Promise<Browser> {
  const executablePath = process.env['OVERMIND_CHROMIUM'] ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: CHROMIUM_ARGS });
}

/** Serves the built pages and an api on one origin, as the product does. */
export async function startPages(
  system: TestSystem,
  options: Pick<ApiOptions, 'parts'> = {},
): Promise<{ url: string; close(): Promise<void> }> {
  if (!existsSync(WEB_SERVER)) throw new Error('The pages are not built: run npm run build first');
  const port = await freePort();
  const api = await system.startApi({ ...options, webOrigin: `http://127.0.0.1:${port}` });
  const web = spawn(process.execPath, [WEB_SERVER], {
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', WEB_PORT: String(port), API_ORIGIN: api.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((resolve, reject) => {
    web.stdout.on('data', (chunk: Buffer) => {
      if (chunk.toString().includes('"ready"')) resolve();
    });
    web.once('exit', (code) => reject(new Error(`web ended with ${code}`)));
  });
  return {
    url: api.url,
    async close() {
      const exited = new Promise((resolve) => web.once('exit', resolve));
      web.kill('SIGTERM');
      await exited;
    },
  };
}

/** A page in a fresh profile. What the browser complains of is collected: a test expects it to stay empty. */
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints };
}

export async function signIn(page: Page, url: string, email: string, password: string): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((address) => !address.pathname.startsWith('/sign-in'));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
