import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { uploadArtifact } from '#core/artifacts/upload-artifact.ts';
import { applyRetention } from '#core/retention/apply-retention.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import { startSite } from '#tests/kit/browser.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';

const site = startSite();

const card = (page: Page, title: string): Locator => page.locator('article', { hasText: title });
/** Where somebody wants to see the pages: a folder for screenshots. */
async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env['OVERMIND_SCREENSHOTS'];
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}

async function world() {
  const seed = seeder(site.system.core);
  const user = await seed.user();
  const project = await seed.project(user, 'Corner shop');
  const agent = await seed.agent(project);
  const { actor } = await seed.runner(undefined, { projectIds: [project.id] });
  const open = () => site.openProject(user, project);
  return { seed, user, project, agent, actor, open };
}

test('a task is deleted from its sheet, and from the boards of all who look', async () => {
  const { user, project, agent, open } = await world();
  await scheduledTask(site.system.core, user, project, agent, { title: 'Sort the imports' });
  await scheduledTask(site.system.core, user, project, agent, { title: 'Keep me' });
  const [mine, theirs] = [await open(), await open()];
  await card(mine.page, 'Sort the imports').click();
  const sheet = mine.page.getByRole('dialog', { name: 'Task' });
  await sheet.getByRole('button', { name: 'More actions' }).click();
  await mine.page.getByRole('menuitem', { name: 'Delete task…' }).click();
  await mine.page.getByText('Delete this task?').waitFor();
  await shoot(mine.page, 'delete-task');
  await mine.page.getByRole('button', { name: 'Delete task' }).click();
  await mine.page.getByText('Deleted “Sort the imports”', { exact: true }).waitFor();
  for (const { page } of [mine, theirs]) {
    await card(page, 'Sort the imports').waitFor({ state: 'detached' });
    expect(await card(page, 'Keep me').isVisible()).toBe(true);
  }
  await sheet.waitFor({ state: 'detached' });
  expect(mine.page.url()).not.toContain('task=');
  expect([...mine.complaints, ...theirs.complaints]).toEqual([]);
});

test('a task that a run works on stays, and the page says what to do first', async () => {
  const { user, project, agent, actor, open } = await world();
  await scheduledTask(site.system.core, user, project, agent, { title: 'Sort the imports' });
  await runnerSide(site.system.core, actor).claim();
  const { page } = await open();
  await card(page, 'Sort the imports').click();
  await page.getByRole('dialog', { name: 'Task' }).getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete task…' }).click();
  await page.getByRole('button', { name: 'Delete task' }).click();
  await page
    .getByText(/Stop it first/)
    .first()
    .waitFor();
});

test('a project is deleted by its name, with what goes in sight; whoever else has it open is led away', async () => {
  const { user, project, agent, actor, open } = await world();
  const runner = runnerSide(site.system.core, actor);
  await scheduledTask(site.system.core, user, project, agent, { title: 'Sort the imports' });
  const held = await runner.claim();
  await runner.append(held, 0, ['one', 'two']);
  await runner.complete(held, { lineCount: 2 });
  const [mine, theirs] = [await open(), await open()];
  await mine.page.goto(`${site.url}/projects/${project.id}/settings`);
  await mine.page.getByRole('heading', { name: 'Retention' }).waitFor();
  await mine.page.getByRole('button', { name: 'Delete project…' }).scrollIntoViewIfNeeded();
  await shoot(mine.page, 'project-settings');
  await mine.page.getByRole('button', { name: 'Delete project…' }).click();
  await mine.page.getByText('1 run with 2 lines of logs and 0 files').waitFor();
  const confirm = mine.page.getByRole('button', { name: 'Delete project', exact: true });
  await mine.page.getByLabel('Type Corner shop to confirm').fill('Corner');
  expect(await confirm.isEnabled()).toBe(false);
  await mine.page.getByLabel('Type Corner shop to confirm').fill('Corner shop');
  await shoot(mine.page, 'delete-project');
  await confirm.click();
  for (const { page } of [mine, theirs]) {
    await page.waitForURL('**/projects');
    await page.getByRole('heading', { name: 'Projects' }).first().waitFor();
    expect(await page.getByText('Corner shop').count()).toBe(0);
  }
  await theirs.page.getByText('This project was deleted', { exact: true }).waitFor();
  expect([...mine.complaints, ...theirs.complaints]).toEqual([]);
});

test('what retention has removed says so, and how long is kept can be set', async () => {
  const { user, project, agent, actor, open } = await world();
  const runner = runnerSide(site.system.core, actor);
  const task = await scheduledTask(site.system.core, user, project, agent, { title: 'Sort the imports' });
  const held = await runner.claim();
  await runner.append(held, 0, ['one', 'two']);
  await uploadArtifact(
    site.system.core,
    actor,
    { runId: held.spec.runId, leaseToken: held.token, kind: 'diff', name: 'changes.diff' },
    [Buffer.from('diff --git a/a b/a\n')] as never,
  );
  await runner.complete(held, { lineCount: 2 });
  await transitionTask(site.system.core, user, { taskId: task.id, to: 'canceled' });
  const { page, complaints } = await open();
  await page.goto(`${site.url}/projects/${project.id}/settings`);
  await page.getByLabel('Logs of runs').fill('30');
  await page.getByLabel('Changes and files').fill('30');
  await page
    .locator('form', { has: page.getByLabel('Logs of runs') })
    .getByRole('button', { name: 'Save' })
    .click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await site.system.core.pool.query(
    `update agent_runs set finished_at = finished_at - interval '40 days' where project_id = $1`,
    [project.id],
  );
  await site.system.core.pool.query(
    `update artifacts set created_at = created_at - interval '40 days' where project_id = $1`,
    [project.id],
  );
  await applyRetention(site.system.core);
  await page.goto(`${site.url}/projects/${project.id}/tasks/${task.id}`);
  await page.getByRole('tab', { name: 'Changes' }).click();
  await page.getByText('Changes removed by retention').waitFor();
  await shoot(page, 'changes-removed');
  await page.getByRole('tab', { name: 'Runs' }).click();
  await page.getByText('Log removed by retention').waitFor();
  await page.getByText(/It had 2 lines/).waitFor();
  await shoot(page, 'log-removed');
  expect(complaints).toEqual([]);
});
