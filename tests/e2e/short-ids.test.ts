import { expect, test } from 'vitest';
import { createProject } from '#core/projects/create-project.ts';
import { createTask } from '#core/tasks/create-task.ts';
import { startSite } from '#tests/kit/browser.ts';
import { seeder } from '#tests/kit/seed.ts';

const site = startSite();

async function arrange(key: string) {
  const { core } = site.system;
  const user = await seeder(core).user();
  const project = await createProject(core, user, { name: `Shop ${key}`, key });
  await createTask(core, user, { projectId: project.id, title: 'Sort the imports' });
  await createTask(core, user, { projectId: project.id, title: 'Say hello' });
  const { page, complaints } = await site.openAs(user);
  return { core, user, project, page, complaints, here: `${site.url}/projects/${project.id}` };
}

test('a task is called by its short id on its card, in addresses, in the title and in the search', async () => {
  const { core, user, page, complaints, here } = await arrange('SHOP');
  const elsewhere = await createProject(core, user, { name: 'Elsewhere', key: 'ELSE' });
  await createTask(core, user, { projectId: elsewhere.id, title: 'Far away' });

  await page.goto(here);
  const card = page.getByRole('article').filter({ hasText: 'Say hello' });
  await card.getByText('SHOP-2', { exact: true }).waitFor();
  await card.getByRole('link').click();
  await page.waitForURL('**task=SHOP-2');
  await page.getByRole('dialog').getByRole('heading', { name: 'Say hello' }).waitFor();
  await page.getByRole('dialog').getByRole('link', { name: 'Open as a page' }).click();
  await page.waitForURL('**/tasks/SHOP-2');
  await expect.poll(() => page.title()).toBe('SHOP-2 Say hello · OvermindOps');

  // As somebody types it.
  await page.goto(`${here}/tasks/shop-1`);
  await page.getByRole('heading', { name: 'Sort the imports' }).waitFor();
  expect((await page.goto(`${here}/tasks/SHOP-77`))?.status()).toBe(404);
  expect((await page.goto(`${here}/tasks/ELSE-1`))?.status()).toBe(404);
  complaints.length = 0;

  await page.goto(here);
  await page.getByRole('article').first().waitFor();
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Search tasks, or go somewhere').fill('shop-1');
  await page.getByRole('option', { name: 'Sort the imports' }).waitFor();
  await page.getByPlaceholder('Search tasks, or go somewhere').fill('else-1');
  await page.getByRole('option', { name: 'Far away' }).click();
  await page.waitForURL('**/tasks/ELSE-1');
  await page.getByRole('heading', { name: 'Far away' }).waitFor();
  expect(complaints).toEqual([]);
}, 90_000);

test('a project’s key is changed in its settings, and the former address still finds the task', async () => {
  const { page, here } = await arrange('FORMER');
  await page.goto(`${here}/settings`);
  await page.getByLabel('Key').fill('later');
  await page.getByRole('button', { name: 'Save' }).first().click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await page.goto(`${here}/tasks/FORMER-1`);
  await page.getByText('LATER-1', { exact: true }).waitFor();
}, 60_000);

test('a task whose answer was lost on the way is made once, and the form goes on', async () => {
  const { core, project, page, here } = await arrange('LOST');
  await page.goto(here);
  await page.getByRole('article').first().waitFor();
  let asked = 0;
  await page.route('**/graphql', async (route) => {
    if (!route.request().postData()?.includes('CreateTask')) return route.continue();
    asked += 1;
    if (asked > 1) return route.continue();
    // It arrives; the answer does not.
    await route.fetch();
    await route.abort('connectionreset');
  });
  await page.keyboard.press('c');
  await page.getByLabel('Title').fill('Only one of me');
  await page.getByRole('button', { name: 'Create task' }).click();
  await page.getByRole('article').filter({ hasText: 'Only one of me' }).waitFor();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  expect(asked).toBe(2);
  expect(await core.db.task.count({ where: { projectId: project.id, title: 'Only one of me' } })).toBe(1);
}, 60_000);
