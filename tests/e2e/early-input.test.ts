import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startSite } from '#tests/kit/browser.ts';
import { seeder } from '#tests/kit/seed.ts';

const site = startSite();

/** A project's page that is drawn while its code is still on its way, and what lets the code through. */
async function drawnPage(): Promise<{ page: Page; complaints: string[]; comeAlive: () => void }> {
  const seed = seeder(site.system.core);
  const user = await seed.user({ isAdmin: true });
  const project = await seed.project(user, 'Corner shop');
  const { page, complaints } = await site.openAs(user, '/projects');
  let comeAlive = (): void => undefined;
  const alive = new Promise<void>((resolve) => (comeAlive = resolve));
  await page.route(/\/assets\/.*\.js/, async (route) => {
    await alive;
    await route.continue();
  });
  await page.goto(`${site.url}/projects/${project.id}`, { waitUntil: 'commit' });
  await page.getByRole('button', { name: 'New task' }).first().waitFor();
  return { page, complaints, comeAlive };
}

test('what is pressed before the page listens is done when it does, and once', async () => {
  const { page, complaints, comeAlive } = await drawnPage();
  const button = page.getByRole('button', { name: 'New task' }).first();
  await button.click();
  await button.click();
  expect(await page.getByRole('dialog').count()).toBe(0);
  comeAlive();
  await page.getByRole('dialog', { name: 'New task' }).getByLabel('Title').waitFor();
  expect(await page.getByRole('dialog').count()).toBe(1);
  expect(complaints).toEqual([]);
});

test('what is written before the page listens is sent, and not lost with the next letter', async () => {
  const { page, complaints, comeAlive } = await drawnPage();
  const words = page.getByRole('textbox', { name: /Message/ });
  await words.fill('Add a search field to the');
  comeAlive();
  await page.getByText('Live', { exact: true }).waitFor({ state: 'attached' });
  await words.press('End');
  await words.pressSequentially(' list');
  expect(await words.inputValue()).toBe('Add a search field to the list');
  await page.getByRole('button', { name: 'Send' }).click();
  await page.getByRole('log').or(page.locator('main')).getByText('Add a search field to the list').first().waitFor();
  expect(complaints).toEqual([]);
});
