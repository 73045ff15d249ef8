import type { BrowserContextOptions } from 'playwright-core';
import { expect, test } from 'vitest';
import { newId } from '#core/platform/ids.ts';
import { rebuildStateDocument } from '#core/state/rebuild-state.ts';
import { rollBackState } from '#core/state/roll-back-state.ts';
import { saveState } from '#core/state/save-state.ts';
import { startSite } from '#tests/kit/browser.ts';
import { runnerSide, scheduledTask } from '#tests/kit/runs.ts';
import { seeder } from '#tests/kit/seed.ts';

const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const site = startSite();

/** A project whose document says "Mind the gap" in version 2 and "Nothing to mind" in version 3, and its page. */
async function arrange(options: BrowserContextOptions = {}, role: 'owner' | 'viewer' = 'owner') {
  const { core } = site.system;
  const seed = seeder(core);
  const owner = await seed.user();
  const reader = role === 'owner' ? owner : await seed.user();
  const project = await seed.project(owner, 'Corner shop');
  if (role === 'viewer')
    await core.db.projectMember.create({ data: { id: newId(), projectId: project.id, userId: reader.userId, role } });
  await rebuildStateDocument(core, project.id);
  const save = (baseVersion: number, notes: string, actor = owner) =>
    saveState(core, actor, { projectId: project.id, baseVersion, notes });
  await save(1, 'Mind the gap');
  await save(2, 'Nothing to mind');
  const { page, complaints } = await site.openAs(reader, `/projects/${project.id}/state`, options);
  return { core, seed, owner, project, page, complaints, save, document: page.getByLabel('State document') };
}

test('versions say who changed what, and the newest one follows what moves', async () => {
  const { core, seed, owner, project, page, complaints, document } = await arrange();
  const versions = page.getByRole('navigation', { name: 'Versions' });
  await versions.getByText(`${owner.email}: project Corner shop created`).waitFor();
  expect(await versions.getByText(`${owner.email}: notes changed`).count()).toBe(2);
  const runner = runnerSide(core, (await seed.runner(undefined, { projectIds: [project.id] })).actor);
  await scheduledTask(core, owner, project, await seed.agent(project), { title: 'Sort the imports' });
  await rebuildStateDocument(core, project.id);
  await versions.getByText(`${owner.email}: Sort the imports added`).waitFor();
  await runner.claim();
  await rebuildStateDocument(core, project.id);
  await document.getByText('in_progress').waitFor();
  expect(await versions.getByRole('button').count()).toBe(4);
  expect(complaints).toEqual([]);
}, 60_000);

test.each([
  ['a wide page', {}],
  ['a phone', PHONE],
])(
  'a roll back asks first, shows what would change, and is undone with one press: %s',
  async (_name, options) => {
    const { page, complaints, document } = await arrange(options);
    await document.getByText('Nothing to mind').waitFor();
    if (options === PHONE) await page.getByLabel('Version', { exact: true }).selectOption('2');
    else await page.getByRole('navigation', { name: 'Versions' }).getByRole('button', { name: 'v2' }).click();
    await page.getByRole('button', { name: 'Roll back to this' }).click();
    const dialog = page.getByRole('dialog', { name: 'Roll back to version 2?' });
    await dialog.getByText('Restores its notes. Tasks and runs stay as they are.').waitFor();
    await dialog.getByText('notes: Mind the gap').waitFor();
    await dialog.getByText('notes: Nothing to mind').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await page.getByRole('heading', { name: 'Version 2' }).waitFor();
    await page.getByRole('button', { name: 'Roll back to this' }).click();
    await dialog.getByRole('button', { name: 'Roll back', exact: true }).click();
    await page.getByRole('heading', { name: 'Version 4' }).waitFor();
    await document.getByText('Mind the gap').waitFor();
    await page.getByRole('button', { name: 'Undo', exact: true }).click();
    await page.getByRole('heading', { name: 'Version 5' }).waitFor();
    await document.getByText('Nothing to mind').waitFor();
    expect(complaints).toEqual([]);
  },
  60_000,
);

