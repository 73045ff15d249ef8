import { expect, test } from 'vitest';
import { presetConfig } from '#core/agents/presets.ts';
import { reportPrograms } from '#core/runners/report-programs.ts';
import { startSite } from '#tests/kit/browser.ts';
import { seeder } from '#tests/kit/seed.ts';
import { until } from '#tests/kit/until.ts';

const site = startSite();

async function arrange() {
  const seed = seeder(site.system.core);
  const user = await seed.user({ isAdmin: true });
  const project = await seed.project(user, 'Corner shop');
  return { seed, user, project };
}

test('a new project runs what is chosen by its name, and the form says how that is signed in', async () => {
  const { user } = await arrange();
  const { page, complaints } = await site.openAs(user, '/');
  await page.getByRole('button', { name: 'New project' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'New project' });
  await dialog.getByLabel('Name').fill('Bakery');
  await dialog.getByLabel('Agents run').selectOption('Codex');
  await dialog.getByText('codex login').waitFor();
  await dialog.getByRole('button', { name: 'Create project' }).click();
  await page.waitForURL(/\/projects\/[0-9a-f-]{36}/);
  const { id } = await site.system.core.db.project.findFirstOrThrow({ where: { name: 'Bakery' } });
  const agents = await site.system.core.db.agent.findMany({ where: { projectId: id } });
  expect(agents.map(({ configJson }) => configJson)).toEqual(Array(5).fill(presetConfig('codex')));
  expect(complaints).toEqual([]);
});

test('an agent is added with a preset and a model, and stands in the list', async () => {
  const { user, project, seed } = await arrange();
  const { page, complaints } = await site.openAs(user, `/projects/${project.id}/settings`);
  await page.getByRole('button', { name: 'New agent' }).click();
  const dialog = page.getByRole('dialog', { name: 'New agent' });
  await dialog.getByLabel('Name').fill('reviewer');
  await dialog.getByLabel('Runs').selectOption('Claude Code');
  await dialog.getByLabel('Model').fill('claude-sonnet');
  await dialog.getByRole('button', { name: 'Create agent' }).click();
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('listitem').filter({ hasText: 'reviewer' }).getByText('claude -p').waitFor();
  expect((await seed.agent(project, 'reviewer')).configJson).toEqual({
    ...presetConfig('claude_code'),
    model: 'claude-sonnet',
  });
  expect(complaints).toEqual([]);
});

test('agents on a machine stand on its runner’s page, and what no runner of a project has is marked', async () => {
  const { user, project, seed } = await arrange();
  const { runner, actor } = await seed.runner('workstation', { projectIds: [project.id] });
  await reportPrograms(site.system.core, actor, {
    report: {
      programs: [
        { program: 'codex', path: '/usr/bin/codex', version: '0.169.0', isSignedIn: true, problem: null },
        { program: 'claude', path: '/usr/bin/claude', version: null, isSignedIn: false, problem: null },
        { program: 'gemini', path: null, version: null, isSignedIn: false, problem: 'It is not there' },
      ],
    },
  });
  const { page, complaints } = await site.openAs(user, `/runners/${runner.id}`);
  const list = page.getByRole('list', { name: 'Agents on this machine' });
  await list.getByText('Codex 0.169.0, signed in').waitFor();
  await list.getByText('Claude Code, no sign-in found').waitFor();
  await list.getByText('Gemini CLI, not installed').waitFor();
  await page.goto(`${site.url}/projects/${project.id}/settings`);
  await page.getByRole('button', { name: 'New agent' }).click();
  const runs = page.getByRole('dialog', { name: 'New agent' }).getByLabel('Runs');
  await runs.getByRole('option', { name: 'Gemini CLI (not installed)' }).waitFor({ state: 'attached' });
  expect(await runs.getByRole('option').allTextContents()).toEqual([
    'Built-in demo agent: no account, no cost',
    'Claude Code',
    'Codex',
    'Gemini CLI (not installed)',
    'opencode (not installed)',
    'Aider (not installed)',
    'Your own command',
  ]);
  expect(complaints).toEqual([]);
});

test('a preset that is put into a configuration changes what belongs to its program, and nothing else', async () => {
  const { user, project, seed } = await arrange();
  await seed.configure(await seed.agent(project, 'backend'), {
    model: 'mine',
    allowedGlobs: ['src/**'],
    envValues: { OLD: '1' },
    preset: { name: 'codex', version: 1 },
    limits: { ...presetConfig('demo').limits, runTimeoutMs: 60_000 },
  });
  const { page } = await site.openAs(user, `/projects/${project.id}/settings`);
  const row = page.getByRole('listitem').filter({ hasText: 'backend' });
  await row.getByText('The preset Codex has changed').waitFor();
  await row.getByRole('button', { name: 'Configure' }).click();
  const dialog = page.getByRole('dialog', { name: 'Agent backend' });
  await dialog.getByLabel('Preset').selectOption('Gemini CLI');
  await dialog.getByText('GEMINI_API_KEY where').waitFor();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await dialog.waitFor({ state: 'detached' });
  const { preset, commands, resume, env, reader, limits } = presetConfig('gemini');
  const readerOf = ({ configJson }: { configJson: unknown }) => (configJson as { reader: string }).reader;
  await until(
    () => seed.agent(project, 'backend'),
    (agent) => readerOf(agent) === 'gemini',
  );
  expect((await seed.agent(project, 'backend')).configJson).toMatchObject({
    preset,
    commands,
    resume,
    env,
    reader,
    envValues: {},
    model: 'mine',
    allowedGlobs: ['src/**'],
    limits: { ...limits, runTimeoutMs: 60_000 },
  });
  await row.getByText('has changed').waitFor({ state: 'detached' });
});
