import type { BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { startSite } from '#tests/kit/browser.ts';
import { PASSWORD, seeder } from '#tests/kit/seed.ts';

const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const site = startSite();

/** A person on the dashboard of a project of theirs. */
async function openDashboard(
  options: BrowserContextOptions = {},
  titles: string[] = ['Write the changelog', 'Sort the imports'],
) {
  const seed = seeder(site.system.core);
  const user = await seed.user();
  const project = await seed.project(user, 'Corner shop');
  for (const title of titles) await seed.task(user, project, { title });
  const { page, complaints } = await site.openAs(user, `/projects/${project.id}`, options);
  await page.locator('[data-column="QUEUED"]').waitFor();
  const isLive = page.getByText('Live', { exact: true });
  await isLive.waitFor({ state: 'attached' });
  return { page, complaints, user, project, seed };
}

const column = (page: Page, status: string): Locator => page.locator(`[data-column="${status}"]`);
const card = (page: Page, title: string): Locator => page.locator('article', { hasText: title });

/** Drags a card over a column and lets go, once the page has said that it is lifted. */
async function dragTo(page: Page, title: string, status: string): Promise<void> {
  const { mouse } = page;
  const from = card(page, title).first();
  await from.hover({ position: { x: 40, y: 12 } });
  const start = await boxOf(from);
  await mouse.down();
  await mouse.move(start.x + 60, start.y + 30, { steps: 4 });
  await page.getByText(`Lifted ${title}`).waitFor({ state: 'attached' });
  const end = await boxOf(column(page, status));
  await mouse.move(end.x + end.width / 2, end.y + 80, { steps: 8 });
  await mouse.up();
}

async function boxOf(element: Locator) {
  const box = await element.boundingBox();
  if (!box) throw new Error('The card or the column is not on the page');
  return box;
}

test('a refused sign-in says so, keeps what was typed, and still leads to the page that was asked for', async () => {
  const seed = seeder(site.system.core);
  const user = await seed.user();
  const project = await seed.project(user, 'Corner shop');
  const { page } = await site.openPage();
  await page.goto(`${site.url}/projects/${project.id}/state`);
  await page.waitForURL('**/sign-in?next=*');
  await page.getByLabel('Email').fill(user.email);
  await page.getByLabel('Password').fill('not my password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Email address or password is wrong').waitFor();
  expect(await page.getByLabel('Email').inputValue()).toBe(user.email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`**/projects/${project.id}/state`);
  const cookies = await page.context().cookies();
  expect(cookies.find((cookie) => cookie.name === 'ovm_session')).toMatchObject({
    httpOnly: true,
    sameSite: 'Lax',
    secure: false,
  });
});

test('too many attempts are told how long to wait', async () => {
  const { email } = await seeder(site.system.core).user();
  const { page } = await site.openPage();
  await page.goto(`${site.url}/sign-in`);
  const wait = page.getByText(/Too many attempts\. Try again in \d+ (minutes|seconds)/);
  await expect
    .poll(
      async () => {
        await page.getByLabel('Email').fill(email);
        await page.getByLabel('Password').fill('wrong again');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('alert').waitFor();
        return wait.isVisible();
      },
      { timeout: 20_000, interval: 50 },
    )
    .toBe(true);
});

test('a session that has ended leads to the sign-in page and back', async () => {
  const { page, user, project } = await openDashboard();
  await site.system.core.db.session.deleteMany({ where: { userId: user.userId } });
  // What the page follows ends with the session: it may have said so before anybody clicks.
  const ended = page.getByText('Your session has ended');
  await Promise.any([ended.waitFor(), page.getByRole('button', { name: /orchestrator/i }).click()]);
  await page.getByText('Your session has ended').waitFor();
  await page.getByLabel('Email').fill(user.email);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(`**/projects/${project.id}`);
});

test('a card is dragged along the life cycle, and nowhere else', async () => {
  const { page, complaints, project } = await openDashboard();
  await dragTo(page, 'Write the changelog', 'NEEDS_REVIEW');
  await page.getByText('Write the changelog stays where it was.').waitFor({ state: 'attached' });
  await dragTo(page, 'Write the changelog', 'BLOCKED');
  await page
    .getByRole('dialog', { name: 'Block this task' })
    .getByRole('textbox')
    .fill('The release date is not fixed');
  await page.getByRole('button', { name: 'Block task' }).click();
  await column(page, 'BLOCKED').getByText('The release date is not fixed').waitFor();
  const statuses = async (): Promise<string[]> =>
    (await site.system.core.db.task.findMany({ where: { projectId: project.id }, orderBy: { id: 'asc' } })).map(
      (task) => task.status,
    );
  await expect.poll(statuses).toEqual(['blocked', 'queued']);
  expect(page.url()).not.toContain('task=');
  expect(complaints).toEqual([]);
});

test('the keyboard alone moves a card, opens it, comments on it and closes it', async () => {
  const { page, complaints } = await openDashboard();
  await card(page, 'Sort the imports').getByRole('link').focus();
  await page.keyboard.press('Space');
  await page.getByText(/Lifted Sort the imports/).waitFor({ state: 'attached' });
  // The sensor listens from the next turn on: a key in the very same moment is no key of the drag yet.
  await expect
    .poll(
      async () => {
        const isOver = page.getByText(/Sort the imports is over Blocked/);
        if ((await isOver.count()) === 0) await page.keyboard.press('ArrowRight');
        return isOver.waitFor({ state: 'attached', timeout: 2_000 }).then(
          () => true,
          () => false,
        );
      },
      { timeout: 15_000 },
    )
    .toBe(true);
  await page.keyboard.press('Space');
  await page.getByRole('dialog', { name: 'Block this task' }).getByRole('textbox').waitFor();
  await page.keyboard.type('Waits for the formatter');
  await page.keyboard.press('Control+Enter');
  await column(page, 'BLOCKED').getByText('Waits for the formatter').waitFor();
  await card(page, 'Sort the imports').getByRole('link').focus();
  await page.keyboard.press('Enter');
  await page.waitForURL('**task=*');
  await page.getByLabel('Comment').fill('See the new rules');
  await page.keyboard.press('Control+Enter');
  await page.getByRole('dialog').getByRole('paragraph').filter({ hasText: 'See the new rules' }).waitFor();
  await page.keyboard.press('Escape');
  await page.waitForURL((address) => !address.search.includes('task='));
  expect(complaints).toEqual([]);
});

test('what others do appears by itself, also what was missed while the connection was away', async () => {
  const { page, seed, user, project } = await openDashboard();
  await seed.task(user, project, { title: 'Made by somebody else' });
  await column(page, 'QUEUED').getByText('Made by somebody else').waitFor();
  await page.context().setOffline(true);
  await page.getByText('Offline', { exact: true }).waitFor({ state: 'attached' });
  await seed.task(user, project, { title: 'Made while we were away' });
  await page.context().setOffline(false);
  await column(page, 'QUEUED').getByText('Made while we were away').waitFor({ timeout: 15_000 });
  expect(await column(page, 'QUEUED').getByText('Made by somebody else').count()).toBe(1);
});

test('what an event makes a page ask for is asked again after the network has failed it', async () => {
  const { page, seed, user, project } = await openDashboard();
  let isDown = true;
  let failed = 0;
  await page.route('**/graphql', (route) => {
    if (!isDown) return route.continue();
    failed += 1;
    return route.abort('connectionreset');
  });
  await seed.task(user, project, { title: 'Made while the network failed' });
  // No event comes any more that would make the page ask.
  await expect.poll(() => failed, { timeout: 10_000 }).toBeGreaterThan(2);
  isDown = false;
  await column(page, 'QUEUED').getByText('Made while the network failed').waitFor();
});

test('a new task is on the board at once, by one key', async () => {
  const { page, complaints } = await openDashboard();
  await page.keyboard.press('c');
  await page.getByRole('dialog', { name: 'New task' }).getByLabel('Title').fill('<b>Bold</b> & brave');
  await page.keyboard.press('Control+Enter');
  await column(page, 'QUEUED').getByText('<b>Bold</b> & brave').waitFor();
  expect(complaints).toEqual([]);
});

test('on a phone there is one thing at a time, and nothing sticks out', async () => {
  const { page, complaints } = await openDashboard(PHONE);
  await page.getByRole('tab', { name: /Runs/ }).click();
  await page.getByText('Nothing has run yet').waitFor();
  await page.getByRole('tab', { name: 'Chat' }).click();
  await page.getByLabel('Message to the orchestrator').waitFor();
  await page.getByRole('tab', { name: /Board/ }).click();
  await card(page, 'Sort the imports').getByRole('link').click();
  await page.getByRole('dialog').getByRole('heading', { name: 'Sort the imports' }).waitFor();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
  expect(complaints).toEqual([]);
});

test('the chosen theme and widths are in the page as it is served', async () => {
  const { page } = await openDashboard({ colorScheme: 'dark' });
  await page
    .getByRole('button', { name: /^Account/ })
    .first()
    .click();
  await page.getByRole('menuitem', { name: 'Light' }).click();
  const border = page.getByRole('separator', { name: 'Resize Board' });
  await border.focus();
  await page.keyboard.press('ArrowLeft');
  const html = await (await page.context().request.get(page.url())).text();
  expect(html).toContain('data-theme="light"');
  const width = await column(page, 'QUEUED').evaluate((element) => element.closest('[data-pane]')?.clientWidth);
  await page.reload();
  await page.locator('[data-column="QUEUED"]').waitFor();
  expect(await column(page, 'QUEUED').evaluate((element) => element.closest('[data-pane]')?.clientWidth)).toBeCloseTo(
    width ?? 0,
    -1,
  );
});

test('pages carry their security headers, and scripts only with this answer’s nonce', async () => {
  const first = await fetch(`${site.url}/sign-in`);
  const policy = first.headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/script-src 'self' 'nonce-[\w+/=]{20,}'/);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(first.headers.get('x-content-type-options')).toBe('nosniff');
  expect(first.headers.get('cache-control')).toContain('no-store');
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? '';
  const html = await first.text();
  expect([...html.matchAll(/<script(?![^>]*\bsrc=)[^>]*>/g)].every(([tag]) => tag.includes(`nonce="${nonce}"`))).toBe(
    true,
  );
  expect((await fetch(`${site.url}/sign-in`)).headers.get('content-security-policy')).not.toBe(policy);
});

test('a form that another site sends is refused', async () => {
  const answer = await fetch(`${site.url}/sign-out`, {
    method: 'POST',
    headers: { origin: 'https://elsewhere.example', 'content-type': 'application/x-www-form-urlencoded' },
    body: '',
  });
  expect(answer.status).toBe(403);
});
