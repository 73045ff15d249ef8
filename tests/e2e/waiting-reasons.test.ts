import { expect, test } from 'vitest';
import { updateProject } from '#core/projects/update-project.ts';
import { setRunnerConnection } from '#core/runners/connection.ts';
import { deleteTask } from '#core/tasks/delete-task.ts';
import { updateTask } from '#core/tasks/update-task.ts';
import { signIn, startSite } from '#tests/kit/browser.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';

const site = startSite();

/** A page says what is so this soon. */
const SOON = { timeout: 3_000 };

test('what stood behind a task that is deleted is the next, and says so', async () => {
  const { core } = site.system;
  const seed = seeder(core);
  const user = await seed.user();
  const project = await seed.project(user, 'Corner shop');
  const agent = await seed.agent(project);
  await seed.runner(undefined, { capacity: 1, projectIds: [project.id] });
  const first = await scheduledTask(core, user, project, agent, { title: 'Sort the shelf', priority: 1 });
  const second = await scheduledTask(core, user, project, agent, { title: 'Sweep the floor' });
  const { page, complaints } = await site.openAs(user, `/projects/${project.id}/tasks/${second.id}`, {
    viewport: { width: 1600, height: 900 },
  });
  await page.getByText('Live', { exact: true }).waitFor({ state: 'attached' });
  const behind = page.getByText(`Other tasks of the agent ${agent.name} come first.`).first();
  await behind.waitFor(SOON);
  await deleteTask(core, user, { taskId: first.id });
  await behind.waitFor({ state: 'detached', ...SOON });
  expect(complaints).toEqual([]);
}, 60_000);

test('a page that stays open says why things wait now, asks for what it shows, and not more than once a second', async () => {
  const { core } = site.system;
  const seed = seeder(core);
  const user = await seed.user({ isAdmin: true });
  const [project, elsewhere] = [await seed.project(user, 'Corner shop'), await seed.project(user, 'Elsewhere')];
  const [agent, agentElsewhere] = [await seed.agent(project), await seed.agent(elsewhere)];
  const picky = await seed.agent(project, 'qa');
  await seed.configure(picky, { labels: ['gpu'] });
  const { runner, actor } = await seed.runner('desk', { capacity: 1 });
  await core.db.runner.update({ where: { id: runner.id }, data: { connection: 'offline' } });
  const tasks = [];
  for (let n = 1; n <= 60; n += 1)
    tasks.push(
      await scheduledTask(core, user, project, agent, { title: `Sort the shelf ${n}`, priority: n === 1 ? 1 : 2 }),
    );

  const { page, complaints } = await site.openPage({ viewport: { width: 1600, height: 900 } });
  const asked: { taskIds: string[]; runIds: string[] }[] = [];
  page.on('request', (request) => {
    const body = request.postData() ?? '';
    if (body.includes('query WaitingReasons'))
      asked.push((JSON.parse(body) as { variables: { taskIds: string[]; runIds: string[] } }).variables);
  });
  await signIn(page, site.url, user.email);
  await page.goto(`${site.url}/projects/${project.id}`);
  await page.getByText('Live', { exact: true }).waitFor({ state: 'attached' });
  const card = page.locator('[data-column="QUEUED"] article', { hasText: /^Sort the shelf 1(?!\d)/ });
  const last = page.locator('[data-column="QUEUED"] article', { hasText: 'Sort the shelf 60' });
  const row = page.getByRole('list', { name: 'Runs' }).locator('li').first();
  const says = (reason: string) => Promise.all([card, row].map((place) => place.getByText(reason).waitFor(SOON)));
  await says('No runner is online.');

  // The first is about to start; what stands behind it says so.
  await setRunnerConnection(core, runner.id, 'online');
  await card.getByText('No runner is online.').waitFor({ state: 'detached', ...SOON });
  await row.getByText(`Other tasks of the agent ${agent.name} come first.`).waitFor(SOON);

  // The runner's only place is taken by another project.
  await scheduledTask(core, user, elsewhere, agentElsewhere, { priority: 1 });
  await core.db.task.updateMany({ where: { projectId: project.id, priority: 1 }, data: { priority: 2 } });
  const held = await runnerSide(core, actor).claim();
  expect(held.spec.projectId).toBe(elsewhere.id);
  await says('All runners are busy.');
  await runnerSide(core, actor).complete(held, { git: null });
  await row.getByText(`Other tasks of the agent ${agent.name} come first.`).waitFor(SOON);

  const [first] = tasks;
  if (!first) throw new Error('Expected the first task');
  await updateTask(core, user, { taskId: first.id, agentId: picky.id });
  await card.getByText('No runner with the label gpu is online.').waitFor(SOON);

  // Much at once is asked about once, and only what can be seen.
  asked.length = 0;
  const startedAt = performance.now();
  for (let n = 0; n < 20; n += 1) await setRunnerConnection(core, runner.id, n % 2 ? 'online' : 'unreachable');
  await updateProject(core, user, { projectId: project.id, status: 'paused' });
  await says('The project is paused.');
  expect(asked.length).toBeLessThanOrEqual(2 + (performance.now() - startedAt) / 1_000);
  expect(asked.length).toBeGreaterThan(0);
  for (const { taskIds, runIds } of asked) {
    expect(taskIds.length).toBeLessThan(30);
    expect(runIds.length).toBeLessThan(30);
  }

  // What comes on the screen later is true as well.
  await last.scrollIntoViewIfNeeded();
  await last.getByText('The project is paused.').waitFor(SOON);
  expect(complaints).toEqual([]);
}, 120_000);
