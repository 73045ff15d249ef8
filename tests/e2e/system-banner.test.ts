import { expect, test } from 'vitest';
import { SystemParts, type SystemPart } from '#core/system/system-parts.ts';
import { startSite } from '#tests/kit/browser.ts';
import { seeder } from '#tests/kit/seed.ts';

const parts = new SystemParts();
const site = startSite({ parts });
const say = (part: SystemPart): void => parts.take(JSON.stringify({ parts: [part] }));
const RUNNER: SystemPart = { name: 'runner', state: 'running', ends: 0, lastEnd: null, detail: null, nextTryAt: null };

test('open pages say which part keeps ending and when it is tried again, until it runs steadily', async () => {
  say(RUNNER);
  const user = await seeder(site.system.core).user({ isAdmin: true });
  const { page, complaints } = await site.openAs(user);
  const banner = page.getByText('The runner of this system keeps ending (exit code 1)');
  expect(await banner.count()).toBe(0);

  say({
    ...RUNNER,
    state: 'waiting',
    ends: 4,
    lastEnd: 'exit code 1',
    detail: 'there is no git',
    nextTryAt: new Date(Date.now() + 50_000).toISOString(),
  });
  await banner.waitFor();
  expect(await banner.textContent()).toMatch(/: next try in (?:4\d|5[01]) s\.$/);
  await page.getByText('there is no git').waitFor();

  say({ ...RUNNER, ends: 4, lastEnd: 'exit code 1' });
  await page.getByText('kept ending (exit code 1) and runs again').waitFor();
  say(RUNNER);
  await page.getByText('kept ending').waitFor({ state: 'detached' });
  expect(complaints).toEqual([]);
});
