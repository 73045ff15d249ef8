import { expect, test } from 'vitest';
import { startSite } from '#tests/kit/browser.ts';
import { seeder } from '#tests/kit/seed.ts';

const site = startSite();

async function arrange() {
  const seed = seeder(site.system.core);
  const user = await seed.user({ isAdmin: true });
  const project = await seed.project(user, 'Corner shop');
  return { user, project, ...(await site.openProject(user, project)) };
}

test('keys that are pressed twice before the page has drawn make one task', async () => {
  const { project, page, complaints } = await arrange();
  let asked = 0;
  page.on('request', (request) => (asked += request.postData()?.includes('createTask') ? 1 : 0));
  await page.keyboard.press('c');
  const dialog = page.getByRole('dialog', { name: 'New task' });
  await dialog.getByLabel('Title').fill('Sort the imports');
  await dialog.getByLabel('Title').evaluate((field) => {
    for (let i = 0; i < 2; i += 1)
      field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true }));
  });
  await page.locator('[data-column="QUEUED"] article', { hasText: 'Sort the imports' }).first().waitFor();
  await dialog.waitFor({ state: 'detached' });
  expect(asked).toBe(1);
  expect(await site.system.core.db.task.count({ where: { projectId: project.id } })).toBe(1);
  expect(complaints).toEqual([]);
});

test('what was refused stands on top of the form, and the form takes the next try', async () => {
  const { user, page } = await arrange();
  await page.goto(`${site.url}/settings`);
  await page.getByRole('button', { name: 'Add person' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add person' });
  await dialog.getByLabel('Email').fill(user.email);
  await dialog.getByLabel('Password').fill('long enough');
  await dialog.getByRole('button', { name: 'Add person' }).click();
  await dialog.getByRole('alert').waitFor();
  expect(await dialog.getByLabel('Password').inputValue()).toBe('long enough');
  await dialog.getByLabel('Email').fill(`another-${user.email}`);
  await dialog.getByRole('button', { name: 'Add person' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByText(`another-${user.email}`).waitFor();
});
