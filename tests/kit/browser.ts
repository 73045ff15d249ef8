import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import type { ApiOptions } from '#api/server.ts';
import { PASSWORD } from './seed.ts';
import { startTestSystem, type TestSystem } from './system.ts';

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

const START_MS = 120_000;
/** For whatever a page is waited for: enough on a machine that has other things to do. */
const PAGE_TIMEOUT_MS = 20_000;

export interface OpenedPage {
  page: Page;
  /** What the browser complains of: a test expects it to stay empty. */
  complaints: string[];
}

/** What a test of pages has before it: there while the tests of its file run. */
export interface Site {
  readonly system: TestSystem;
  readonly url: string;
  /** A page in a fresh profile, nobody signed in. */
  openPage(options?: BrowserContextOptions): Promise<OpenedPage>;
  /** The same, signed in; with an address, there. */
  openAs(user: { email: string }, address?: string, options?: BrowserContextOptions): Promise<OpenedPage>;
  /** Somebody's page of a project that hears of what happens. */
  openProject(user: { email: string }, project: { id: string }, options?: BrowserContextOptions): Promise<OpenedPage>;
}

/**
 * A back end, its pages and a browser for the tests of the file that calls it; its hooks stand before the file's own.
 * @param browserArgs further ones, such as for a microphone
 */
export function startSite(apiOptions: Pick<ApiOptions, 'parts'> = {}, browserArgs: readonly string[] = []): Site {
  let system: TestSystem;
  let pages: Pages;
  let browser: Browser;
  beforeAll(async () => {
    system = await startTestSystem();
    pages = await startPages(system, apiOptions);
    browser = await launchBrowser(browserArgs);
  }, START_MS);
  afterAll(async () => {
    await browser?.close();
    await pages?.close();
    await system?.close();
  });
  return {
    get system() {
      return system;
    },
    get url() {
      return pages.url;
    },
    openPage: (options) => openPage(browser, options),
    async openAs(user, address, options) {
      const opened = await openPage(browser, options);
      await signIn(opened.page, pages.url, user.email);
      if (address !== undefined) await opened.page.goto(`${pages.url}${address}`);
      return opened;
    },
    async openProject(user, project, options) {
      const opened = await this.openAs(user, `/projects/${project.id}`, options);
      await opened.page.getByText('Live', { exact: true }).waitFor({ state: 'attached' });
      return opened;
    },
  };
}

interface Pages {
  url: string;
  close(): Promise<void>;
}

async function launchBrowser(args: readonly string[]): Promise<Browser> {
  const executablePath = process.env['OVERMIND_CHROMIUM'] ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: [...CHROMIUM_ARGS, ...args] });
}

/** Serves the built pages and an api on one origin, as the product does. */
async function startPages(system: TestSystem, options: Pick<ApiOptions, 'parts'>): Promise<Pages> {
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

async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PAGE_TIMEOUT_MS);
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  return { page, complaints };
}

export async function signIn(page: Page, url: string, email: string, password = PASSWORD): Promise<void> {
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
