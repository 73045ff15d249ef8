import { expect, test } from 'vitest';
import { updateAgent } from '#core/agents/write-agent.ts';
import { startSite } from '#tests/kit/browser.ts';
import { resultOf, runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';
import { until } from '#tests/kit/until.ts';

const site = startSite();

test('the dashboard says what was spent as soon as a run ends; a cap set in the settings holds the next one back', async () => {
  const { core } = site.system;
  const seed = seeder(core);
  const user = await seed.user();
  const project = await seed.project(user, 'Corner shop');
  const agent = await seed.agent(project);
  const runner = runnerSide(core, (await seed.runner(undefined, { projectIds: [project.id] })).actor);
  const task = await scheduledTask(core, user, project, agent, { title: 'Sort the imports' });
  const held = await runner.claim();
  const { page, complaints } = await site.openProject(user, project);
  const spend = page.locator('details[aria-label="Spend"]');
  await spend.getByText('Nothing was spent today').waitFor();

  const { metrics } = resultOf(held.spec);
  await runner.complete(held, { metrics: { ...metrics, inputTokens: 1_200, outputTokens: 300, costUsd: 0.25 } });
  await spend.getByText('Today $0.25 · last 7 days $0.25').waitFor();
  await spend.locator('summary').click();
  await spend.getByRole('row', { name: /backend \$0\.25 · 1 run · .* · 1,500 tokens/ }).waitFor();

  await page.goto(`${site.url}/projects/${project.id}/tasks/${task.id}`);
  await page.getByRole('tab', { name: 'Overview' }).click();
  await page.getByText(/^\$0\.25 · 1 run · /).waitFor();

  await page.goto(`${site.url}/projects/${project.id}/settings`);
  await page.getByText(/^Last 7 days: \$0\.25 · 1 run · /).waitFor();
  await page.getByRole('button', { name: 'Caps of backend' }).click();
  const dialog = page.getByRole('dialog', { name: 'Caps of backend' });
  await dialog.getByLabel('US dollars').fill('0.2');
  await dialog.getByLabel('Minutes').fill('90');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  const caps = { perDay: { runs: null, wallSeconds: 5_400, tokens: null, costUsd: 0.2 } };
  expect((await core.db.agent.findUniqueOrThrow({ where: { id: agent.id } })).configJson).toMatchObject({ caps });

  await scheduledTask(core, user, project, agent, { title: 'Write the changelog' });
  await page.goto(`${site.url}/projects/${project.id}`);
  const card = page.locator('[data-column="QUEUED"] article', { hasText: 'Write the changelog' });
  await card.getByText(/has used 0\.25 of 0\.20 USD today/).waitFor();
  await updateAgent(core, user, { agentId: agent.id, caps: { perDay: {} } });
  await card.getByText(/USD today/).waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
}, 90_000);

test('caps of a project and prices of models are set on their pages, and come back', async () => {
  const { core } = site.system;
  const seed = seeder(core);
  const admin = await seed.user({ isAdmin: true });
  const project = await seed.project(admin, 'Corner shop');
  const { page, complaints } = await site.openProject(admin, project);
  await page.goto(`${site.url}/projects/${project.id}/settings`);
  await page.getByRole('group', { name: 'Each task, in all' }).getByLabel('Runs').fill('7');
  await page.getByLabel('Runs at once').fill('3');
  const section = page.locator('section', { has: page.getByRole('heading', { name: 'Caps', exact: true }) });
  await section.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Saved', { exact: true }).waitFor();
  expect((await core.db.project.findUniqueOrThrow({ where: { id: project.id } })).caps).toMatchObject({
    perTask: { runs: 7 },
    perDay: { runs: null, costUsd: null },
    runsAtOnce: 3,
  });
  await page.reload();
  expect(await page.getByLabel('Runs at once').inputValue()).toBe('3');

  await page.goto(`${site.url}/settings`);
  await page.getByText('No price is known yet.').waitFor();
  await page.getByLabel('Model').fill('large-2');
  await page.getByLabel('From', { exact: true }).fill('2026-01-31');
  await page.getByLabel('In', { exact: true }).fill('2');
  await page.getByLabel('In from the cache').fill('0.2');
  await page.getByLabel('Out', { exact: true }).fill('10');
  await page.getByRole('button', { name: 'Set price' }).click();
  await page.getByText('$2 in, $0.2 in from the cache, $10 out; from 2026-01-31').waitFor();
  await page.getByRole('button', { name: 'Remove the price of large-2 from 2026-01-31' }).click();
  await page.getByText('No price is known yet.').waitFor();
  await until(
    () => core.db.modelPrice.count(),
    (count) => count === 0,
  );
  expect(complaints).toEqual([]);
}, 90_000);
