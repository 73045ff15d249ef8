import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { runCycles } from '#core/cycles/run-cycle.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import { newId } from '#core/platform/ids.ts';
import { rebuildStateDocument } from '#core/state/rebuild-state.ts';
import { approveTask } from '#core/tasks/approve-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import { startSite } from '#tests/kit/browser.ts';
import { endLease, failed, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { until } from '#tests/kit/until.ts';

const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const site = startSite();

const column = (page: Page, status: string): Locator => page.locator(`[data-column="${status}"]`);

/** A project with a runner, and somebody who is signed in. */
async function arrange(options: BrowserContextOptions = {}) {
  const { core } = site.system;
  const seed = seeder(core);
  const user = await seed.user({ isAdmin: true });
  const project = await seed.project(user, 'Corner shop');
  const agent = await seed.agent(project);
  const runner = runnerSide(core, (await seed.runner(undefined, { projectIds: [project.id], capacity: 1 })).actor);
  const { page, complaints } = await site.openAs(user, undefined, options);
  const here = `${site.url}/projects/${project.id}`;
  const add = (title: string) => scheduledTask(core, user, project, agent, { title });
  return { core, seed, user, project, agent, runner, page, complaints, here, add };
}

test('a task that is held says so everywhere, and who stopped it', async () => {
  const { core, user, runner, page, here, add } = await arrange();
  const task = await add('Sort the imports');
  const held = await runner.claim();
  await cancelRun(core, user, held.spec.runId);
  await runner.complete(held, failed);
  await page.goto(`${here}/tasks/${task.id}`);
  const header = page.locator('header', { has: page.getByRole('heading', { name: 'Sort the imports' }) });
  await header.getByText(`Held, stopped by ${user.email}`).waitFor();
  expect(await header.getByText('Queued').count()).toBe(0);
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await header.getByText('Queued').waitFor();
}, 60_000);

test('a run that was stopped says once by whom and what became of the task; the project says what was canceled', async () => {
  const { core, user, runner, page, here, add } = await arrange();
  const task = await add('Sort the imports');
  const held = await runner.claim();
  await runner.append(held, 0, ['line 0', 'canceled: Stopped by a person'], '13');
  await cancelRun(core, user, held.spec.runId);
  await runner.complete(held, { ...failed, message: 'Stopped by a person', lineCount: 2 });
  await page.goto(`${here}/tasks/${task.id}`);
  await page.getByRole('tab', { name: /Runs/ }).click();
  await page.getByText(`Stopped by ${user.email}; the task was put back.`).waitFor();
  await page.getByText('canceled: Stopped by a person').waitFor();
  expect(await page.getByText('Canceled by a person').count()).toBe(0);
  expect(await page.getByText('Stopped by a person').count()).toBe(1);
  await page.goto(`${site.url}/projects`);
  await page
    .getByText(/Last run:\s*canceled/)
    .first()
    .waitFor();
}, 60_000);

test('a run whose runner went away is lost, with the reason', async () => {
  const { core, runner, page, here, add } = await arrange();
  const task = await add('Write the docs');
  const held = await runner.claim();
  await runner.append(held, 0, ['line 0']);
  await endLease(core, held.spec.runId);
  await sweepLeases(core);
  await page.goto(here);
  const row = page.getByRole('list', { name: 'Runs' }).getByRole('button', { name: /backend, lost/i });
  await row.getByText(/No word from the runner .* for longer than the lease/).waitFor();
  expect(await page.getByText(/timed out/i).count()).toBe(0);
  await page.goto(`${here}/tasks/${task.id}`);
  await page.getByRole('tab', { name: /Runs/ }).click();
  await page.getByRole('list', { name: 'Runs' }).getByRole('button', { name: /lost/i }).click();
  await page.getByText('1 line', { exact: true }).waitFor();
}, 60_000);

/** A merge whose runner fell silent when it had the last word. */
async function loseMerge(options: BrowserContextOptions = {}) {
  const arranged = await arrange(options);
  const { core, user, runner, add } = arranged;
  const task = await add('Write the docs');
  await runner.complete(await runner.claim());
  await approveTask(core, user, { taskId: task.id });
  const held = await runner.claim();
  await runner.requestLanding(held);
  await endLease(core, held.spec.runId);
  await sweepLeases(core);
  return { ...arranged, task, held };
}

test.each([
  [true, 'Merged', 'was merged into main'],
  [false, 'Not merged', 'was not merged, nothing was changed'],
] as const)(
  'a merge whose outcome is unknown is called so everywhere, and by what it was once its runner has looked: merged %s',
  async (isMerged, word, sentence) => {
    const { runner, page, complaints, here, task, held } = await loseMerge();
    await page.goto(here);
    const merge = page.getByRole('list', { name: 'Runs' }).getByRole('button', { name: /Merge: Write the docs/ });
    await merge.getByText('backend, outcome unknown').waitFor();
    await merge.getByText(/whether it did is not known/).waitFor();
    await page.goto(`${site.url}/projects`);
    const card = page.getByRole('listitem').filter({ has: page.locator(`a[href="/projects/${task.projectId}"]`) });
    await card.getByText(/Last run:\s*outcome unknown/).waitFor();
    await runner.reportLanding(held, isMerged);
    await card.getByText(new RegExp(`Last run:\\s*${word.toLowerCase()}`)).waitFor();
    await page.goto(here);
    await merge.getByText(`backend, ${word.toLowerCase()}`).waitFor();
    await merge.getByText(sentence).waitFor();
    await page.goto(`${here}/tasks/${task.id}`);
    await page.getByRole('tab', { name: /Runs/ }).click();
    await page
      .locator('p', { hasText: sentence })
      .filter({ has: page.getByText(word, { exact: true }) })
      .waitFor();
    expect(await page.getByRole('alert').count()).toBe(isMerged ? 0 : 1);
    expect(
      await page
        .getByText(/\blost\b|not known|unknown/i)
        .filter({ hasNotText: sentence })
        .count(),
    ).toBe(0);
    expect(complaints).toEqual([]);
  },
  60_000,
);

test('a merge whose runner came back before the lease was taken away is not called lost', async () => {
  const { core, user, runner, page, here, add } = await arrange();
  const task = await add('Write the docs');
  await runner.complete(await runner.claim());
  await approveTask(core, user, { taskId: task.id });
  const held = await runner.claim();
  await runner.requestLanding(held);
  await endLease(core, held.spec.runId);
  await runner.reportLanding(held, false);
  await page.goto(here);
  await page
    .getByRole('list', { name: 'Runs' })
    .getByRole('button', { name: /Merge: Write the docs/ })
    .getByText('backend, not merged')
    .waitFor();
  await page.goto(`${here}/tasks/${task.id}`);
  await page.getByRole('alert').getByText('It was not merged', { exact: true }).waitFor();
}, 60_000);

test('what a page lists as facts has a name and a value, in that order', async () => {
  const { page, here, add } = await arrange();
  const task = await add('Write the docs');
  for (const address of [`${site.url}/projects`, `${here}/tasks/${task.id}`, `${here}?task=${task.id}`]) {
    await page.goto(address);
    await page.locator('dl').first().waitFor();
    expect([
      address,
      await page.locator('dl > div:not(:has(> dt + dd)), dl > div:has(> dd:first-child)').count(),
    ]).toEqual([address, 0]);
  }
  await page.keyboard.press('?');
  await page.getByRole('dialog').locator('dl').first().waitFor();
  expect(await page.locator('dl > div:not(:has(> dt + dd))').count()).toBe(0);
}, 60_000);

test('what is cut for want of room can be read in full', async () => {
  const { core, project, page, here, add } = await arrange({ viewport: { width: 1400, height: 900 } });
  const title =
    'A title that is longer than the two lines which a card has room for when the board, the runs and the chat share a screen';
  await add(title);
  await rebuildStateDocument(core, project.id);
  await page.goto(here);
  await page.locator('article').getByTitle(title).waitFor();
  await page.locator('article').getByTitle('backend', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'New task' }).click();
  const agents = page.getByLabel('Agent', { exact: true });
  const [shown, needed] = await agents.evaluate((select: HTMLSelectElement) => {
    const whole = select.cloneNode(true) as HTMLSelectElement;
    whole.style.width = 'max-content';
    select.parentElement?.append(whole);
    const widths = [select.offsetWidth, whole.offsetWidth];
    whole.remove();
    return widths;
  });
  expect(shown).toBeGreaterThanOrEqual(needed ?? Infinity);
  await page.goto(`${here}/state`);
  await page
    .getByRole('navigation', { name: 'Versions' })
    .getByTitle(/project .* created/)
    .waitFor();
}, 60_000);

