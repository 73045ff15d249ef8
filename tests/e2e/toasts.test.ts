import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPage, signIn, startPages } from '#tests/kit/browser.ts';
import { PASSWORD, seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let pages: { url: string; close(): Promise<void> };
let browser: Browser;
beforeAll(async () => {
  system = await startTestSystem();
  pages = await startPages(system);
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await pages?.close();
  await system?.close();
});

/** A page whose clock stands still, with a toast that has just come. */
async function showToast(): Promise<Page> {
  const user = await seeder(system.core).user();
  const { page } = await openPage(browser);
  page.setDefaultTimeout(15_000);
  await signIn(page, pages.url, user.email, PASSWORD);
  await page.clock.install();
  await page.goto(`${pages.url}/settings`);
  await page.getByLabel('Current password').fill(PASSWORD);
  await page.getByLabel('New password').fill('another password of mine');
  await page.getByRole('button', { name: 'Change password' }).click();
  await toastIn(page).waitFor();
  return page;
}
const toastIn = (page: Page) => page.getByRole('listitem').filter({ hasText: 'Password changed' });

test('a toast goes by itself, and is read out without interrupting', async () => {
  const page = await showToast();
  const said = page.locator('[role=status][aria-live=polite]', { hasText: 'Password changed' });
  await page.clock.runFor(500);
  expect(await said.count()).toBe(1);
  await page.clock.fastForward(6_000);
  await toastIn(page).waitFor({ state: 'detached' });
}, 60_000);

test('a toast stays while the pointer is on it', async () => {
  const page = await showToast();
  await toastIn(page).hover();
  await page.clock.fastForward(60_000);
  expect(await toastIn(page).count()).toBe(1);
  await page.mouse.move(0, 0);
  await page.clock.fastForward(6_000);
  await toastIn(page).waitFor({ state: 'detached' });
}, 60_000);

test('a toast stays while the focus is on it, and the keyboard closes it', async () => {
  const page = await showToast();
  await page.keyboard.press('F8');
  await page.keyboard.press('Tab');
  await page.clock.fastForward(60_000);
  expect(await toastIn(page).count()).toBe(1);
  await toastIn(page).getByRole('button', { name: 'Dismiss' }).focus();
  await page.keyboard.press('Enter');
  await toastIn(page).waitFor({ state: 'detached' });
}, 60_000);
