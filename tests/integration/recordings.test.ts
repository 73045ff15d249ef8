import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { UserActor } from '#core/access/actor.ts';
import { runCycles } from '#core/cycles/run-cycle.ts';
import { removeDeleted } from '#core/deletions/remove-deleted.ts';
import { rulesPlanner } from '#core/planner/rules/rules-planner.ts';
import { createRecording } from '#core/recordings/create-recording.ts';
import { deleteRecording } from '#core/recordings/delete-recording.ts';
import { editTranscript } from '#core/recordings/edit-transcript.ts';
import { finishRecording } from '#core/recordings/finish-recording.ts';
import { linkRecording, makeTaskOfRecording, unlinkRecording } from '#core/recordings/recording-tasks.ts';
import { sweepRecordings } from '#core/recordings/recordings-due.ts';
import { requestTranscription } from '#core/recordings/request-transcription.ts';
import { searchRecordings } from '#core/recordings/search-recordings.ts';
import type { SpeechEngine } from '#core/recordings/speech-engine.ts';
import { storePart } from '#core/recordings/store-part.ts';
import { transcribeRecording } from '#core/recordings/transcribe-recording.ts';
import { applyRetention } from '#core/retention/apply-retention.ts';
import { updateProject } from '#core/projects/update-project.ts';
import type { Project, Recording } from '#prisma/generated/client/client.ts';
import { newId } from '#core/platform/ids.ts';
import { seeder } from '#tests/kit/seed.ts';
import { enginesOf, fakeEngine, soundOf, speechFailure } from '#tests/kit/speech.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';
import { until } from '#tests/kit/until.ts';
import { startWorkers } from '../../workers/start-workers.ts';

const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const WORKER = fileURLToPath(new URL('../kit/processes/transcription-worker.ts', import.meta.url));
const GOES_ON = new AbortController().signal;

let system: TestSystem;
let user: UserActor;
let project: Project;
beforeAll(async () => {
  system = await startTestSystem();
  user = await seeder(system.core).user();
});
beforeEach(async () => {
  project = await seeder(system.core).project(user);
});
afterAll(() => system.close());

async function* bytesOf(words: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(soundOf(words));
}
async function record(words: string, name = 'A thought'): Promise<Recording> {
  const { core } = system;
  const { id: recordingId } = await createRecording(core, user, {
    projectId: project.id,
    name,
    mimeType: 'audio/webm',
  });
  await storePart(core, user, { recordingId, number: 0, sha256: null }, bytesOf(words));
  return finishRecording(core, user, { recordingId, partCount: 1 });
}
const hear = (recordingId: string, engine: SpeechEngine = fakeEngine, stop = GOES_ON) =>
  transcribeRecording(system.core, recordingId, { engines: enginesOf(engine), stop });
const heard = async (words: string, name?: string): Promise<Recording> => {
  const { id } = await record(words, name);
  await hear(id);
  return find(id);
};
const find = (id: string) => system.core.db.recording.findUniqueOrThrow({ where: { id } });
const messagesOf = (recordingId: string) => system.core.db.message.findMany({ where: { recordingId } });
const becomeDue = (id: string) =>
  system.core.pool.query(`update recordings set due_at = now() - interval '1 second' where id = $1`, [id]);
const failing = (...errors: Error[]): SpeechEngine => ({
  name: 'failing',
  transcribe: () => Promise.reject(errors.shift() ?? new Error('Expected no further call')),
});

/** Which events tell of it, and the status that they tell. */
async function toldOf(id: string): Promise<[string, string | undefined][]> {
  const events = await system.core.db.realtimeEvent.findMany({
    where: {
      projectId: project.id,
      eventType: { startsWith: 'recording.' },
      payload: { path: ['id'], equals: id },
    },
    orderBy: { cursor: 'asc' },
  });
  return events.map(({ eventType, payload }) => [eventType, (payload as { patch: { status?: string } }).patch.status]);
}

