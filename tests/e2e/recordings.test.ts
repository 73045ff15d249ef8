import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import type { SpeechEngine } from '#core/recordings/speech-engine.ts';
import { startSite } from '#tests/kit/browser.ts';
import { seeder } from '#tests/kit/seed.ts';
import { enginesOf, fakeEngine, soundOf } from '#tests/kit/speech.ts';
import { until } from '#tests/kit/until.ts';
import { startWorkers } from '#workers/start-workers.ts';

const site = startSite({}, ['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream']);
const HEARD = 'Create a task to add a favicon, priority two.';
/** Hears what a test has put into its file; what Chromium's microphone beeps is always the same sentence. */
const engine: SpeechEngine = {
  name: 'fake',
  async transcribe(job) {
    const isMade = (await readFile(job.file)).subarray(4, 12).every((byte) => byte === 0);
    return isMade
      ? fakeEngine.transcribe(job)
      : {
          status: 'done',
          text: HEARD,
          segments: [{ startMs: 0, endMs: 900, text: HEARD }],
          language: 'en',
          durationMs: 900,
        };
  },
};
let stopWorkers: () => Promise<void>;
beforeAll(() => {
  const { core, redisUrl, redisPrefix } = site.system;
  stopWorkers = startWorkers(core, { planner: rulesPlanner, redisUrl, redisPrefix, engines: enginesOf(engine) });
});
afterAll(() => stopWorkers?.());

const shotsAt = process.env['OVERMIND_SCREENSHOTS'];

test('a file that is no sound, or whose sending is stopped, leaves nothing behind', async () => {
  const user = await seeder(site.system.core).user();
  const project = await seeder(site.system.core).project(user, 'Corner shop');
  const { page } = await site.openProject(user, project);
  await page.goto(`${site.url}/projects/${project.id}/recordings`);
  const choose = page.getByLabel('A recording to send').first();
  const none = page.getByText('Nothing was said here yet');
  await none.waitFor();
  await choose.setInputFiles({
    name: 'notes.mp3',
    mimeType: 'audio/mpeg',
    buffer: Buffer.from('Only words, no sound'),
  });
  await page.getByText('Not sent: This is no sound that can be read.').first().waitFor();
  await none.waitFor();
  // One that does not get through, and that somebody gives up.
  await page.route('**/parts/**', (route) => route.abort());
  await choose.setInputFiles({ name: 'late.webm', mimeType: 'audio/webm', buffer: soundOf('Fix the login page') });
  await page.getByText('No connection: it goes on as soon as there is one.').waitFor();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await none.waitFor();
  expect(await site.system.core.db.recording.count({ where: { projectId: project.id } })).toBe(0);
}, 90_000);

test('a file is sent, heard, said in the chat, found, edited, made a task, and deleted', async () => {
  const seed = seeder(site.system.core);
  const user = await seed.user();
  const project = await seed.project(user, 'Corner shop');
  const { page, complaints } = await site.openProject(user, project);
  await page.getByRole('link', { name: 'Recordings' }).first().click();
  await page.getByText('Nothing was said here yet').waitFor();
  await page
    .getByLabel('A recording to send')
    .first()
    .setInputFiles({
      name: 'Ideas from the train.webm',
      mimeType: 'audio/webm',
      buffer: soundOf('Create a task to fix the login page, priority two. The rest can wait.'),
    });
  await page.getByRole('heading', { name: 'Ideas from the train.webm' }).waitFor();
  const said = page.getByRole('list', { name: 'What was said' });
  await said.getByText('The rest can wait.').waitFor();
  if (shotsAt) {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: `${shotsAt}/recording-dark.png` });
    await page.emulateMedia({ colorScheme: null });
  }

  await until(
    () => site.system.core.db.message.findMany({ where: { projectId: project.id, role: 'user' } }),
    (messages) => messages.length === 1 && messages[0]?.recordingId !== null,
  );
  await page
    .getByRole('link', { name: /login page/ })
    .first()
    .waitFor();

  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Transcript', { exact: true }).fill('Fix the sign-in page');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('As it was heard').waitFor();
  await page.getByRole('button', { name: 'Make it a task' }).click();
  const task = page.getByRole('link', { name: 'Fix the sign-in page' });
  await task.waitFor();
  await page.getByRole('button', { name: 'Not about Fix the sign-in page' }).click();
  await task.waitFor({ state: 'detached' });
  const { number } = await site.system.core.db.task.findFirstOrThrow({ where: { title: 'Fix the sign-in page' } });
  await page.getByLabel('It is also about').fill(`${project.key}-${number}`);
  await page.getByRole('button', { name: 'Add the task' }).click();
  await task.waitFor();

  await page.getByLabel('Search all transcripts').fill('sign-in');
  await page.getByRole('list', { name: 'Found' }).getByText('Ideas from the train.webm').waitFor();
  if (shotsAt) await page.screenshot({ path: `${shotsAt}/recording-search.png` });
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await page.getByText('Nothing was said here yet').waitFor();
  expect(await site.system.core.db.recording.count({ where: { projectId: project.id } })).toBe(0);
  expect(await site.system.core.db.message.count({ where: { projectId: project.id, role: 'user' } })).toBe(1);
  expect(complaints).toEqual([]);
});

