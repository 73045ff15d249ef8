import type { Route } from 'playwright-core';
import { expect, test } from 'vitest';
import { startSite } from '#tests/kit/browser.ts';
import { runnerSide } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { until } from '#tests/kit/until.ts';

const site = startSite();

test('a task that works is not shown as queued again when the answer that made it comes late', async () => {
  const { core } = site.system;
  const seed = seeder(core);
  const user = await seed.user({ isAdmin: true });
  const project = await seed.project(user, 'Corner shop');
  const runner = runnerSide(core, (await seed.runner()).actor);
  const { page, complaints } = await site.openProject(user, project, { viewport: { width: 1600, height: 900 } });

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
