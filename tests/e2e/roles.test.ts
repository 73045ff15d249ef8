import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { updateMembership } from '#core/memberships/update-membership.ts';
import { newId } from '#core/platform/ids.ts';
import { createTask } from '#core/tasks/create-task.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { rebuildStateDocument } from '#core/state/rebuild-state.ts';
import { saveState } from '#core/state/save-state.ts';
import { startSite } from '#tests/kit/browser.ts';
import { seeder } from '#tests/kit/seed.ts';

const site = startSite();

type Role = 'viewer' | 'maintainer' | 'owner' | 'administrator';

async function arrange(role: Role) {
  const { core } = site.system;
  const seed = seeder(core);
  const owner = await seed.user();
  const reader = role === 'owner' ? owner : await seed.user({ isAdmin: role === 'administrator' });
  const project = await seed.project(owner, 'Corner shop');
  if (role === 'viewer' || role === 'maintainer')
    await core.db.projectMember.create({ data: { id: newId(), projectId: project.id, userId: reader.userId, role } });
  await rebuildStateDocument(core, project.id);
  await saveState(core, owner, { projectId: project.id, baseVersion: 1, notes: 'Mind the gap' });
  const task = await createTask(core, owner, { projectId: project.id, title: 'Sort the imports' });
  const { page, complaints } = await site.openAs(reader);
  return { core, owner, reader, project, task, page, complaints, base: `${site.url}/projects/${project.id}` };
}

const button = (page: Page, name: string | RegExp) =>
  page.getByRole('button', { name, exact: typeof name === 'string' });

/** Opens what a task's menu offers; a page that was just loaded may not hear the first press. */
async function openMenu(page: Page): Promise<void> {
  await expect
    .poll(async () => {
      if ((await page.getByRole('menu').count()) === 0) await button(page, 'More actions').click();
      return page.getByRole('menu').count();
    })
    .toBe(1);
}

/** Which of the controls of a project's pages can be used. */
async function usable({ page, base, task }: Awaited<ReturnType<typeof arrange>>): Promise<Record<string, boolean>> {
  const seen: Record<string, boolean> = {};
  await page.goto(base);
  seen['New task'] = await button(page, 'New task').isEnabled();
  seen['Run orchestrator'] = await button(page, /^(Run orchestrator|Orchestrator: .*)$/).isEnabled();
  seen['say something'] = await page.getByLabel('Message to the orchestrator').isEnabled();
  await page.goto(`${base}/tasks/${task.id}`);
  seen['comment'] = await page.getByLabel('Comment').isEnabled();
  await openMenu(page);
  const item = async (name: string): Promise<boolean> =>
    (await page.getByRole('menuitem', { name }).getAttribute('aria-disabled')) !== 'true';
  seen['Cancel'] = await item('Cancel');
  seen['Delete task'] = await item('Delete task…');
  await page.goto(`${base}/state`);
  seen['Edit'] = await button(page, 'Edit').isEnabled();
  await page.getByRole('navigation', { name: 'Versions' }).getByRole('button', { name: 'v1' }).click();
  seen['Roll back'] = await button(page, /^Roll back to this/).isEnabled();
  await page.goto(`${base}/settings`);
  seen['name'] = await page.getByLabel('Name', { exact: true }).isEnabled();
  seen['retention'] = await page.getByLabel('Logs of runs').isEnabled();
  seen['agents'] = await page.getByRole('switch').first().isEnabled();
  seen['members'] = await button(page, 'Add member').isEnabled();
  seen['Pause'] = await button(page, 'Pause project').isEnabled();
  seen['Delete project'] = await button(page, /^Delete project/).isEnabled();
  return seen;
}

const WORK = ['New task', 'Run orchestrator', 'say something', 'comment', 'Cancel', 'Edit', 'Roll back'];
const OWN = ['Delete task', 'name', 'retention', 'agents', 'members', 'Pause', 'Delete project'];

