import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import type { ActivityEntry } from '#contract/activity.ts';
import { message, messages, toolCall } from '#tests/kit/activity.ts';
import { startSite } from '#tests/kit/browser.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import type { HeldRun } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';

const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const JSON_LINE = '{"type":"assistant","message":{"content":[{"type":"text"}]}}';

const site = startSite();

/** Where somebody wants to see the pages: a folder for screenshots. */
async function show(page: Page, name: string): Promise<void> {
  const folder = process.env['OVERMIND_SCREENSHOTS'];
  if (folder) await page.screenshot({ path: `${folder}/${name}.png` });
}

/** A task whose run a runner has, and what brings its lines and its activity, numbered. */
async function arrange() {
  const { core } = site.system;
  const seed = seeder(core);
  const user = await seed.user();
  const project = await seed.project(user, 'Corner shop');
  const agent = await seed.agent(project);
  const runner = runnerSide(core, (await seed.runner(undefined, { projectIds: [project.id] })).actor);
  const task = await scheduledTask(core, user, project, agent, { title: 'Sort the imports' });
  const held: HeldRun = await runner.claim();
  let [lines, entries] = [0, 0];
  return {
    ...{ user, project, task },
    write: async (...texts: string[]): Promise<void> => {
      await runner.append(held, lines, texts);
      lines += texts.length;
    },
    act: async (...some: ActivityEntry[]): Promise<void> => {
      await runner.appendActivity(held, entries, some);
      entries += some.length;
    },
    end: () => runner.complete(held, { lineCount: lines }),
  };
}

const activity = (page: Page): Locator => page.getByRole('region', { name: /^Activity of Sort the imports/ }).last();
const log = (page: Page): Locator => page.getByRole('region', { name: /^Log of Sort the imports/ }).last();
const card = (page: Page): Locator => page.locator('article', { hasText: 'Sort the imports' });

const PLAN: ActivityEntry = {
  kind: 'plan',
  item: 0,
  steps: [
    { text: 'Read how imports are sorted', status: 'done' },
    { text: 'Sort them', status: 'active' },
    { text: 'Run the tests', status: 'pending' },
  ],
};
const FIRST: ActivityEntry[] = [
  PLAN,
  message(1, 'I look at **the imports** first.\n\nThen I sort them.'),
  { kind: 'thought', item: 2, text: 'The order should be by path.' },
  toolCall(3, 'src/imports.ts', { name: 'Read', toolKind: 'read', status: 'done' }),
  toolCall(4, 'npm test -- --run src/imports.test.ts src/sorting.test.ts src/everything-else.test.ts'),
];

test('what an agent does is shown as it does it, on the card and on the run’s page', async () => {
  const { user, project, write, act, end } = await arrange();
  const { page, complaints } = await site.openProject(user, project);
  // Who has just opened the page may not hear of the first ones yet.
  await expect
    .poll(async () => {
      await write(JSON_LINE);
      return card(page).getByText(JSON_LINE).isVisible();
    })
    .toBe(true);
  expect(await page.getByRole('button', { name: 'Raw output' }).count()).toBe(0);
  await act(...FIRST);
  await card(page).getByText('Running npm test').waitFor();
  expect(await card(page).getByText(JSON_LINE).count()).toBe(0);
  await activity(page).getByText('Then I sort them.').waitFor();
  const call = activity(page).getByRole('listitem').filter({ hasText: 'Running' });
  await call.getByText('running', { exact: true }).waitFor({ state: 'attached' });
  await activity(page).getByText('1 of 3 done').waitFor();
  await act(
    toolCall(4, 'npm test', { status: 'failed', exitCode: 1, output: '1 test failed:\n  sorts imports' }),
    toolCall(5, 'src/imports.ts', {
      name: 'Edit',
      toolKind: 'edit',
      status: 'done',
      changes: [
        { path: 'src/imports.ts', change: 'changed' },
        { path: 'src/sort.ts', change: 'added' },
      ],
    }),
    toolCall(6, 'rm -rf /', { status: 'denied' }),
    { kind: 'warning', item: 7, text: 'The model is old.' },
    { kind: 'retry', item: 8, text: 'Overloaded, in 4 s' },
    { kind: 'other', item: 9, name: 'system/init', text: '{"session":"x"}' },
    { kind: 'usage', item: 10, inputTokens: 52_000, cachedInputTokens: 40_000, outputTokens: 1_200, costUsd: 0.42 },
    { ...PLAN, steps: PLAN.kind === 'plan' ? PLAN.steps.map(({ text }) => ({ text, status: 'done' })) : [] },
  );
  await activity(page).getByText('3 of 3 done').waitFor();
  await activity(page).getByText('failed, exit 1').waitFor();
  await activity(page).getByText('Not allowed: rm -rf /').waitFor();
  await activity(page).getByText('src/sort.ts').waitFor();
  await page.getByText('52K tokens in (40K from the cache), 1.2K out, $0.42').waitFor();
  await show(page, 'activity-wide');
  const ran = activity(page).getByRole('button', { name: /Ran npm test/ });
  await ran.focus();
  await page.keyboard.press('Enter');
  await activity(page).getByText('1 test failed:').waitFor();
  await show(page, 'activity-wide-open');
  await end();
  await card(page).getByText('Running').waitFor({ state: 'detached' });
  expect(await activity(page).getByText('1 test failed:').count()).toBe(1);
  expect(complaints).toEqual([]);
}, 90_000);