test.each([
  ['a wide page', {}],
  ['a phone', PHONE],
])(
  'a roll back can be undone for as long as its version is in the list: %s',
  async (_name, options) => {
    const { core, owner, project, page, complaints, document, save } = await arrange(options);
    await document.getByText('Nothing to mind').waitFor();
    await rollBackState(core, owner, { projectId: project.id, version: 2, baseVersion: 3 });
    await page.getByRole('heading', { name: 'Version 4' }).waitFor();
    await document.getByText('Mind the gap').waitFor();
    const undo = page.getByRole('button', { name: 'Undo this roll back…' });
    await undo.click();
    const dialog = page.getByRole('dialog', { name: 'Undo the roll back of version 4?' });
    await dialog.getByText('Restores the notes of version 3. Tasks and runs stay as they are.').waitFor();
    await dialog.getByText('notes: Nothing to mind').waitFor();
    await dialog.getByRole('button', { name: 'Undo roll back', exact: true }).click();
    await page.getByRole('heading', { name: 'Version 5' }).waitFor();
    await document.getByText('Nothing to mind').waitFor();
    // Others have written since: what would be lost is in sight first.
    await save(5, 'Written since');
    await document.getByText('Written since').waitFor();
    await page.goto(`${page.url()}?version=4`);
    await undo.click();
    await dialog.getByText('notes: Written since').waitFor();
    await dialog.getByText('notes: Nothing to mind').waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.goto(page.url().replace('version=4', 'version=3'));
    await page.getByRole('button', { name: 'Roll back to this' }).waitFor();
    expect(await undo.count()).toBe(0);
    expect(complaints).toEqual([]);
  },
  60_000,
);

test('the question about a roll back stays about the version it was asked of when a newer one comes', async () => {
  const { core, owner, project, page, complaints, document, save } = await arrange();
  await document.getByText('Nothing to mind').waitFor();
  await rollBackState(core, owner, { projectId: project.id, version: 2, baseVersion: 3 });
  await page.getByRole('heading', { name: 'Version 4' }).waitFor();
  await page.getByRole('button', { name: 'Undo this roll back…' }).click();
  await page.getByRole('dialog', { name: 'Undo the roll back of version 4?' }).waitFor();
  await save(4, 'Written since');
  await page.getByRole('heading', { name: 'Version 5', includeHidden: true }).waitFor({ state: 'attached' });
  await page.getByRole('dialog', { name: 'Undo the roll back of version 4?' }).waitFor();
  expect(complaints).toEqual([]);
}, 60_000);

test('with nothing to restore the page says so, and somebody who was faster is not overwritten', async () => {
  const { core, owner, project, page, document, save } = await arrange();
  await document.getByText('Nothing to mind').waitFor();
  await save(3, 'Mind the gap');
  await page.getByRole('heading', { name: 'Version 4' }).waitFor();
  await page.goto(`${page.url()}?version=2`);
  await page.getByRole('button', { name: 'Roll back to this' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Nothing to restore').waitFor();
  expect(await dialog.getByRole('button', { name: 'Roll back', exact: true }).count()).toBe(0);
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  await page.goto(page.url().replace('version=2', 'version=3'));
  await page.getByRole('button', { name: 'Roll back to this' }).click();
  await dialog.getByText('Restores its notes').waitFor();
  await saveState(core, owner, { projectId: project.id, baseVersion: 4, notes: 'Somebody was faster' });
  await dialog.getByRole('button', { name: 'Roll back', exact: true }).click();
  await dialog.getByRole('alert').getByText('Somebody changed the notes since version 4').waitFor();
  await dialog.getByText('notes: Somebody was faster').waitFor();
}, 60_000);

test('a viewer is told that it is not for them', async () => {
  const { page, document } = await arrange({}, 'viewer');
  await document.getByText('Nothing to mind').waitFor();
  await page.getByRole('navigation', { name: 'Versions' }).getByRole('button', { name: 'v2' }).click();
  await page.getByRole('button', { name: 'Roll back to this' }).focus();
  await page.keyboard.press('Enter');
  await page.locator('[data-toasts]').getByText('This takes the role maintainer; yours is viewer.').waitFor();
  expect(await page.getByRole('dialog').count()).toBe(0);
}, 60_000);

test('what people own is edited in fields, and only what was changed is saved', async () => {
  const { core, owner, project, page, complaints, document, save } = await arrange();
  await document.getByText('Nothing to mind').waitFor();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Focus').fill('Ship it');
  await page.getByRole('button', { name: 'Pin an action' }).click();
  await page.getByLabel('Pinned action 1', { exact: true }).fill('Call Bert');
  await page.getByLabel('Priority of pinned action 1').selectOption('1');
  // Somebody else writes the notes meanwhile: both are kept.
  await save(3, 'Written meanwhile');
  await page.getByRole('button', { name: 'Save version' }).click();
  await page.getByRole('heading', { name: 'Version 5' }).waitFor();
  await document.getByText('Ship it').waitFor();
  await document.getByText('Call Bert').waitFor();
  await document.getByText('Written meanwhile').waitFor();
  const versions = page.getByRole('navigation', { name: 'Versions' });
  await versions.getByText(`${owner.email}: focus changed, pinned actions changed`).waitFor();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Notes').fill('Mine');
  await saveState(core, owner, { projectId: project.id, baseVersion: 5, notes: 'Theirs' });
  await page.getByRole('button', { name: 'Save version' }).click();
  await page.getByRole('alert').getByText('Somebody changed the notes since version 5').waitFor();
  expect(await page.getByLabel('Notes').inputValue()).toBe('Mine');
  expect(complaints).toEqual([]);
}, 60_000);
