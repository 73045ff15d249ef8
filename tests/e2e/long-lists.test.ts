import { expect, test } from 'vitest';
import { newId } from '#core/platform/ids.ts';
import { commentOnTask } from '#core/tasks/comment-on-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import { startSite } from '#tests/kit/browser.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';

const site = startSite();

/** A project with a runner, and somebody who is signed in. */
async function arrange() {
  const { core } = site.system;
  const seed = seeder(core);
  const user = await seed.user({ isAdmin: true });
  const project = await seed.project(user, 'Corner shop');
  const agent = await seed.agent(project);
  const runner = runnerSide(core, (await seed.runner(undefined, { projectIds: [project.id], capacity: 1 })).actor);
  const { page, complaints } = await site.openAs(user, '/projects', { viewport: { width: 1600, height: 900 } });
  const here = `${site.url}/projects/${project.id}`;
  const add = (title: string) => scheduledTask(core, user, project, agent, { title });
  /** Tasks that nothing is planned for, as history has them. */
  const fill = async (titles: string[], fields: { status: 'queued' | 'done' | 'failed'; updatedAt?: Date }[]) => {
    const tasks = titles.map((title, i) => ({
      id: newId(),
      projectId: project.id,
      title,
      type: 'doc' as const,
      requestedBy: 'api' as const,
      agentId: agent.id,
      acceptanceCriteria: [],
      ...fields[i % fields.length],
    }));
    await core.db.task.createMany({ data: tasks });
    return tasks;
  };
  return { core, user, project, agent, runner, page, complaints, here, add, fill };
}

test('the run that works is shown, however many newer ones wait or are over', async () => {
  const { core, project, agent, runner, page, here, add, fill, complaints } = await arrange();
  await add('The one that works');
  await runner.claim();
  const [old] = await fill(['History'], [{ status: 'failed' }]);
  await core.db.agentRun.createMany({
    data: Array.from({ length: 60 }, (_, i) => ({
      id: newId(),
      projectId: project.id,
      agentId: agent.id,
      taskId: old?.id ?? '',
      attempt: i + 1,
      status: 'failed' as const,
      reason: 'internal' as const,
      message: `It ended, number ${i + 1}`,
      finishedAt: new Date(),
    })),
  });
  await page.goto(here);
  const runs = page.getByRole('list', { name: 'Runs', exact: true });
  await runs.getByRole('button', { name: /The one that works/ }).waitFor();
  await page.getByText('1 running').waitFor();
  const second = page.getByRole('button').filter({ hasText: /History.*backend, attempt 2, failed/ });
  expect(await second.count()).toBe(0);
  await page.getByRole('button', { name: 'Show older runs' }).click();
  await page.getByRole('list', { name: 'Older runs' }).waitFor();
  await second.click();
  // The console follows the choice, also to what the first page does not have; a link leads there too.
  await page.getByText('It ended, number 2', { exact: true }).waitFor();
  await page.reload();
  await page.getByText('It ended, number 2', { exact: true }).waitFor();
  expect(complaints).toEqual([]);
}, 90_000);

test('columns say how many they hold, show the rest when asked, and what was done last first', async () => {
  const { core, user, page, here, fill, complaints } = await arrange();
  await fill(
    Array.from({ length: 230 }, (_, i) => `Queued ${i}`),
    [{ status: 'queued' }],
  );
  const at = (i: number): Date => new Date(1_790_000_000_000 + i * 60_000);
  const done = await fill(
    Array.from({ length: 70 }, (_, i) => `Done ${i}`),
    Array.from({ length: 70 }, (_, i) => ({ status: 'done' as const, updatedAt: at(i) })),
  );
  await page.goto(here);
  const queued = page.locator('[data-column="QUEUED"]');
  await queued.locator('header').getByText('230', { exact: true }).waitFor();
  expect(await queued.locator('article').count()).toBe(200);
  await queued.getByRole('button', { name: 'Show more (200 of 230)' }).click();
  await queued.getByText('Queued 229', { exact: true }).waitFor();
  expect(await queued.locator('article').count()).toBe(230);

  const closed = page.locator('[data-column="DONE"]');
  await closed.locator('header').getByText('70', { exact: true }).waitFor();
  const titles = await closed.locator('article').allInnerTexts();
  expect(titles[0]).toContain('Done 69');
  await closed.getByRole('button', { name: 'Show more (50 of 70)' }).click();
  await closed.getByText('Done 0', { exact: true }).waitFor();

  // What happens elsewhere changes the counts, of cards that are not shown as well.
  await page.getByText('Live', { exact: true }).waitFor({ state: 'attached' });
  await transitionTask(core, user, { taskId: done[0]?.id ?? '', to: 'canceled' });
  await closed.locator('header').getByText('69', { exact: true }).waitFor();
  expect(complaints).toEqual([]);
}, 90_000);

test('older messages and older entries of the audit trail can be reached', async () => {
  const { core, user, project, page, here, add, complaints } = await arrange();
  const conversation = await core.db.conversation.findFirstOrThrow({ where: { projectId: project.id } });
  await core.db.message.createMany({
    data: Array.from({ length: 130 }, (_, i) => ({
      id: newId(),
      projectId: project.id,
      conversationId: conversation.id,
      role: 'agent' as const,
      content: `Said as number ${i}`,
      ingestedAt: new Date(),
    })),
  });
  await page.goto(here);
  await page.getByText('Said as number 129', { exact: true }).waitFor();
  expect(await page.getByText('Said as number 5', { exact: true }).count()).toBe(0);
  await page.getByRole('button', { name: 'Show older messages' }).click();
  await page.getByText('Said as number 20', { exact: true }).waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Show older messages' }).click();
  await page.getByText('Said as number 5', { exact: true }).waitFor({ state: 'attached' });
  const order = await page.getByText(/^Said as number \d+$/).allInnerTexts();
  expect(order).toEqual(Array.from({ length: 130 }, (_, i) => `Said as number ${i}`));

  const task = await add('A long story');
  for (let i = 0; i < 60; i += 1) await commentOnTask(core, user, { taskId: task.id, text: `Comment ${i}` });
  await page.goto(`${here}/tasks/${task.id}`);
  await page.getByText('Comment 59', { exact: true }).waitFor();
  expect(await page.getByText('Comment 3', { exact: true }).count()).toBe(0);
  await page.getByRole('button', { name: 'Show older entries' }).click();
  await page.getByText('Comment 3', { exact: true }).waitFor({ state: 'attached' });
  expect(await page.getByText(/^Comment \d+$/).allInnerTexts()).toEqual(
    Array.from({ length: 60 }, (_, i) => `Comment ${i}`),
  );
  expect(complaints).toEqual([]);
}, 90_000);