test('what it wrote is one key and one click away, and the choice is remembered', async () => {
  const { user, project, write, act } = await arrange();
  await write(JSON_LINE);
  await act(...FIRST);
  const { page } = await site.openProject(user, project);
  await activity(page).waitFor();
  await page.keyboard.press('v');
  await log(page).getByText(JSON_LINE).waitFor();
  await page.reload();
  await log(page).getByText(JSON_LINE).waitFor();
  await page.getByRole('button', { name: 'Activity', exact: true }).click();
  await activity(page).getByText('Then I sort them.').waitFor();
  await page.getByRole('button', { name: 'Raw output' }).and(page.locator(':focus')).waitFor();
}, 90_000);

test('thousands of entries are a few rows; who scrolls up stays there while more come', async () => {
  const { user, project, act } = await arrange();
  for (let i = 0; i < 3_000; i += 200) await act(...messages(i, 200));
  const { page } = await site.openProject(user, project);
  await activity(page).getByText('entry 2999').waitFor();
  expect(await activity(page).getByRole('listitem').count()).toBeLessThan(100);
  await act(...messages(3_000, 1));
  await activity(page).getByText('entry 3000').waitFor();
  await activity(page).hover();
  await page.mouse.wheel(0, -3_000);
  await page.getByRole('button', { name: 'Follow' }).waitFor();
  const top = () => activity(page).evaluate((element) => element.scrollTop);
  await expect.poll(async () => (await top()) === (await top())).toBe(true);
  const before = await top();
  await act(...messages(3_001, 50));
  await card(page).getByText('entry 3050').waitFor();
  expect(await top()).toBe(before);
  await page.getByRole('button', { name: 'Follow' }).click();
  await activity(page).getByText('entry 3050').waitFor();
}, 90_000);

test('the lines of an agent that nobody reads are all there is; who scrolls up stays there while more come', async () => {
  const { user, project, write } = await arrange();
  const numbered = (from: number, count: number) => Array.from({ length: count }, (_, i) => `line ${from + i}`);
  await write(...numbered(0, 400));
  const { page } = await site.openProject(user, project);
  await log(page).getByText('line 399', { exact: true }).waitFor();
  expect(await page.getByRole('button', { name: /^(Raw output|Activity)$/ }).count()).toBe(0);
  await write(...numbered(400, 20));
  await log(page).getByText('line 419', { exact: true }).waitFor();
  await log(page).hover();
  await page.mouse.wheel(0, -1_500);
  await page.getByRole('button', { name: 'Follow' }).waitFor();
  await write(...numbered(420, 5));
  await page.getByRole('button', { name: '5 new lines' }).waitFor();
  expect(await log(page).getByText('line 424', { exact: true }).count()).toBe(0);
  await page.getByRole('button', { name: '5 new lines' }).click();
  await log(page).getByText('line 424', { exact: true }).waitFor();
}, 90_000);

test.each([
  ['light', PHONE],
  ['dark', PHONE],
  ['light', {}],
] as const)(
  'fits in %s on %o',
  async (colorScheme, options) => {
    const { user, project, task, write, act } = await arrange();
    await write(JSON_LINE);
    await act(...FIRST);
    const { page, complaints } = await site.openAs(user, `/projects/${project.id}/tasks/${task.id}`, {
      ...options,
      colorScheme,
    });
    await page.getByRole('tab', { name: /Runs/ }).click();
    await activity(page).getByText('Then I sort them.').waitFor();
    await show(page, `activity-${colorScheme}-${'isMobile' in options ? 'phone' : 'page'}`);
    const { scrollWidth, clientWidth } = await page.evaluate(() => ({
      scrollWidth: document.documentElement.scrollWidth,
      clientWidth: document.documentElement.clientWidth,
    }));
    expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
    expect(complaints).toEqual([]);
  },
  90_000,
);
