import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SystemParts, type SystemPart } from '#core/system/system-parts.ts';
import { launchBrowser, openPage, signIn, startPages } from '#tests/kit/browser.ts';
import { PASSWORD, seeder } from '#tests/kit/seed.ts';
import { startTestSystem, type TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let pages: { url: string; close(): Promise<void> };
let browser: Browser;
const parts = new SystemParts();
const say = (part: SystemPart): void => parts.take(JSON.stringify({ parts: [part] }));
const RUNNER: SystemPart = { name: 'runner', state: 'running', ends: 0, lastEnd: null, detail: null, nextTryAt: null };

beforeAll(async () => {
  system = await startTestSystem();
  pages = await startPages(system, { parts });
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await pages?.close();
  await system?.close();
});

test('open pages say which part keeps ending and when it is tried again, until it runs steadily', async () => {
  say(RUNNER);
  const user = await seeder(system.core).user({ isAdmin: true });
  const { page, complaints } = await openPage(browser);
  page.setDefaultTimeout(10_000);
  await signIn(page, pages.url, user.email, PASSWORD);
  const banner = page.getByText('The runner of this system keeps ending (exit code 1)');
  expect(await banner.count()).toBe(0);

  say({
    ...RUNNER,
    state: 'waiting',
    ends: 4,
    lastEnd: 'exit code 1',
    detail: 'there is no git',
    nextTryAt: new Date(Date.now() + 50_000).toISOString(),
  });
  await banner.waitFor();
  expect(await banner.textContent()).toMatch(/: next try in (?:4\d|5[01]) s\.$/);
  await page.getByText('there is no git').waitFor();

  say({ ...RUNNER, ends: 4, lastEnd: 'exit code 1' });
  await page.getByText('kept ending (exit code 1) and runs again').waitFor();
  say(RUNNER);
  await page.getByText('kept ending').waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
});