test.each<[Role, string[]]>([
  ['viewer', []],
  ['maintainer', WORK],
  ['owner', [...WORK, ...OWN]],
  ['administrator', [...WORK, ...OWN]],
])(
  'the pages offer a %s what the role allows',
  async (role, expected) => {
    const arranged = await arrange(role);
    const seen = await usable(arranged);
    expect(Object.keys(seen).sort()).toEqual([...WORK, ...OWN].sort());
    const offered = Object.keys(seen).filter((name) => seen[name]);
    expect(offered.sort()).toEqual([...expected].sort());
    expect(arranged.complaints).toEqual([]);
  },
  60_000,
);

test('a control that is not for him says why', async () => {
  const { page, base, task } = await arrange('viewer');
  await page.goto(`${base}/tasks/${task.id}`);
  const why = 'This takes the role maintainer; yours is viewer.';
  await expect.poll(() => button(page, 'New task').getAttribute('title')).toBe(why);
  expect(await page.getByLabel('Comment').getAttribute('placeholder')).toBe(why);
  await openMenu(page);
  expect(await page.getByRole('menuitem', { name: 'Delete task…' }).getAttribute('title')).toBe(
    'This takes the role owner; yours is viewer.',
  );
  // By touch and by key, of what is pressed; each by its own words.
  const toasts = page.locator('[data-toasts]');
  await page.getByRole('menuitem', { name: 'Delete task…' }).focus();
  await page.keyboard.press('Enter');
  await toasts.getByText('This takes the role owner; yours is viewer.').waitFor();
  await button(page, 'New task').focus();
  await page.keyboard.press('Enter');
  await toasts.getByText(why).waitFor();
  expect(await page.getByRole('dialog', { name: 'New task' }).count()).toBe(0);
  await page.goto(`${base}/settings`);
  await page.getByText('This takes the role owner; yours is viewer.').first().waitFor();
  // The key says it too, where there is no button to point at.
  await page.keyboard.press('c');
  await toasts.getByText(why).waitFor();
  expect(await page.getByRole('dialog', { name: 'New task' }).count()).toBe(0);
}, 60_000);

test('what is typed stays while the page asks anew what its reader may do', async () => {
  const { core, owner, reader, project, page, base } = await arrange('maintainer');
  await page.goto(base);
  await page.getByText('Live', { exact: true }).waitFor({ state: 'attached' });
  await button(page, 'New task').click();
  const title = page.getByRole('dialog', { name: 'New task' }).getByLabel('Title');
  await title.fill('Half a thought');
  let answer = (): void => undefined;
  const isTime = new Promise<void>((resolve) => (answer = resolve));
  const isAsked = new Promise<void>((resolve) => {
    void page.route('**/graphql', async (route) => {
      if (!route.request().postData()?.includes('query ProjectFrame')) return route.continue();
      resolve();
      await isTime;
      return route.continue();
    });
  });
  const { id } = await core.db.projectMember.findFirstOrThrow({
    where: { projectId: project.id, userId: reader.userId },
  });
  await updateMembership(core, owner, { membershipId: id, role: 'owner' });
  await isAsked;
  expect(await title.inputValue()).toBe('Half a thought');
  answer();
  await page.getByRole('button', { name: 'Create task' }).click();
  await page.getByRole('article').filter({ hasText: 'Half a thought' }).waitFor();
}, 60_000);

