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

test('a count that was asked for before an event, and is answered after it, is put right', async () => {
  const { core } = site.system;
  const seed = seeder(core);
  const user = await seed.user();
  const project = await seed.project(user, 'Corner shop');
  // A column without a task is folded.
  await seed.task(user, project);
  const { page, complaints } = await site.openProject(user, project, { viewport: { width: 1600, height: 900 } });
  const column = page.locator('[data-column="QUEUED"]');
  await column.getByText('1', { exact: true }).waitFor();

  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  let held = 0;
  await page.route('**/graphql', async (route: Route) => {
    if (!route.request().postData()?.includes('query TaskCounts')) return route.continue();
    const response = await route.fetch();
    held += 1;
    // Only the first is late.
    if (held === 1) await released;
    return route.fulfill({ response });
  });
  await seed.task(user, project, { title: 'Sort the imports' });
  await until(
    () => held,
    (count) => count === 1,
  );
  await seed.task(user, project, { title: 'Write the docs' });
  await column.locator('article', { hasText: 'Write the docs' }).waitFor();
  // It says what was true before the last task.
  release();
  await column.getByText('3', { exact: true }).waitFor();
  expect(complaints).toEqual([]);
}, 90_000);