test('an address that leads nowhere is not found, and has a way back', async () => {
  const { page, here, add } = await arrange();
  const task = await add('Sort the imports');
  for (const address of [
    `/projects/${newId()}`,
    '/projects/zzz',
    '/projects/zzz/state',
    '/projects/zzz/settings',
    `/projects/${newId()}/tasks/${task.id}`,
    '/runners/zzz',
    `/runners/${newId()}`,
  ]) {
    const answer = await page.goto(`${site.url}${address}`);
    expect([address, answer?.status()]).toEqual([address, 404]);
    await page.getByRole('heading', { name: 'Nothing here' }).waitFor();
    await page.getByRole('main').getByRole('link', { name: 'All projects' }).waitFor();
  }
  expect((await page.goto(`${here}/tasks/zzz`))?.status()).toBe(404);
  for (const id of ['unknown', newId()]) {
    await page.goto(`${here}?task=${id}`);
    const sheet = page.getByRole('dialog');
    await sheet.getByRole('heading', { name: 'No such task' }).waitFor();
    await sheet.getByRole('link', { name: 'Back to the board' }).click();
    await page.waitForURL((url) => !url.search.includes('task='));
    await sheet.waitFor({ state: 'detached' });
  }
}, 60_000);

test('a page that is for administrators is refused to others, not broken', async () => {
  const person = await seeder(site.system.core).user();
  const { page } = await site.openAs(person);
  expect((await page.goto(`${site.url}/runners/${newId()}`))?.status()).toBe(403);
}, 60_000);