describe('a transcript', () => {
  test('is stored with its times, and said once as who recorded it', async () => {
    const { id } = await record('Fix the login page. Add a favicon.');
    await Promise.all([hear(id), hear(id)]);
    expect(await find(id)).toMatchObject({
      transcriptionStatus: 'completed',
      transcriptText: 'Fix the login page. Add a favicon.',
      transcriptJson: [
        { startMs: 0, endMs: 1_000, text: 'Fix the login page.' },
        { startMs: 1_000, endMs: 2_000, text: 'Add a favicon.' },
      ],
      durationMs: 2_000,
      engine: 'fake',
      dueAt: null,
    });
    await requestTranscription(system.core, user, { recordingId: id, engine: 'fake' });
    await hear(id);
    expect(await messagesOf(id)).toMatchObject([
      { role: 'user', content: 'Fix the login page. Add a favicon.', createdByUserId: user.userId },
    ]);
  });

  test('leads to requests by voice and to tasks, which the recording is linked to', async () => {
    const { id } = await heard('Create a task to fix the login page, priority two.');
    await runCycles(system.core, project.id, { planner: rulesPlanner });
    const request = await system.core.db.request.findFirstOrThrow({ where: { projectId: project.id } });
    expect(request.content).toMatchObject({ source: 'voice', recordingId: id });
    const tasks = await system.core.db.task.findMany({ where: { recordings: { some: { recordingId: id } } } });
    expect(tasks).toMatchObject([{ requestedBy: 'voice', priority: 2 }]);
    const told = await system.core.db.realtimeEvent.findFirstOrThrow({
      where: { projectId: project.id, eventType: { startsWith: 'recording.' } },
      orderBy: { cursor: 'desc' },
    });
    expect(told.eventType).toBe('recording.updated');
  });

  test('of a long talk is said and answered, and becomes no task by itself; a shorter one does', async () => {
    const { id } = await heard('Add a favicon. '.repeat(300));
    await runCycles(system.core, project.id, { planner: rulesPlanner });
    expect(await system.core.db.task.count({ where: { projectId: project.id } })).toBe(0);
    const [said] = await messagesOf(id);
    expect(said?.ingestedAt).not.toBeNull();
    const answers = await system.core.db.message.findMany({ where: { answersId: said?.id ?? '' } });
    expect(answers.map(({ content }) => content)).toEqual([expect.stringContaining('long recording')]);
    await makeTaskOfRecording(system.core, user, { recordingId: id });
    expect(await system.core.db.task.count({ where: { projectId: project.id } })).toBe(1);
    await heard(`Add a favicon. ${'It has to be small. '.repeat(100)}`);
    await runCycles(system.core, project.id, { planner: rulesPlanner });
    expect(await system.core.db.task.count({ where: { projectId: project.id } })).toBeGreaterThan(1);
  });

  test('of silence says nothing', async () => {
    const { id, transcriptionStatus } = await heard('');
    expect(transcriptionStatus).toBe('no_speech');
    expect(await messagesOf(id)).toEqual([]);
  });

  test('is edited without being said again, and heard anew on demand', async () => {
    const { id } = await heard('Fix the log in page');
    const edited = await editTranscript(system.core, user, { recordingId: id, text: 'Fix the login page' });
    expect(edited).toMatchObject({
      transcriptText: 'Fix the login page',
      transcriptJson: [{ text: 'Fix the log in page' }],
    });
    expect(edited.editedAt).not.toBeNull();
    await requestTranscription(system.core, user, { recordingId: id });
    await expect(editTranscript(system.core, user, { recordingId: id, text: 'x' })).rejects.toThrow(/again/);
    await hear(id);
    expect(await find(id)).toMatchObject({ transcriptText: 'Fix the log in page', editedAt: null });
    expect(await messagesOf(id)).toMatchObject([{ content: 'Fix the log in page' }]);
  });

  test('may have what no text of the database can', async () => {
    const { transcriptText } = await heard('a\0b\u0002c');
    expect(transcriptText).toBe('a\ufffdb c');
  });
});

