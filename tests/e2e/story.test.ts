import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { createDemoRepository } from '#runner/demo-agent/create-demo-repository.ts';
import { startSite } from '#tests/kit/browser.ts';
import { startTestRunner } from '#tests/kit/runner.ts';
import type { TestRunner } from '#tests/kit/runner.ts';
import { seeder } from '#tests/kit/seed.ts';
import { startWorkers } from '#workers/start-workers.ts';

const site = startSite();
let stopWorkers: () => Promise<void>;
let runner: TestRunner;
let folder: string;
let repository: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'overmind-story-'));
  repository = path.join(folder, 'repo');
  createDemoRepository(repository, process.env['PATH'] ?? '');
  stopWorkers = startWorkers(site.system.core, {
    planner: rulesPlanner,
    redisUrl: site.system.redisUrl,
    redisPrefix: site.system.redisPrefix,
  });
  const { token } = await seeder(site.system.core).runner('story');
  runner = await startTestRunner({ url: site.url, token, roots: [repository] });
}, 60_000);
afterAll(async () => {
  await runner?.stop();
  await stopWorkers?.();
  await rm(folder, { recursive: true, force: true });
});

test('say it, see it planned, run, reviewed, merged and sent back, without a reload', async () => {
  const seed = seeder(site.system.core);
  const user = await seed.user();
  const project = await seed.project(user, 'Corner shop', repository);
  const { page, complaints } = await site.openAs(user);
  await page.getByText('Corner shop').first().click();
  await page.waitForURL(`**/projects/${project.id}**`);
  await page.evaluate(() => Object.assign(window, { wasNotReloaded: true }));

  const composer = page.getByRole('textbox', { name: /message|what should be done/i });
  await composer.fill('Add a CONTRIBUTING file and, urgent, fix the failing test in src/sum.js');
  await composer.press('Control+Enter');
  await page.getByText('I made 2 tasks of that').waitFor();
  await page.getByText('demo-agent').first().waitFor();

  const review = page.getByText('Needs review').first();
  await review.waitFor();
  const fixCard = page.getByRole('link', { name: /Fix the failing test/ }).first();
  await expect
    .poll(async () => site.system.core.db.task.count({ where: { projectId: project.id, status: 'needs_review' } }), {
      timeout: 60_000,
    })
    .toBe(2);

  await fixCard.click();
  await page.getByText('return a + b').first().waitFor();
  await page
    .getByRole('button', { name: /approve/i })
    .first()
    .click();
  await expect
    .poll(async () => site.system.core.db.task.count({ where: { projectId: project.id, status: 'done' } }), {
      timeout: 30_000,
    })
    .toBe(1);
  expect(execFileSync('git', ['log', '-1', '--format=%s', 'main'], { cwd: repository, encoding: 'utf8' })).toMatch(
    /Fix the failing test|Merge/,
  );
  await page.keyboard.press('Escape');

  await page
    .getByRole('link', { name: /Add a CONTRIBUTING file/ })
    .first()
    .click();
  await page
    .getByRole('button', { name: /send back/i })
    .first()
    .click();
  await page.getByRole('textbox', { name: /feedback|different/i }).fill('Say how to run the tests on Windows');
  await page
    .getByRole('button', { name: /send back/i })
    .last()
    .click();
  await expect
    .poll(
      async () =>
        site.system.core.db.agentRun.count({
          where: { projectId: project.id, kind: 'task', attempt: 2, status: 'completed' },
        }),
      { timeout: 60_000 },
    )
    .toBe(1);

  await page.keyboard.press('Escape');
  const newestVersion = () =>
    site.system.core.db.projectStateVersion.findFirstOrThrow({
      where: { projectId: project.id },
      orderBy: { version: 'desc' },
    });
  await expect
    .poll(
      async () =>
        page
          .getByText(`v${(await newestVersion()).version}`, { exact: true })
          .first()
          .isVisible(),
      { timeout: 15_000 },
    )
    .toBe(true);
  expect(await page.evaluate(() => 'wasNotReloaded' in window)).toBe(true);
  expect(complaints).toEqual([]);
}, 180_000);
