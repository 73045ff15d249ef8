import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { uploadArtifact } from '#core/artifacts/upload-artifact.ts';
import { sweepLeases } from '#core/runs/sweep-leases.ts';
import { startSite } from '#tests/kit/browser.ts';
import { endLease, failed, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { until } from '#tests/kit/until.ts';

const site = startSite();

const column = (page: Page, status: string): Locator => page.locator(`[data-column="${status}"]`);
async function* chunks(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}

/** A dashboard whose only task is being worked on. */
async function openWorkingTask(title: string, type: 'code_change' | 'research' = 'code_change') {
  const seed = seeder(site.system.core);
  const user = await seed.user();
  const project = await seed.project(user, 'Corner shop');
  const { actor } = await seed.runner(undefined, { projectIds: [project.id] });
  const runner = runnerSide(site.system.core, actor);
  const task = await scheduledTask(site.system.core, user, project, await seed.agent(project), { title, type });
  const held = await runner.claim();
  await runner.append(held, 0, ['line 0']);
  const { page, complaints } = await site.openProject(user, project);
  return { page, complaints, task, runner, held, project, actor };
}

test('Stop asks what becomes of the task; put back, it is held on its card and starts from there', async () => {
  const { page, complaints, runner, held } = await openWorkingTask('Sort the imports');
  // Nothing of a failure may be seen at any time.
  await page.evaluate(() => {
    const seen = new Set<string>();
    Object.assign(globalThis, { seen });
    new MutationObserver(() => {
      if (
        /\bfailed\b/i.test(document.querySelector('main')?.textContent ?? '') ||
        document.querySelector('[data-column="FAILED"] article')
      )
        seen.add('failed');
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('button', { name: /Put it back/ }).click();
  await page.getByText('Stopping').waitFor();
  await runner.complete(held, { ...failed, lineCount: 1 });
  const card = column(page, 'QUEUED').locator('article', { hasText: 'Sort the imports' });
  await card.getByText('Held').waitFor();
  expect(await column(page, 'FAILED').locator('article').count()).toBe(0);
  await card.getByRole('button', { name: 'Start' }).click();
  await card.getByText('Held').waitFor({ state: 'detached' });
  // The page says so before the server has answered.
  const second = await until(
    () => runner.claimOrNull(),
    (claim) => claim !== null,
  );
  expect(second?.spec.attempt).toBe(2);
  await column(page, 'IN_PROGRESS').locator('article', { hasText: 'Sort the imports' }).waitFor();
  expect(complaints).toEqual([]);
}, 90_000);

test('Stop can cancel the task, from its own page too', async () => {
  const { page, task, runner, held, project } = await openWorkingTask('Write the changelog');
  await page.goto(`${site.url}/projects/${project.id}/tasks/${task.id}`);
  await page.locator('footer').getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByRole('button', { name: /Cancel it/ }).click();
  await page.getByText('Canceled', { exact: true }).first().waitFor();
  await runner.complete(held, { ...failed, lineCount: 1 });
  expect((await site.system.core.db.task.findUniqueOrThrow({ where: { id: task.id } })).status).toBe('canceled');
}, 90_000);

test('a task that changed nothing shows its report, which a person approves', async () => {
  const { page, complaints, task, runner, held, project, actor } = await openWorkingTask(
    'Compare the libraries',
    'research',
  );
  await page.goto(`${site.url}/projects/${project.id}/tasks/${task.id}`);
  await page.getByText('In progress', { exact: true }).first().waitFor();
  await uploadArtifact(
    site.system.core,
    actor,
    { runId: held.spec.runId, leaseToken: held.token, kind: 'report', name: 'report.md' },
    chunks('# Findings\n\n**paykit** it is. ![x](https://example.test/pixel.png)'),
  );
  await runner.complete(held, {
    reason: 'empty_diff',
    message: 'Nothing was changed',
    summary: 'Short.',
    git: null,
    lineCount: 1,
  });
  await page.getByRole('tab', { name: 'Report' }).click();
  await page.getByRole('heading', { name: 'Findings' }).waitFor();
  expect(await page.locator('article img').count()).toBe(0);
  await page.getByRole('button', { name: 'Approve', exact: true }).click();
  await page.getByText('Done', { exact: true }).first().waitFor();
  expect(complaints).toEqual([]);
}, 90_000);

test('what an agent asks stands on its card and its task, and is answered there', async () => {
  const { page, complaints, task, runner, held, project } = await openWorkingTask('Rename the function');
  const question = 'Which of the two files do you mean?';
  const summary = `I looked at both.\n\n${question}`;
  await runner.complete(held, {
    reason: 'empty_diff',
    message: 'Nothing was changed',
    summary,
    git: null,
    lineCount: 1,
  });
  await column(page, 'NEEDS_REVIEW').locator('article', { hasText: question }).waitFor();
  await page.goto(`${site.url}/projects/${project.id}/tasks/${task.id}`);
  await page.getByText('The agent asks').waitFor();
  await page.getByRole('button', { name: 'Answer…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(question).waitFor();
  await dialog.getByLabel('Your answer').fill('The second one.');
  await dialog.getByRole('button', { name: 'Answer', exact: true }).click();
  await page.getByText('The agent asks').waitFor({ state: 'detached' });
  const next = await until(
    () => runner.claimOrNull(),
    (claim) => claim !== null,
  );
  expect(next?.spec.prompt.feedback).toBe('The second one.');
  expect(complaints).toEqual([]);
}, 90_000);

test('the open console of a lost run goes on with the tail that its runner brings', async () => {
  const { page, runner, held } = await openWorkingTask('Write the docs');
  await page.getByText('line 0').waitFor();
  await endLease(site.system.core, held.spec.runId);
  await sweepLeases(site.system.core);
  await page
    .getByText(/, lost/)
    .first()
    .waitFor();
  await runner.append(held, 1, ['the last words']);
  await page.getByText('the last words').first().waitFor();
}, 90_000);
