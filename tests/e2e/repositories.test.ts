import { mkdirSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunnerActor, UserActor } from '#core/access/actor.ts';
import { updateProject } from '#core/projects/update-project.ts';
import { registerRunner } from '#core/runners/connection.ts';
import { reportWorkFolders } from '#core/work-folders/report-work-folders.ts';
import { makeRepository } from '#runner/testing/repositories.ts';
import { startSite } from '#tests/kit/browser.ts';
import { startTestRunner } from '#tests/kit/runner.ts';
import type { TestRunner } from '#tests/kit/runner.ts';
import { seeder } from '#tests/kit/seed.ts';
import { until } from '#tests/kit/until.ts';
import { keptFolder } from '#tests/kit/work-folders.ts';

const site = startSite();
let runner: TestRunner;
let runnerId: string;
let actor: RunnerActor;
let folder: string;
let admin: UserActor;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'overmind-choose-')));
  makeRepository(path.join(folder, 'code', 'corner-shop'), { 'packages/web/index.js': '1\n' });
  makeRepository(path.join(folder, 'code', 'warehouse'));
  mkdirSync(path.join(folder, 'code', 'notes'));
  const seed = seeder(site.system.core);
  admin = await seed.user({ isAdmin: true });
  const made = await seed.runner('workstation');
  ({ actor } = made);
  runnerId = made.runner.id;
  runner = await startTestRunner({ url: site.url, token: made.token, roots: [path.join(folder, 'code')] });
  await until(
    () => site.system.core.db.runnerRepository.count({ where: { runnerId } }),
    (count) => count === 2,
  );
}, 60_000);
afterAll(async () => {
  await runner?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function openNewProject(user: UserActor): Promise<{ page: Page; complaints: string[] }> {
  const opened = await site.openAs(user, '/projects');
  await opened.page.getByRole('button', { name: 'New project' }).first().click();
  await opened.page.getByRole('dialog', { name: 'New project' }).waitFor();
  return opened;
}

test('a new project is made on a repository from the list, which is granted by that', async () => {
  const { page, complaints } = await openNewProject(admin);
  await page.getByLabel('Name').fill('Corner shop');
  await page.getByRole('list', { name: 'Repositories' }).getByText('warehouse').waitFor();
  await page.getByLabel('Repository').fill('corner');
  await expect.poll(() => page.getByRole('list', { name: 'Repositories' }).getByRole('listitem').count()).toBe(1);
  await page.getByRole('button', { name: /corner-shop/ }).click();
  await page.getByText('Choosing it lets this project’s agents work in it.').waitFor();
  await page.getByRole('button', { name: 'Create project' }).click();
  await page.waitForURL('**/projects/*-*');
  const project = await site.system.core.db.project.findFirstOrThrow({
    where: { name: 'Corner shop' },
    include: { grants: true },
  });
  expect(project.defaultRepoPath).toBe(path.join(folder, 'code', 'corner-shop'));
  expect(project.grants).toMatchObject([{ runnerId, grantedByUserId: admin.userId }]);
  expect(complaints).toEqual([]);
});

test('a typed path is looked at while it is typed, and what is wrong stands under the field', async () => {
  const { page, complaints } = await openNewProject(admin);
  await page.getByLabel('Name').fill('Web');
  const field = page.getByLabel('Repository');
  await field.fill(path.join(folder, 'code', 'nothing'));
  await page.getByText(/There is no folder .*\/nothing/).waitFor();
  await field.fill('/etc');
  await page.getByText("/etc is outside the folders that this runner's policy allows.").waitFor();
  await field.fill(path.join(folder, 'code', 'notes'));
  await page.getByText(/notes is not a Git repository, nor in one\./).waitFor();
  await page.getByRole('button', { name: 'Create project' }).click();
  await expect.poll(() => page.getByText(/notes is not a Git repository, nor in one\./).count()).toBe(1);
  expect(page.url()).not.toContain('/projects/');
  await field.fill(path.join(folder, 'code', 'corner-shop', 'packages', 'web'));
  await page.getByText(/The repository starts at .*corner-shop; work is done in its folder packages\/web\./).waitFor();
  await page.getByRole('button', { name: 'Create project' }).click();
  await page.waitForURL('**/projects/*-*');
  expect(await site.system.core.db.project.findFirstOrThrow({ where: { name: 'Web' } })).toMatchObject({
    defaultRepoPath: path.join(folder, 'code', 'corner-shop', 'packages', 'web'),
  });
  expect(complaints).toEqual([]);
});

const WHOLE =
  'Choose a repository from the list, or type its whole path, which starts with "/". Empty this field to go without one.';
test.each([
  ['no whole path', 'code/corner-shop', WHOLE],
  ['a path from the home', '~/code/corner-shop', WHOLE],
  ['a word', 'ware', WHOLE],
  ['a path without end', `/${'x'.repeat(1_100)}`, 'These are 1,101 characters; a path has at most 1,024.'],
  ['a path upwards', '/srv/code/../shop', 'Type the path without "..": /srv/shop'],
])(
  'what is typed and can be no repository is refused beside the field, and nothing is made: %s',
  async (_kind, typed, message) => {
    const { page, complaints } = await openNewProject(admin);
    await page.getByRole('list', { name: 'Repositories' }).getByText('warehouse').waitFor();
    await page.getByLabel('Name').fill('Refused');
    await page.getByLabel('Repository').fill(typed);
    await page.getByRole('button', { name: 'Create project' }).click();
    await page.getByText(message, { exact: true }).waitFor();
    expect(await page.getByLabel('Repository').getAttribute('aria-invalid')).toBe('true');
    expect(await page.getByLabel('Repository').inputValue()).toBe(typed);
    expect(await site.system.core.db.project.count({ where: { name: 'Refused' } })).toBe(0);
    await page.getByLabel('Repository').fill('');
    await page.getByText(message, { exact: true }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Create project' }).click();
    await page.waitForURL('**/projects/*-*');
    expect(await site.system.core.db.project.findFirstOrThrow({ where: { name: 'Refused' } })).toMatchObject({
      defaultRepoPath: null,
    });
    await site.system.core.db.project.updateMany({ where: { name: 'Refused' }, data: { name: 'Without' } });
    expect(complaints).toEqual([]);
  },
);

test('a project keeps its repository when what is typed instead can be none, or is nothing', async () => {
  const project = await seeder(site.system.core).project(admin, 'Kept');
  const repository = path.join(folder, 'code', 'warehouse');
  await updateProject(site.system.core, admin, { projectId: project.id, defaultRepoPath: repository });
  const { page } = await site.openAs(admin, `/projects/${project.id}/settings`);
  await page.getByRole('button', { name: 'Change repository' }).click();
  await page.getByLabel('Repository').fill('corner');
  await page.getByRole('button', { name: 'Save', exact: true }).first().click();
  await page
    .getByText(
      `Choose a repository from the list, or type its whole path, which starts with "/". Empty this field to keep ${repository}.`,
    )
    .waitFor();
  expect(await page.getByText('Saved', { exact: true }).count()).toBe(0);
  await page.getByLabel('Repository').fill('');
  await page.getByText(`It keeps ${repository}.`).waitFor();
  await page.getByRole('button', { name: 'Save', exact: true }).first().click();
  await page.getByText('Saved', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Change repository' }).waitFor();
  expect(await site.system.core.db.project.findUniqueOrThrow({ where: { id: project.id } })).toMatchObject({
    defaultRepoPath: repository,
  });
});

test('a path that is too long to look at is said to be, and is not cut', async () => {
  const { page } = await site.openAs(admin, `/runners/${runnerId}`);
  await page.getByRole('button', { name: 'Path', exact: true }).click();
  await page.getByLabel('Path', { exact: true }).fill(`/${'x'.repeat(1_100)}`);
  await page.getByText('These are 1,101 characters; a path has at most 1,024.').waitFor();
  await page.getByLabel('Path', { exact: true }).fill(path.join(folder, 'code', 'x'.repeat(256)));
  await page.getByText(/A name in a path has at most 255 bytes/).waitFor({ timeout: 5_000 });
  await page.getByLabel('Path', { exact: true }).fill(path.join(folder, 'code', 'warehouse', '.git'));
  await page.getByText(/belongs to Git itself\. Type the folder of the repository instead: .*warehouse$/).waitFor();
});

test('somebody who does not administer is offered what is granted to everybody, and nothing else', async () => {
  const user = await seeder(site.system.core).user();
  const { page } = await openNewProject(user);
  await page
    .getByText('No repository is granted to you. An administrator grants them, on the runner’s page.')
    .waitFor();
  await page.getByLabel('Repository').fill(path.join(folder, 'code', 'warehouse'));
  await page.getByLabel('Name').fill('Mine');
  await page.getByRole('button', { name: 'Create project' }).click();
  await page.getByText(/This repository is not granted to the project\./).waitFor();
  await page.getByLabel('Repository').fill('warehouse');
  await page.getByRole('button', { name: 'Create project' }).click();
  await page.getByText('Choose a repository from the list. Empty this field to go without one.').waitFor();
  await page.getByLabel('Repository').fill('');
  await page.getByRole('button', { name: 'Create project' }).click();
  await page.waitForURL('**/projects/*-*');
  expect(await site.system.core.db.project.findFirstOrThrow({ where: { name: 'Mine' } })).toMatchObject({
    defaultRepoPath: null,
  });
  await page.goto(`${site.url}/runners/${runnerId}`);
  await page
    .getByText(/nothing here|may not do this/i)
    .first()
    .waitFor();
});

test('the runner’s page grants and takes back, looks again, and says what lies on the disk', async () => {
  const seed = seeder(site.system.core);
  const project = await seed.project(admin, 'Storehouse');
  const task = await seed.task(admin, project, {
    title: 'Count what is on the shelves',
    agentId: (await seed.agent(project)).id,
  });
  await site.system.core.db.agentRun.updateMany({ where: { taskId: task.id }, data: { runnerId } });
  const { page, complaints } = await site.openAs(admin, `/runners/${runnerId}`);
  await page.getByRole('button', { name: `Grant ${path.join(folder, 'code', 'warehouse')}` }).click();
  await page.getByLabel('To', { exact: true }).selectOption({ label: 'Storehouse' });
  await page.getByRole('dialog').getByRole('button', { name: 'Grant', exact: true }).click();
  const takeBack = page.getByRole('button', { name: /Take .*warehouse back from Storehouse/ });
  await takeBack.click();
  await takeBack.waitFor({ state: 'detached' });
  makeRepository(path.join(folder, 'code', 'fresh'));
  await page.getByRole('button', { name: 'Look again' }).click();
  await page.getByRole('list', { name: 'Repositories', exact: true }).getByText('fresh', { exact: true }).waitFor();

  await registerRunner(site.system.core, actor, {
    version: '0.1.0',
    labels: ['gpu'],
    capacity: 4,
    sandboxNote: 'not sandboxed: bubblewrap is missing',
  });
  await reportWorkFolders(site.system.core, actor, {
    report: {
      folders: [keptFolder(task.id)],
    },
  });
  await page.reload();
  await page.getByText('Not sandboxed: bubblewrap is missing').waitFor();
  await page.getByText('Asks for gpu').waitFor();
  await page.getByRole('button', { name: 'Grant', exact: true }).click();
  await page.getByRole('button', { name: 'Take gpu back' }).waitFor();
  await page.getByText('1.5 GB in 1').waitFor();
  await page.getByText('Kept: its task waits').waitFor();
  await page.getByRole('button', { name: 'Remove the folder of Count what is on the shelves' }).click();
  await page.getByRole('button', { name: 'Remove folder' }).click();
  // The runner has no such folder, and tells of none.
  await page.getByText('No work folders').waitFor();
  expect(complaints).toEqual([]);
});
