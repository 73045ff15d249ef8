import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { newId } from '#core/platform/ids.ts';
import { answerPermission } from '#core/runs/answer-permission.ts';
import { startSite } from '#tests/kit/browser.ts';
import { makeLive, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';

const site = startSite();
const MESSAGE = 'Message to the agent';

/** The dashboards of two people, on which an agent works that is run live. */
async function openLiveTask(title: string) {
  const { core } = site.system;
  const seed = seeder(core);
  const [anna, ben] = [await seed.user(), await seed.user()];
  const project = await seed.project(anna, 'Corner shop');
  await core.db.projectMember.create({
    data: { id: newId(), projectId: project.id, userId: ben.userId, role: 'maintainer' },
  });
  const runner = runnerSide(core, (await seed.runner(undefined, { projectIds: [project.id] })).actor);
  const task = await scheduledTask(core, anna, project, await seed.agent(project), { title });
  const held = await runner.claim();
  await makeLive(core, held);
  await runner.append(held, 0, ['line 0']);
  const opened = await site.openProject(anna, project);
  return { ...opened, other: await site.openProject(ben, project), anna, ben, project, task, runner, held };
}
const cardOf = (page: Page, title: string) => page.locator('article', { hasText: title });

test('what an agent asks is answered on its card; who else looks sees it at once', async () => {
  const title = 'Publish the package';
  const { page, complaints, other, runner, held, anna } = await openLiveTask(title);
  await runner.ask(held, 'A:1');
  await page.getByText('An agent asks: Run npm publish').first().waitFor();
  const [mine, theirs] = [cardOf(page, title), cardOf(other.page, title)];
  await mine.getByText('Asks: Run npm publish').waitFor();
  await mine.getByText(/Waits until .*, then it is denied/).waitFor();
  await theirs.getByText('Asks: Run npm publish').waitFor();
  await mine.getByRole('button', { name: 'Allow once: Run npm publish' }).press('Enter');
  await mine.getByText('Asks:').waitFor({ state: 'detached' });
  await theirs.getByText('Asks:').waitFor({ state: 'detached' });
  expect(await runner.take(held)).toMatchObject([{ permissionKey: 'A:1', decision: 'allow_once' }]);
  // With its run it is said who it was.
  await other.page.getByText(`${anna.email} allowed once:`).waitFor();
  expect([...complaints, ...other.complaints]).toEqual([]);
}, 90_000);

test('who is slower is told who was faster', async () => {
  const title = 'Delete the branch';
  const { page, complaints, runner, held, ben } = await openLiveTask(title);
  const permission = await runner.ask(held, 'A:1', { title: 'Run git push' });
  const deny = cardOf(page, title).getByRole('button', { name: 'Deny: Run git push' });
  await deny.waitFor();
  // The click goes out before the page has heard of the other answer.
  await page.route('**/graphql', async (route) => {
    if (route.request().postData()?.includes('AnswerPermission'))
      await answerPermission(site.system.core, ben, { permissionId: permission.id, decision: 'allow_once' });
    await route.continue();
  });
  await deny.click();
  await page.getByText(`Already answered by ${ben.email}: it was allowed once.`).first().waitFor();
  await deny.waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
}, 90_000);

test('a change is shown as a diff, also on the page of the task, and nothing in it hides', async () => {
  const { page, complaints, runner, held, project, task } = await openLiveTask('Fix the sum');
  const detail = '--- a/src/sum.js\n+++ b/src/sum.js\n@@ -1 +1 @@\n-return a - b;\n+return a + b; // \u202ekcart';
  await runner.ask(held, 'A:1', { title: 'Edit src/sum.js', toolKind: 'edit', target: 'src/sum.js', detail });
  await page.goto(`${site.url}/projects/${project.id}/tasks/${task.id}`);
  const asked = page.getByRole('status', { name: 'The agent asks' });
  await asked.getByText('return a + b; // \\u202ekcart').waitFor();
  await asked.getByRole('button', { name: /^Deny/ }).click();
  await asked.waitFor({ state: 'detached' });
  await page.getByText('denied the agent').waitFor();
  expect(await runner.take(held)).toMatchObject([{ decision: 'deny' }]);
  expect(complaints).toEqual([]);
}, 90_000);

test('a message to the agent is shown as sent, and as delivered once its runner has it', async () => {
  const { page, complaints, other, runner, held } = await openLiveTask('Sort the imports');
  await page.getByLabel(MESSAGE).fill('Leave the tests alone');
  await page.getByLabel(MESSAGE).press('ControlOrMeta+Enter');
  const said = (on: Page) => on.getByRole('listitem').filter({ hasText: 'Leave the tests alone' });
  await said(page).getByText('Sent', { exact: true }).waitFor();
  expect(await page.getByLabel(MESSAGE).inputValue()).toBe('');
  await said(other.page).getByText('Sent', { exact: true }).waitFor();
  const [taken] = await runner.take(held);
  expect(taken).toMatchObject({ kind: 'message', text: 'Leave the tests alone' });
  await runner.take(held, taken?.number ?? -1);
  await said(page).getByText('Delivered').waitFor();
  await runner.complete(held, { lineCount: 1 });
  await page.getByLabel(MESSAGE).waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
}, 90_000);