test('what is said into the microphone is sent while it is said, also when the connection is away for a while', async () => {
  const seed = seeder(site.system.core);
  const user = await seed.user();
  const project = await seed.project(user, 'Spoken');
  const { page, complaints } = await site.openAs(user, `/projects/${project.id}/recordings`, {
    viewport: { width: 390, height: 844 },
  });
  await page.getByRole('button', { name: 'Record', exact: true }).first().click();
  if (shotsAt) await page.screenshot({ path: `${shotsAt}/record-phone.png` });
  await page.getByRole('button', { name: 'Start recording' }).click();
  const recording = () => site.system.core.db.recording.findFirst({ where: { projectId: project.id } });
  await until(recording, (found) => (found?.partCount ?? 0) >= 1, 20_000);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.context().route('**/parts/*', (route) => route.abort());
  await page.getByText('Nothing is lost').waitFor();
  await page.context().unroute('**/parts/*');
  await page.getByRole('button', { name: 'Stop and transcribe' }).click();
  await page.getByRole('list', { name: 'What was said' }).getByText(HEARD).waitFor();
  if (shotsAt) await page.screenshot({ path: `${shotsAt}/recorded-phone.png` });
  expect(await recording()).toMatchObject({ mimeType: 'audio/webm', transcriptionStatus: 'completed' });
  expect(complaints.filter((words) => !words.includes('ERR_FAILED'))).toEqual([]);
});

test('a page that is closed while it records loses nothing: the next one sends the rest', async () => {
  const seed = seeder(site.system.core);
  const user = await seed.user();
  const project = await seed.project(user, 'Closed');
  const { page } = await site.openAs(user, `/projects/${project.id}/recordings`);
  await page.getByRole('button', { name: 'Record', exact: true }).first().click();
  await page.getByRole('button', { name: 'Start recording' }).click();
  const recording = () => site.system.core.db.recording.findFirst({ where: { projectId: project.id } });
  await until(recording, (found) => (found?.partCount ?? 0) >= 1, 20_000);
  await page.reload();
  await page.getByText('A recording that was kept here is sent now', { exact: true }).waitFor();
  await until(recording, (found) => found?.transcriptionStatus === 'completed', 20_000);
});

test('without a microphone it is said what to do', async () => {
  const seed = seeder(site.system.core);
  const user = await seed.user();
  const project = await seed.project(user, 'Mute');
  const { page } = await site.openAs(user, `/projects/${project.id}/recordings`);
  const refuseWith = async (name: string): Promise<void> => {
    await page.evaluate((error) => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', error));
    }, name);
    await page.getByRole('button', { name: 'Start recording' }).click();
  };
  await page.getByRole('button', { name: 'Record', exact: true }).first().click();
  await refuseWith('NotAllowedError');
  await page.getByText('Allow it beside the address').waitFor();
  await refuseWith('NotFoundError');
  await page.getByText('There is no such microphone').waitFor();
});