describe('a transcription that does not succeed', () => {
  test('waits for an engine, says so, and is made when there is one', async () => {
    const { id } = await record('Add a favicon');
    await transcribeRecording(system.core, id, { engines: enginesOf(), stop: GOES_ON });
    const waiting = await find(id);
    expect(waiting).toMatchObject({ transcriptionStatus: 'engine_unavailable', leaseToken: null });
    expect(waiting.transcriptionReason).toMatch(/kept/);
    await becomeDue(id);
    await hear(id, failing(speechFailure('engine_unavailable', 'Run npm run voice:setup.')));
    expect(await find(id)).toMatchObject({
      transcriptionStatus: 'engine_unavailable',
      transcriptionReason: 'Run npm run voice:setup.',
    });
    await becomeDue(id);
    await hear(id);
    expect(await find(id)).toMatchObject({ transcriptionStatus: 'completed', transcriptionReason: null });
    expect(await messagesOf(id)).toHaveLength(1);
  });

  test('tells open pages of a wait once, however often an engine is looked for, and of its end', async () => {
    const { id } = await record('Add a favicon');
    for (let i = 0; i < 3; i += 1) {
      await becomeDue(id);
      await transcribeRecording(system.core, id, { engines: enginesOf(), stop: GOES_ON });
    }
    await becomeDue(id);
    await hear(id, failing(speechFailure('engine_unavailable', 'Run npm run voice:setup.')));
    await becomeDue(id);
    await hear(id);
    expect(await toldOf(id)).toEqual([
      ['recording.created', 'none'],
      ['recording.updated', 'queued'],
      ['recording.updated', 'running'],
      ['recording.updated', 'engine_unavailable'],
      ['recording.updated', 'engine_unavailable'],
      ['recording.transcribed', 'completed'],
    ]);
  });

  test('by a sound that can not be read is not tried again', async () => {
    const { id } = await record('x');
    await hear(id, failing(speechFailure('unreadable_audio', 'The file is cut off.')));
    expect(await find(id)).toMatchObject({
      transcriptionStatus: 'failed',
      transcriptionReason: 'The file is cut off.',
      dueAt: null,
    });
  });

  test('by a failing engine is tried three times, and again on demand', async () => {
    const { id } = await record('x');
    for (const status of ['queued', 'queued', 'failed']) {
      await becomeDue(id);
      await hear(id, failing(speechFailure('engine_failed', 'It fell over.')));
      expect((await find(id)).transcriptionStatus).toBe(status);
    }
    expect((await find(id)).transcriptionReason).toBe('It fell over.');
    await requestTranscription(system.core, user, { recordingId: id });
    await hear(id);
    expect((await find(id)).transcriptionStatus).toBe('completed');
  });

  test('goes back unharmed when its worker is told to end, also from an engine that does not listen', async () => {
    const { id } = await record('x');
    const stop = new AbortController();
    await hear(
      id,
      {
        name: 'deaf',
        transcribe: () => {
          stop.abort(new Error('The worker stops'));
          return new Promise(() => undefined);
        },
      },
      stop.signal,
    );
    expect(await find(id)).toMatchObject({ transcriptionStatus: 'queued', attempt: 0 });
    await hear(id);
    expect((await find(id)).transcriptionStatus).toBe('completed');
  });

  test('says nothing of a recording that is deleted meanwhile', async () => {
    const { id } = await record('x');
    await hear(id, {
      name: 'slow',
      transcribe: async (job) => {
        await deleteRecording(system.core, user, { recordingId: id });
        return fakeEngine.transcribe(job);
      },
    });
    expect(await system.core.db.recording.count({ where: { id } })).toBe(0);
    expect(await system.core.db.message.count({ where: { projectId: project.id } })).toBe(0);
  });
});

describe('a worker that is killed in the middle', () => {
  const killedWorker = (recordingId: string): Promise<NodeJS.Signals | null> => {
    const { databaseUrl, redisUrl, redisPrefix, dataDirectory } = system;
    const options = JSON.stringify({ databaseUrl, redisUrl, redisPrefix, dataDirectory, recordingId });
    const child = spawn(process.execPath, ['--import', TSX, WORKER, options], { stdio: 'inherit' });
    return new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
  };

  test('is replaced when its lease has ended, and the transcript is said once', async () => {
    const { id } = await record('Add a favicon');
    expect(await killedWorker(id)).toBe('SIGKILL');
    // Its lease holds.
    await hear(id);
    expect((await find(id)).transcriptionStatus).toBe('running');
    await system.core.pool.query(`update recordings set due_at = now() - interval '1 minute' where id = $1`, [id]);
    await sweepRecordings(system.core, (recordingId) => hear(recordingId));
    expect((await find(id)).transcriptionStatus).toBe('completed');
    expect(await messagesOf(id)).toHaveLength(1);
  });

  test('three times is not replaced a fourth time', async () => {
    const { id } = await record('x');
    await system.core.pool.query(
      `update recordings set transcription_status = 'running', attempt = 3, due_at = now() - interval '1 second' where id = $1`,
      [id],
    );
    await hear(id, failing());
    expect(await find(id)).toMatchObject({ transcriptionStatus: 'failed', attempt: 0 });
    expect((await find(id)).transcriptionReason).toMatch(/3 times/);
  });
});

test('workers are woken when an upload is finished, and find by themselves what nobody told them of', async () => {
  // Of its own: these workers do whatever there is to do.
  const own = await startTestSystem();
  const { redisUrl, redisPrefix } = own;
  const shared = system;
  try {
    system = own;
    user = await seeder(own.core).user();
    project = await seeder(own.core).project(user);
    const unheard = await record('Nobody was there');
    await becomeDue(unheard.id);
    await own.core.redis.del(`${redisPrefix}-jobs:transcription:wait`);
    const stopWorkers = startWorkers(own.core, {
      planner: rulesPlanner,
      redisUrl,
      redisPrefix,
      engines: enginesOf(fakeEngine),
    });
    try {
      const told = await record('Add a favicon');
      for (const { id } of [told, unheard])
        await until(
          () => find(id),
          ({ transcriptionStatus }) => transcriptionStatus === 'completed',
          30_000,
        );
    } finally {
      await stopWorkers();
    }
  } finally {
    system = shared;
    await own.close();
    user = await seeder(shared.core).user();
  }
}, 60_000);

