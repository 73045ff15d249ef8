import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { uploadArtifact } from '#core/artifacts/upload-artifact.ts';
import { removeDeleted } from '#core/deletions/remove-deleted.ts';
import { deleteProject } from '#core/projects/delete-project.ts';
import { applyRetention } from '#core/retention/apply-retention.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import { launchBrowser, openPage, signIn, startPages } from '#tests/kit/browser.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
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

const card = (page: Page, title: string): Locator => page.locator('article', { hasText: title });
/** Where somebody wants to see the pages: a folder for screenshots. */
async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env['OVERMIND_SCREENSHOTS'];
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}

async function world() {
  const seed = seeder(system.core);
  const user = await seed.user();
  const project = await seed.project(user, 'Corner shop');
  const agent = await seed.agent(project);
  const { actor } = await seed.runner(undefined, { projectIds: [project.id] });
  const open = async () => {
    const { page, complaints } = await openPage(browser);
    page.setDefaultTimeout(30_000);
    await signIn(page, pages.url, user.email, PASSWORD);
    await page.goto(`${pages.url}/projects/${project.id}`);
    await page.getByText('Live', { exact: true }).waitFor({ state: 'attached' });
    return { page, complaints };
  };
  return { seed, user, project, agent, actor, open };
}

test('a task is deleted from its sheet, and from the boards of all who look', async () => {
  const { user, project, agent, open } = await world();
  await scheduledTask(system.core, user, project, agent, { title: 'Sort the imports' });
  await scheduledTask(system.core, user, project, agent, { title: 'Keep me' });
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
  await scheduledTask(system.core, user, project, agent, { title: 'Sort the imports' });
  await runnerSide(system.core, actor).claim();
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
  const runner = runnerSide(system.core, actor);
  await scheduledTask(system.core, user, project, agent, { title: 'Sort the imports' });
  const held = await runner.claim();
  await runner.append(held, 0, ['one', 'two']);
  await runner.complete(held, { lineCount: 2 });
  const [mine, theirs] = [await open(), await open()];
  await mine.page.goto(`${pages.url}/projects/${project.id}/settings`);
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

/** So many tasks of a project that were deleted, the last one of them last: ids grow with time. */
async function deletedTasks(project: { id: string; name: string }, user: { email: string }, count: number) {
  await system.core.pool.query(
    `insert into deletions (id, kind, entity_id, name, project_id, project_name, deleted_by, task_count, run_count, log_line_count,
                            artifact_count, created_at, finished_at)
     select ('00000000-' || lpad(n::text, 4, '0') || substr(gen_random_uuid()::text, 14))::uuid, 'task', gen_random_uuid(), 'Old chore ' || n, $1, $2, $3, 1, 1, 1200, 2,
            now() - interval '3 days' + n * interval '1 minute', now() from generate_series(1, $4::int) n`,
    [project.id, project.name, user.email, count],
  );
}

async function openAsAdmin(address: string, options: BrowserContextOptions = {}) {
  const admin = await seeder(system.core).user({ isAdmin: true });
  const { page, complaints } = await openPage(browser, options);
  page.setDefaultTimeout(15_000);
  await signIn(page, pages.url, admin.email, PASSWORD);
  await page.goto(`${pages.url}${address}`);
  return { admin, page, complaints };
}

const VIEWS: [string, BrowserContextOptions][] = [
  ['wide-dark', { colorScheme: 'dark' }],
  ['wide-light', { colorScheme: 'light' }],
  ['phone-dark', { colorScheme: 'dark', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
  ['phone-light', { colorScheme: 'light', viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }],
];

test.each(VIEWS)(
  'what was deleted, and by whom, is in the settings of administrators, page by page: %s',
  async (view, options) => {
    // Nobody can change the record, but for a test.
    await system.core.pool.query(
      'alter table deletions disable trigger user; truncate deletions cascade; alter table deletions enable trigger user',
    );
    const { user, project } = await world();
    const gone = await seeder(system.core).project(user, `Ein Projekt mit einem recht langen Namen ${view} 🧹`);
    await deletedTasks(project, user, 70);
    await deleteProject(system.core, user, { projectId: gone.id, name: gone.name });
    const { page, complaints } = await openAsAdmin('/settings', options);
    const list = page.getByRole('list', { name: 'Deletions' });
    const newest = list.getByRole('listitem').first();
    await newest.getByText(gone.name).waitFor();
    expect(await newest.innerText()).toContain(`Project deleted by ${user.email}`);
    expect(await newest.innerText()).toContain('Held 0 tasks and no runs');
    expect(await newest.getByText('Being removed').isVisible()).toBe(true);
    await list.getByRole('listitem').nth(4).scrollIntoViewIfNeeded();
    await shoot(page, `deletions-${view}`);
    while (await removeDeleted(system.core)) continue;
    await newest.getByText('Being removed').waitFor({ state: 'detached' });
    const chore = (n: number): Locator => list.getByText(`Old chore ${n}`, { exact: true }).first();
    await chore(70).waitFor();
    expect(await chore(1).count()).toBe(0);
    await page.getByRole('button', { name: 'Show older deletions' }).click();
    await chore(1).waitFor();
    expect(await page.getByRole('button', { name: 'Show older deletions' }).count()).toBe(0);
    const isTooWide = () => document.documentElement.scrollWidth > document.documentElement.clientWidth;
    expect(await page.evaluate(isTooWide)).toBe(false);
    expect(complaints).toEqual([]);
  },
  60_000,
);

test('the settings of a project tell of its own tasks alone, and say when there are none', async () => {
  const { user, project } = await world();
  const other = await seeder(system.core).project(user, 'Bakery');
  await deletedTasks(project, user, 3);
  const { page, complaints } = await openAsAdmin(`/projects/${other.id}/settings`);
  await page.getByText('Nothing was deleted yet').scrollIntoViewIfNeeded();
  await shoot(page, 'deletions-none');
  await page.goto(`${pages.url}/projects/${project.id}/settings`);
  const list = page.getByRole('list', { name: 'Deletions' });
  await list.getByText('Old chore 3').waitFor();
  expect(await list.getByRole('listitem').count()).toBe(3);
  expect(await list.getByText('1 run with 1,200 lines of logs and 2 files').count()).toBe(3);
  await list.scrollIntoViewIfNeeded();
  await shoot(page, 'deletions-of-project');
  expect(complaints).toEqual([]);
});

test('whoever is no administrator is shown none', async () => {
  const { project, open } = await world();
  const { page, complaints } = await open();
  for (const address of ['/settings', `/projects/${project.id}/settings`]) {
    await page.goto(`${pages.url}${address}`);
    await page.getByRole('heading', { level: 2 }).last().waitFor();
    expect(await page.getByRole('heading', { name: 'Deletions' }).count()).toBe(0);
  }
  expect(complaints).toEqual([]);
});

test('what retention has removed says so, and how long is kept can be set', async () => {
  const { user, project, agent, actor, open } = await world();
  const runner = runnerSide(system.core, actor);
  const task = await scheduledTask(system.core, user, project, agent, { title: 'Sort the imports' });
  const held = await runner.claim();
  await runner.append(held, 0, ['one', 'two']);
  await uploadArtifact(
    system.core,
    actor,
    { runId: held.spec.runId, leaseToken: held.token, kind: 'diff', name: 'changes.diff' },
    [Buffer.from('diff --git a/a b/a\n')] as never,
  );
  await runner.complete(held, { lineCount: 2 });
  await transitionTask(system.core, user, { taskId: task.id, to: 'canceled' });
  const { page, complaints } = await open();
  await page.goto(`${pages.url}/projects/${project.id}/settings`);
  await page.getByLabel('Logs of runs').fill('30');
  await page.getByLabel('Changes and files').fill('30');
  await page
    .locator('form', { has: page.getByLabel('Logs of runs') })
    .getByRole('button', { name: 'Save' })
    .click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await system.core.pool.query(
    `update agent_runs set finished_at = finished_at - interval '40 days' where project_id = $1`,
    [project.id],
  );
  await system.core.pool.query(
    `update artifacts set created_at = created_at - interval '40 days' where project_id = $1`,
    [project.id],
  );
  await applyRetention(system.core);
  await page.goto(`${pages.url}/projects/${project.id}/tasks/${task.id}`);
  await page.getByRole('tab', { name: 'Changes' }).click();
  await page.getByText('Changes removed by retention').waitFor();
  await shoot(page, 'changes-removed');
  await page.getByRole('tab', { name: 'Runs' }).click();
  await page.getByText('Log removed by retention').waitFor();
  await page.getByText(/It had 2 lines/).waitFor();
  await shoot(page, 'log-removed');
  expect(complaints).toEqual([]);
});
