import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunnerActor, UserActor } from '#core/access/actor.ts';
import { setRunnerEnabled } from '#core/runners/set-runner-enabled.ts';
import { lookForRepositories } from '#core/runners/look-for-repositories.ts';
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
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'overmind-runner-pages-')));
  makeRepository(path.join(folder, 'corner-shop'));
  const seed = seeder(site.system.core);
  admin = await seed.user({ isAdmin: true });
  const made = await seed.runner('workstation');
  ({ actor } = made);
  runnerId = made.runner.id;
  runner = await startTestRunner({ url: site.url, token: made.token, roots: [folder] });
  await until(
    () => site.system.core.db.runnerRepository.count({ where: { runnerId } }),
    (count) => count === 1,
  );
}, 60_000);
afterAll(async () => {
  await runner?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Whatever a page shows after this it shows without a reload. */
async function open(address: string): Promise<Page> {
  return (await site.openAs(admin, address)).page;
}

async function changePolicy(changes: object): Promise<void> {
  const file = path.join(runner.folder, 'policy.json');
  await writeFile(file, JSON.stringify({ ...(JSON.parse(await readFile(file, 'utf8')) as object), ...changes }), {
    mode: 0o600,
  });
}

test('both pages show by themselves what becomes of a runner', async () => {
  const [all, one] = [await open('/runners'), await open(`/runners/${runnerId}`)];
  await all.getByText(/^Online, 4 runs at once/).waitFor();
  await one.getByText(/^Online, 4 runs at once/).waitFor();

  makeRepository(path.join(folder, 'fresh')).commit({ 'a.txt': 'a\n' }, 'A later commit');
  await lookForRepositories(site.system.core, admin, runnerId);
  await one.getByRole('list', { name: 'Repositories', exact: true }).getByText('A later commit').waitFor();

  const seed = seeder(site.system.core);
  const project = await seed.project(admin, 'Storehouse');
  const task = await seed.task(admin, project, {
    title: 'Count what is on the shelves',
    agentId: (await seed.agent(project)).id,
  });
  await site.system.core.db.agentRun.updateMany({ where: { taskId: task.id }, data: { runnerId } });
  const remove = one.getByRole('button', { name: 'Remove the folder of Count what is on the shelves' });
  // The real runner tells what really lies there when it has first looked, which may be now.
  await until(
    async () => {
      await reportWorkFolders(site.system.core, actor, {
        report: {
          folders: [keptFolder(task.id)],
        },
      });
      return remove.isVisible();
    },
    (isVisible) => isVisible,
  );
  expect(await remove.isEnabled()).toBe(true);

  await changePolicy({ capacity: 3 });
  await all.getByText(/^Online, 3 runs at once/).waitFor();
  await one.getByText(/^Online, 3 runs at once/).waitFor();

  await runner.kill();
  await all.getByText(/^Unreachable, last heard \d+ s ago,/).waitFor();
  await one.getByText(/^Unreachable, last heard \d+ s ago,/).waitFor();
  expect(await one.getByText(/^Its runs are |^Not sandboxed/).count()).toBe(0);
  await one.getByText(/^When it was last heard, its runs were (not )?sandboxed/).waitFor();
  for (const button of [
    remove,
    one.getByRole('button', { name: 'Path', exact: true }),
    one.getByRole('button', { name: 'Look again' }),
  ])
    expect(await button.isEnabled()).toBe(false);
  await one.getByText('It is not online, so it can not look at its disk.').waitFor();
  await one.getByText('It is not online, so folders can not be removed.').waitFor();

  await runner.start();
  await all.getByText(/^Online, 3 runs at once/).waitFor();
  await one.getByText(/^Online, 3 runs at once/).waitFor();
  await one.getByText(/^Its runs are |^Not sandboxed/).waitFor();
  expect(await one.getByText(/^It is not online/).count()).toBe(0);

  await setRunnerEnabled(site.system.core, admin, runnerId, false);
  await all.getByText('Disabled', { exact: true }).waitFor();
  await one.getByText('It is disabled, so it can not look at its disk.').waitFor();
  expect(await one.getByRole('button', { name: 'Look again' }).isEnabled()).toBe(false);
  await setRunnerEnabled(site.system.core, admin, runnerId, true);
  // One that was refused has ended.
  await runner.kill();
  await runner.start();
}, 120_000);

test('while the server is away what was known stays, and it is said that it may be out of date', async () => {
  const page = await open(`/runners/${runnerId}`);
  await page.getByText(/^Online, /).waitFor();
  await page.route('**/graphql', (route) => route.abort());
  await page.getByText('This page could not be refreshed. What it shows may be out of date.').waitFor();
  await page.getByText(/^Online, /).waitFor();
  await page.unroute('**/graphql');
  await page
    .getByText('This page could not be refreshed. What it shows may be out of date.')
    .waitFor({ state: 'detached' });
}, 60_000);
