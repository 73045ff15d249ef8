import type { Browser, Route } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPage, signIn, startPages } from '#tests/kit/browser.ts';
import { runnerSide } from '#tests/kit/runs.ts';
import { PASSWORD, seeder } from '#tests/kit/seed.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';

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

test('a task that works is not shown as queued again when the answer that made it comes late', async () => {
  const { core } = system;
  const seed = seeder(core);
  const user = await seed.user({ isAdmin: true });
  const project = await seed.project(user, 'Corner shop');
  const runner = runnerSide(core, (await seed.runner()).actor);
  const { page, complaints } = await openPage(browser, { viewport: { width: 1600, height: 900 } });
  page.setDefaultTimeout(15_000);
  await signIn(page, pages.url, user.email, PASSWORD);
  await page.goto(`${pages.url}/projects/${project.id}`);
  await page.getByText('Live', { exact: true }).waitFor({ state: 'attached' });

  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/graphql', async (route: Route) => {
    if (!route.request().postData()?.includes('createTask')) return route.continue();
    const response = await route.fetch();
    await released;
    return route.fulfill({ response });
  });
  await page.keyboard.press('c');
  const dialog = page.getByRole('dialog', { name: 'New task' });
  await dialog.getByLabel('Title').fill('Sort the imports');
  await dialog.getByLabel('Agent', { exact: true }).selectOption({ label: 'backend' });
  await page.keyboard.press('Control+Enter');
  await until(
    () => core.db.agentRun.count({ where: { projectId: project.id } }),
    (count) => count === 1,
  );
  await runner.claim();
  const working = page.locator('[data-column="IN_PROGRESS"] article', { hasText: 'Sort the imports' });
  await working.waitFor();
  // The answer says what was true when the task was made.
  release();
  await dialog.waitFor({ state: 'detached' });
  expect(await working.count()).toBe(1);
  expect(await page.locator('[data-column="QUEUED"] article').count()).toBe(0);
  expect(complaints).toEqual([]);
}, 90_000);