test('an agent’s configuration can be read, and not saved, by who may not change it', async () => {
  const { core, project, page, base } = await arrange('viewer');
  await seeder(core).configure(await seeder(core).agent(project), { commands: [['make', 'it-so']] });
  await page.goto(`${base}/settings`);
  const row = page.getByRole('list', { name: 'Agents' }).getByRole('listitem').filter({ hasText: 'make it-so' });
  await row.getByRole('button', { name: 'Configure' }).click();
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByLabel('Configuration').inputValue()).toContain('it-so');
  expect(await dialog.getByLabel('Configuration').isEditable()).toBe(false);
  await dialog.getByText('This takes the role owner; yours is viewer.').waitFor();
  await dialog.getByRole('button', { name: 'Save' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Control+Enter');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'detached' });
}, 60_000);

test('who asked for a task may delete it while nobody has begun it', async () => {
  const { core, reader, project, page, base } = await arrange('maintainer');
  const own = await createTask(core, reader, { projectId: project.id, title: 'My own' });
  await page.goto(`${base}/tasks/${own.id}`);
  await openMenu(page);
  await page.getByRole('menuitem', { name: 'Delete task…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete task' }).click();
  await expect.poll(() => core.db.task.count({ where: { id: own.id } })).toBe(0);
}, 60_000);

test('what may be done follows the project while it is open', async () => {
  const { core, owner, project, page, base } = await arrange('owner');
  await page.goto(base);
  await expect.poll(() => button(page, 'New task').isEnabled()).toBe(true);
  await page.getByLabel('Message to the orchestrator').fill('half a sentence');
  await updateProject(core, owner, { projectId: project.id, status: 'archived' });
  await expect.poll(() => button(page, 'New task').isEnabled()).toBe(false);
  expect(await button(page, 'New task').getAttribute('title')).toBe(
    'This project is archived: it can be read, but not changed.',
  );
  await updateProject(core, owner, { projectId: project.id, status: 'active' });
  await expect.poll(() => button(page, 'New task').isEnabled()).toBe(true);
  expect(await page.getByLabel('Message to the orchestrator').inputValue()).toBe('half a sentence');
}, 60_000);

test('an owner takes somebody in and gives him a role; his open page follows it', async () => {
  const { core, owner, project, page, base } = await arrange('owner');
  const guest = await seeder(core).user();
  await page.goto(`${base}/settings`);
  const members = page.getByRole('list', { name: 'Members' });
  await members.getByLabel(`Role of ${owner.email}`).waitFor();
  await page.getByLabel('Email').fill(guest.email);
  await page.getByLabel('Role', { exact: true }).selectOption('VIEWER');
  await button(page, 'Add member').click();
  await members.getByLabel(`Role of ${guest.email}`).waitFor();
  const theirs = await site.openAs(guest);
  await theirs.page.goto(base);
  await expect.poll(() => button(theirs.page, 'New task').isEnabled()).toBe(false);
  await page.getByLabel(`Role of ${guest.email}`).selectOption('MAINTAINER');
  await expect.poll(() => button(theirs.page, 'New task').isEnabled(), { timeout: 5_000 }).toBe(true);
  await button(page, `Remove ${guest.email}`).click();
  const question = page.getByRole('dialog', { name: `Remove ${guest.email}?` });
  await question.getByText('They see nothing more of this project').waitFor();
  await question.getByRole('button', { name: 'Back' }).click();
  expect(await core.db.projectMember.count({ where: { projectId: project.id } })).toBe(2);
  await button(page, `Remove ${guest.email}`).click();
  await question.getByRole('button', { name: 'Remove member' }).click();
  await question.waitFor({ state: 'detached' });
  await members.getByLabel(`Role of ${guest.email}`).waitFor({ state: 'detached' });
  expect(await core.db.projectMember.count({ where: { projectId: project.id } })).toBe(1);
  // The last owner stays, and the page says why, and nothing else.
  await button(page, `Remove ${owner.email}`).click();
  const own = page.getByRole('dialog', { name: 'Leave this project?' });
  await own.getByText('can not come back by yourself').waitFor();
  await own.getByRole('button', { name: 'Leave project' }).click();
  const toasts = page.locator('[data-toasts]');
  await toasts.getByText('This is the last owner. Make somebody else an owner first.').waitFor();
  expect(await toasts.getByText(`Removed ${owner.email}`).count()).toBe(0);
}, 60_000);

test('an owner who leaves is asked once, and led away from what he does not see any more', async () => {
  const { core, owner, project, page, base } = await arrange('owner');
  const other = await seeder(core).user();
  await core.db.projectMember.create({
    data: { id: newId(), projectId: project.id, userId: other.userId, role: 'owner' },
  });
  await page.goto(`${base}/settings`);
  await button(page, `Remove ${owner.email}`).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Leave project' }).click();
  await page.waitForURL('**/projects');
  expect(await core.db.projectMember.count({ where: { projectId: project.id } })).toBe(1);
}, 60_000);

test('an administrator deactivates an account, and the page of who had it ends at the sign-in', async () => {
  const { core, page } = await arrange('administrator');
  const guest = await seeder(core).user();
  const theirs = await site.openAs(guest, '/projects');
  await page.goto(`${site.url}/settings`);
  await button(page, `Change ${guest.email}`).click();
  await page.getByRole('menuitem', { name: 'Deactivate…' }).click();
  const question = page.getByRole('dialog', { name: `Deactivate ${guest.email}?` });
  await question.getByText('They are signed out everywhere').waitFor();
  await question.getByRole('button', { name: 'Deactivate' }).click();
  await page.getByRole('listitem').filter({ hasText: guest.email }).getByText('Inactive').waitFor();
  await theirs.page.waitForURL('**/sign-in**');
}, 60_000);

test('the last administrator stays one, and the page says why', async () => {
  const { core, reader, page } = await arrange('administrator');
  await core.db.user.updateMany({ where: { isAdmin: true, id: { not: reader.userId } }, data: { isAdmin: false } });
  await page.goto(`${site.url}/settings`);
  for (const [item, confirm] of [
    ['Make no administrator…', 'Give it up'],
    ['Deactivate…', 'Deactivate'],
  ] as const) {
    await button(page, `Change ${reader.email}`).click();
    await page.getByRole('menuitem', { name: item }).click();
    await page.getByRole('dialog').getByRole('button', { name: confirm, exact: true }).click();
    const why = page.locator('[data-toasts]').getByText('This is the last administrator.');
    await why.waitFor();
    await button(page, 'Dismiss').click();
    await why.waitFor({ state: 'detached' });
  }
  expect(await core.db.user.findUnique({ where: { id: reader.userId } })).toMatchObject({
    isAdmin: true,
    isActive: true,
  });
}, 60_000);

// The last one: with a crowd, the lists of people have more than one page.
test('a viewer reads all members of a project, page by page, and how they stand now', async () => {
  const { core, reader, project, page, base } = await arrange('viewer');
  await core.pool.query(
    `with people as (insert into users (id, email, password_hash)
       select gen_random_uuid(), 'crowd-' || gen_random_uuid() || '@example.test', 'none' from generate_series(1, 110) n
       returning id)
     insert into project_members (id, project_id, user_id, role) select gen_random_uuid(), $1, id, 'viewer' from people`,
    [project.id],
  );
  await page.goto(`${base}/settings`);
  const lists = page.getByRole('list', { name: 'Members' });
  await expect.poll(() => lists.getByRole('listitem').count()).toBe(100);
  await button(page, 'Show more members').click();
  await expect.poll(() => lists.getByRole('listitem').count()).toBe(112);
  expect(await page.getByLabel(`Role of ${reader.email}`).isEnabled()).toBe(false);
  // The page is left without being loaded anew, and come back to.
  await page
    .getByRole('link', { name: /^Board|^Dashboard/ })
    .first()
    .click();
  await button(page, 'New task').waitFor();
  await core.db.user.updateMany({ where: { email: { startsWith: 'crowd-' } }, data: { isActive: false } });
  await page.getByRole('link', { name: 'Project settings' }).click();
  await lists.getByText('Inactive').first().waitFor();
}, 60_000);
