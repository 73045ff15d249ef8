import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startSite } from '#tests/kit/browser.ts';
import { PASSWORD, seeder } from '#tests/kit/seed.ts';

const site = startSite();

/** A page whose clock stands still, with a toast that has just come. */
async function showToast(): Promise<Page> {
  const user = await seeder(site.system.core).user();
  const { page } = await site.openAs(user);
  await page.clock.install();
  await page.goto(`${site.url}/settings`);
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