describe('search', () => {
  const search = async (words: string) => {
    const found = await searchRecordings(system.core.db, project.id, words);
    return Promise.all(found.map(async ({ recordingId }) => (await find(recordingId)).name));
  };

  test('finds all words, phrases and beginnings, the best first, in this project alone', async () => {
    await heard('The login page is slow. Nobody likes it.', 'slow');
    await heard('Login, login, and the login page again: the login is broken.', 'login');
    await heard('Something else entirely', 'else');
    const here = project;
    project = await seeder(system.core).project(user);
    await heard('The login page of another project', 'theirs');
    project = here;
    expect(await search('login')).toEqual(['login', 'slow']);
    expect(await search('"login page" slow')).toEqual(['slow']);
    expect(await search('login -broken')).toEqual(['slow']);
    expect(await search('entir')).toEqual(['else']);
    expect(await search('"login page" OR (')).not.toContain('else');
    expect(await search("' | ! & :* <->")).toEqual([]);
  });

  test('shows where, as text: markup that was said is none', async () => {
    await heard('Put <script>alert(1)</script> <b>bold</b> into the footer');
    const [found] = await searchRecordings(system.core.db, project.id, 'footer bold');
    expect(found?.snippet.filter(({ isMatch }) => isMatch).map(({ text }) => text)).toEqual(['bold', 'footer']);
    expect(found?.snippet.map(({ text }) => text).join('')).not.toMatch(/[\u0002\u0003]/);
  });
});

describe('tasks', () => {
  test('are made of a transcript as it is, linked, and loosened', async () => {
    const { id: recordingId } = await heard('Hmm, that thing from yesterday');
    const { task } = await makeTaskOfRecording(system.core, user, { recordingId });
    expect(task).toMatchObject({ requestedBy: 'voice', description: 'Hmm, that thing from yesterday' });
    const links = () => system.core.db.recordingTask.findMany({ where: { recordingId } });
    expect(await links()).toEqual([{ recordingId, taskId: task.id }]);
    const before = await find(recordingId);
    expect((await unlinkRecording(system.core, user, { recordingId, taskId: task.id })).revision).toBeGreaterThan(
      before.revision,
    );
    expect(await links()).toEqual([]);
    for (let time = 0; time < 2; time += 1) await linkRecording(system.core, user, { recordingId, taskId: task.id });
    expect(await links()).toHaveLength(1);
    const elsewhere = await seeder(system.core).task(user, await seeder(system.core).project(user));
    await expect(linkRecording(system.core, user, { recordingId, taskId: elsewhere.id })).rejects.toThrow(/no task/);
  });
});

describe('what goes', () => {
  const fileOf = ({ storagePath }: Recording): string => path.join(system.dataDirectory, 'projects', storagePath);

  test('a deleted recording goes with its file; what was said stays', async () => {
    const recording = await heard('Add a favicon');
    expect(existsSync(fileOf(recording))).toBe(true);
    await deleteRecording(system.core, user, { recordingId: recording.id });
    await removeDeleted(system.core);
    expect(existsSync(fileOf(recording))).toBe(false);
    expect(await system.core.db.message.findMany({ where: { projectId: project.id, role: 'user' } })).toMatchObject([
      { content: 'Add a favicon', recordingId: null },
    ]);
  });

  test("somebody else's is for owners", async () => {
    const { id: recordingId } = await heard('x');
    const maintainer = await seeder(system.core).user();
    await system.core.db.projectMember.create({
      data: { id: newId(), projectId: project.id, userId: maintainer.userId, role: 'maintainer' },
    });
    await expect(deleteRecording(system.core, maintainer, { recordingId })).rejects.toThrow(/owner/);
  });

  test('retention takes the sound and leaves the transcript; what waits to be heard is kept', async () => {
    const [said, waiting] = [await heard('Add a favicon'), await record('later')];
    await updateProject(system.core, user, { projectId: project.id, recordingDays: 10 });
    await system.core.pool.query(
      `update recordings set created_at = now() - interval '11 days' where project_id = $1`,
      [project.id],
    );
    await applyRetention(system.core);
    await removeDeleted(system.core);
    expect([existsSync(fileOf(said)), existsSync(fileOf(waiting))]).toEqual([false, true]);
    const kept = await find(said.id);
    expect(kept).toMatchObject({ transcriptText: 'Add a favicon' });
    expect(kept.removedAt).not.toBeNull();
    await expect(requestTranscription(system.core, user, { recordingId: said.id })).rejects.toThrow(/retention/);
  });
});

test('every step is told, in order', async () => {
  const { id } = await heard('Add a favicon');
  await deleteRecording(system.core, user, { recordingId: id });
  expect(await toldOf(id)).toEqual([
    ['recording.created', 'none'],
    ['recording.updated', 'queued'],
    ['recording.updated', 'running'],
    ['recording.transcribed', 'completed'],
    ['recording.deleted', undefined],
  ]);
});