test('the number of runs says what it counts, also of those that the list does not reach', async () => {
  const { core, user, project, agent, runner, page, here, add } = await arrange();
  await add('The oldest');
  await runner.claim();
  for (let i = 0; i < 45; i += 1) await add(`Task ${i}`);
  await page.goto(here);
  await page.getByText('1 running, 45 waiting').waitFor();
  const done = await core.db.task.findFirstOrThrow({
    where: { projectId: project.id, title: 'Task 44', agentId: agent.id },
  });
  await transitionTask(core, user, { taskId: done.id, to: 'canceled' });
  await page.getByText('1 running, 44 waiting').waitFor();
}, 60_000);

test('closed columns say how many they hold while they are folded', async () => {
  const { core, user, page, here, add } = await arrange(PHONE);
  const tasks = [await add('One'), await add('Two'), await add('Three')];
  for (const task of tasks.slice(0, 2)) await transitionTask(core, user, { taskId: task.id, to: 'canceled' });
  await page.goto(here);
  await column(page, 'CANCELED')
    .getByRole('button', { name: /Canceled\s*2/ })
    .waitFor();
  await column(page, 'DONE')
    .getByRole('button', { name: /Done\s*0/ })
    .waitFor();
  await page.getByText('Live', { exact: true }).waitFor({ state: 'attached' });
  await transitionTask(core, user, { taskId: tasks[2]?.id ?? '', to: 'canceled' });
  await column(page, 'CANCELED')
    .getByRole('button', { name: /Canceled\s*3/ })
    .waitFor();
}, 60_000);

test('a task that waits for a repository leads to where one is chosen', async () => {
  const { core, project, page, complaints, here, add } = await arrange();
  await core.db.project.update({ where: { id: project.id }, data: { defaultRepoPath: null } });
  const task = await add('Sort the imports');
  await page.goto(here);
  await page.locator('article', { hasText: 'Sort the imports' }).getByRole('link', { name: 'Choose one' }).click();
  await page.waitForURL(`**/projects/${project.id}/settings`);
  await page.goto(`${here}/tasks/${task.id}`);
  await page.getByRole('link', { name: 'Choose one' }).waitFor();
  expect(complaints).toEqual([]);
}, 60_000);

test('why an attempt failed is said once on each part of the task', async () => {
  const { runner, page, here, add } = await arrange();
  const task = await add('Tidy up');
  const message = 'The policy of runner r does not allow the agent’s command `rm` (allowed: node)';
  await runner.complete(await runner.claim(), { ...failed, reason: 'command_refused', message });
  await page.goto(`${here}/tasks/${task.id}`);
  await page.getByRole('alert').getByText(message).waitFor();
  await page.getByText('moved it from in progress to failed').waitFor();
  expect(await page.getByText(message).count()).toBe(2);
  expect(await page.getByRole('list').getByText(message).count()).toBe(1);
  await page.getByRole('tab', { name: /Runs/ }).click();
  await page.getByRole('list', { name: 'Runs' }).waitFor();
  expect(await page.getByRole('alert').count()).toBe(0);
}, 60_000);

test('what leads to no task is asked about, and one press makes it a task', async () => {
  const { core, project, page, complaints, here } = await arrange();
  await page.goto(here);
  const composer = page.getByLabel('Message to the orchestrator');
  await composer.fill('that thing from yesterday');
  await composer.press('Control+Enter');
  await until(
    () => core.db.message.count({ where: { projectId: project.id, role: 'user' } }),
    (count) => count === 1,
  );
  await runCycles(core, project.id, { planner: rulesPlanner });
  await page.getByText('What would you like to have done?').waitFor();
  await page.getByRole('button', { name: 'Make it a task' }).click();
  await page.getByRole('list', { name: 'Messages' }).getByRole('link', { name: 'that thing from yesterday' }).waitFor();
  expect(await page.getByRole('button', { name: 'Make it a task' }).count()).toBe(0);
  await column(page, 'QUEUED').getByText('that thing from yesterday').waitFor();
  expect(complaints).toEqual([]);
}, 60_000);
