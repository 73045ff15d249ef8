import { expect, test } from 'vitest';
import { createTask } from '#core/tasks/create-task.ts';
import { startSite } from '#tests/kit/browser.ts';
import { seeder } from '#tests/kit/seed.ts';

const site = startSite();

async function arrange() {
  const { core } = site.system;
  const user = await seeder(core).user();
  const project = await seeder(core).project(user, 'Corner shop');
  const make = (title: string) => createTask(core, user, { projectId: project.id, title });
  const [first, second] = [await make('Sort the imports'), await make('Name the files')];
  const { page, complaints } = await site.openAs(user);
  return { project, first, second, page, complaints, base: `${site.url}/projects/${project.id}` };
}

test('an address that names a task opens it, and the browser complains of nothing', async () => {
  const { page, complaints, base, first } = await arrange();
  await page.goto(`${base}?task=${first.id}`);
  await page.getByRole('dialog').getByRole('heading', { name: first.title }).waitFor();
  expect(complaints).toEqual([]);
}, 60_000);

test.each(['another task is opened', 'the page is left and come back to'])(
  'while the code of the sheet is on its way, %s: nothing breaks',
  async (what) => {
    const { page, complaints, base, first, second } = await arrange();
    let deliver = (): void => undefined;
    const isTime = new Promise<void>((resolve) => (deliver = resolve));
    await page.route('**/task-sheet*.js', async (route) => {
      await isTime;
      await route.continue();
    });
    await page.goto(`${base}?task=${first.id}`, { waitUntil: 'commit' });
    await page.getByRole('link', { name: second.title }).waitFor();
    // It hears presses: the page is there, all but the sheet.
    await expect.poll(() => page.getByLabel('Message to the orchestrator').isEnabled()).toBe(true);
    if (what === 'another task is opened') {
      await page.getByRole('link', { name: second.title }).click();
      await page.waitForURL('**task=*-*');
    } else await page.goBack().then(() => page.goForward());
    deliver();
    await page.getByRole('dialog').waitFor();
    expect(complaints).toEqual([]);
  },
  60_000,
);
