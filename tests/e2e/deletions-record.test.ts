import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { removeDeleted } from '#core/deletions/remove-deleted.ts';
import { newId } from '#core/platform/ids.ts';
import { deleteProject } from '#core/projects/delete-project.ts';
import { startSite } from '#tests/kit/browser.ts';
import { seeder } from '#tests/kit/seed.ts';

const site = startSite();

/** Where somebody wants to see the pages: a folder for screenshots. */
async function shoot(page: Page, name: string): Promise<void> {
  const folder = process.env['OVERMIND_SCREENSHOTS'];
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}

async function world() {
  const seed = seeder(site.system.core);
  const user = await seed.user();
  const project = await seed.project(user, 'Corner shop');
  return { user, project, open: () => site.openProject(user, project) };
}

/** So many tasks of a project that were deleted, the last one of them last: ids grow with time. */
async function deletedTasks(project: { id: string; name: string }, user: { email: string }, count: number) {
  await site.system.core.pool.query(
    `insert into deletions (id, kind, entity_id, name, project_id, project_name, deleted_by, task_count, run_count, log_line_count,
                            artifact_count, created_at, finished_at)
     select ('00000000-' || lpad(n::text, 4, '0') || substr(gen_random_uuid()::text, 14))::uuid, 'task', gen_random_uuid(), 'Old chore ' || n, $1, $2, $3, 1, 1, 1200, 2,
            now() - interval '3 days' + n * interval '1 minute', now() from generate_series(1, $4::int) n`,
    [project.id, project.name, user.email, count],
  );
}

async function openAsAdmin(address: string, options: BrowserContextOptions = {}) {
  const admin = await seeder(site.system.core).user({ isAdmin: true });
  return site.openAs(admin, address, options);
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
    await site.system.core.pool.query(
      'alter table deletions disable trigger user; truncate deletions cascade; alter table deletions enable trigger user',
    );
    const { user, project } = await world();
    const gone = await seeder(site.system.core).project(user, `Ein Projekt mit einem recht langen Namen ${view} 🧹`);
    await deletedTasks(project, user, 70);
    await deleteProject(site.system.core, user, { projectId: gone.id, name: gone.name });
    const { page, complaints } = await openAsAdmin('/settings', options);
    const list = page.getByRole('list', { name: 'Deletions' });
    const newest = list.getByRole('listitem').first();
    await newest.getByText(gone.name).waitFor();
    expect(await newest.innerText()).toContain(`Project deleted by ${user.email}`);
    expect(await newest.innerText()).toContain('Held 0 tasks and no runs');
    expect(await newest.getByText('Being removed').isVisible()).toBe(true);
    await list.getByRole('listitem').nth(4).scrollIntoViewIfNeeded();
    await shoot(page, `deletions-${view}`);
    while (await removeDeleted(site.system.core)) continue;
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
  const other = await seeder(site.system.core).project(user, 'Bakery');
  await deletedTasks(project, user, 3);
  const { page, complaints } = await openAsAdmin(`/projects/${other.id}/settings`);
  await page.getByText('Nothing was deleted yet').scrollIntoViewIfNeeded();
  await shoot(page, 'deletions-none');
  await page.goto(`${site.url}/projects/${project.id}/settings`);
  const list = page.getByRole('list', { name: 'Deletions' });
  await list.getByText('Old chore 3').waitFor();
  expect(await list.getByRole('listitem').count()).toBe(3);
  expect(await list.getByText('1 run with 1,200 lines of logs and 2 files').count()).toBe(3);
  await list.scrollIntoViewIfNeeded();
  await shoot(page, 'deletions-of-project');
  expect(complaints).toEqual([]);
});

test('an owner is shown those of his project, and who is neither owner nor administrator none', async () => {
  const { user, project, open } = await world();
  await deletedTasks(project, user, 2);
  const own = await open();
  await own.page.goto(`${site.url}/projects/${project.id}/settings`);
  const list = own.page.getByRole('list', { name: 'Deletions' });
  await list.getByText('Old chore 2').waitFor();
  await own.page.goto(`${site.url}/settings`);
  await own.page.getByRole('heading', { level: 2 }).last().waitFor();
  expect(await list.count()).toBe(0);
  const { core } = site.system;
  const maintainer = await seeder(core).user();
  await core.db.projectMember.create({
    data: { id: newId(), projectId: project.id, userId: maintainer.userId, role: 'maintainer' },
  });
  const theirs = await site.openAs(maintainer);
  for (const address of ['/settings', `/projects/${project.id}/settings`]) {
    await theirs.page.goto(`${site.url}${address}`);
    await theirs.page.getByRole('heading', { level: 2 }).last().waitFor();
    expect(await theirs.page.getByRole('heading', { name: 'Deletions' }).count()).toBe(0);
  }
  expect([...own.complaints, ...theirs.complaints]).toEqual([]);
});
