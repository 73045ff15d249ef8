import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CSRF_HEADER } from '#contract/http-names.ts';
import { MAX_RECORDING_BYTES, MAX_RECORDING_PART_BYTES } from '#contract/limits.ts';
import type { UserActor } from '#core/access/actor.ts';
import { removeDeleted } from '#core/deletions/remove-deleted.ts';
import { sweepRecordings } from '#core/recordings/recordings-due.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { post } from '#tests/kit/graphql-client.ts';
import { seeder } from '#tests/kit/seed.ts';
import { soundOf } from '#tests/kit/speech.ts';
import { startTestSystem } from '#tests/kit/system.ts';
import type { TestSystem } from '#tests/kit/system.ts';

let system: TestSystem;
let url: string;
let user: UserActor & { token: string };
let project: Project;
beforeAll(async () => {
  system = await startTestSystem();
  ({ url } = await system.startApi());
  user = await seeder(system.core).user();
});
beforeEach(async () => {
  project = await seeder(system.core).project(user);
});
afterAll(() => system.close());

async function mutate(name: string, input: Record<string, unknown>, token = user.token) {
  const title = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  const { data, errors } = await post(
    url,
    `mutation ($input: ${title}Input!) { answer: ${name}(input: $input) { __typename ... on UserError { code message }
       ... on ConflictError { current } ... on ${title}Payload { recording { id status size mimeType url } } } }`,
    { input },
    token,
  );
  if (errors) throw new Error(JSON.stringify(errors));
  return data?.['answer'] as { __typename: string; current?: string; recording?: { id: string; url: string | null } };
}
async function open(fields: Record<string, unknown> = {}): Promise<string> {
  const input = { projectId: project.id, name: 'A thought', mimeType: 'audio/webm;codecs=opus', ...fields };
  const { recording } = await mutate('createRecording', input);
  return recording?.id ?? '';
}
const bearer = (token = user.token) => ({ authorization: `Bearer ${token}` });
async function put(id: string, number: number, bytes: Uint8Array | string, headers: Record<string, string> = bearer()) {
  const response = await fetch(`${url}/files/recordings/${id}/parts/${number}`, {
    method: 'PUT',
    headers,
    body: bytes as BodyInit,
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const finish = (recordingId: string, partCount: number) => mutate('finishRecording', { recordingId, partCount });
const storedPath = (id: string): string => path.join(system.dataDirectory, 'projects', project.id, 'recordings', id);

test('parts become one file, whatever is sent twice', async () => {
  const id = await open();
  const parts = [soundOf('one '), Buffer.from('two '), Buffer.from('three')];
  for (const [number, bytes] of parts.entries()) {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    for (let time = 0; time < 2; time += 1)
      expect(await put(id, number, bytes, { ...bearer(), 'x-overmind-sha256': sha256 })).toMatchObject({
        status: 200,
        body: { nextPart: number + 1, isFinished: false },
      });
  }
  const whole = Buffer.concat(parts);
  const progress = await fetch(`${url}/files/recordings/${id}/parts`, { headers: bearer() });
  expect(await progress.json()).toEqual({ nextPart: 3, bytes: whole.length, isFinished: false });
  for (let time = 0; time < 2; time += 1)
    expect(await finish(id, 3)).toMatchObject({
      recording: { status: 'QUEUED', size: whole.length, mimeType: 'audio/webm', url: `/files/recordings/${id}` },
    });
  expect(readFileSync(storedPath(id))).toEqual(whole);
  // The last part, sent again by somebody whose answer got lost, and one that comes too late.
  expect((await put(id, 3, 'four')).status).toBe(409);
  await removeDeleted(system.core);
  expect(existsSync(`${storedPath(id)}.parts`)).toBe(false);
});

test('a gap is refused with the number that is wanted, and nothing of it is kept', async () => {
  const id = await open();
  await put(id, 0, soundOf('one'));
  expect(await put(id, 2, 'three')).toMatchObject({
    status: 409,
    body: { errors: [{ extensions: { code: 'EXPECTED_SEQ', expectedSeq: 1 } }] },
  });
  expect(await finish(id, 2)).toMatchObject({ __typename: 'ConflictError', current: '1' });
  expect(await put(id, 0, soundOf('other'))).toMatchObject({ status: 409 });
  expect(await put(id, 1, 'two', { ...bearer(), 'x-overmind-sha256': 'a'.repeat(64) })).toMatchObject({ status: 400 });
  expect(await put(id, 1, '')).toMatchObject({ status: 400 });
  expect(await put(id, 1, Buffer.alloc(MAX_RECORDING_PART_BYTES + 1))).toMatchObject({ status: 413 });
  expect(await put(id, 1, 'two')).toMatchObject({ status: 200, body: { nextPart: 2 } });
});

test('of two who send the same part at once one is stored, and both are told so', async () => {
  const id = await open();
  const answers = await Promise.all(Array.from({ length: 4 }, () => put(id, 0, soundOf('one'))));
  expect(answers.map(({ status, body }) => [status, body['nextPart']])).toEqual(Array(4).fill([200, 1]));
});

test('no more than the maximum is taken', async () => {
  const id = await open();
  await put(id, 0, soundOf('one'));
  await system.core.db.recording.update({ where: { id }, data: { size: MAX_RECORDING_BYTES - 2 } });
  expect(await put(id, 1, 'two')).toMatchObject({
    status: 413,
    body: { errors: [{ extensions: { code: 'PAYLOAD_TOO_LARGE' } }] },
  });
  expect(
    await mutate('createRecording', {
      projectId: project.id,
      name: 'Long',
      mimeType: 'audio/wav',
      size: MAX_RECORDING_BYTES + 1,
    }),
  ).toMatchObject({ __typename: 'InvalidInputError' });
});

test.each([
  ['a script named webm', 'ffconcat version 1.0\nfile /etc/passwd'],
  ['a page', '<!doctype html><script>alert(1)</script>'],
])('%s is no sound', async (_name, bytes) => {
  const id = await open();
  expect(await put(id, 0, bytes)).toMatchObject({ status: 415 });
  expect(await finish(id, 1)).toMatchObject({ __typename: 'ConflictError', current: '0' });
  expect(await mutate('createRecording', { projectId: project.id, name: 'x', mimeType: 'text/html' })).toMatchObject({
    __typename: 'InvalidInputError',
  });
});

test('parts come from whoever may write in the project, and with a cookie from our own pages only', async () => {
  const id = await open();
  const other = await seeder(system.core).user();
  expect((await put(id, 0, soundOf('x'), {})).status).toBe(401);
  expect((await put(id, 0, soundOf('x'), bearer(other.token))).status).toBe(404);
  const cookie = { cookie: `ovm_session=${user.token}` };
  expect((await put(id, 0, soundOf('x'), cookie)).status).toBe(403);
  const elsewhere = { ...cookie, [CSRF_HEADER]: '1', origin: 'https://evil.test' };
  expect((await put(id, 0, soundOf('x'), elsewhere)).status).toBe(403);
  expect((await put(id, 0, soundOf('x'), { ...cookie, [CSRF_HEADER]: '1', origin: url })).status).toBe(200);
});

test('the sound is read in ranges, by whoever may see the project, and never as a page of ours', async () => {
  const id = await open();
  await put(id, 0, soundOf('hello'));
  const read = (headers: Record<string, string>) => fetch(`${url}/files/recordings/${id}`, { headers });
  expect((await read(bearer())).status).toBe(404);
  await finish(id, 1);
  const part = await read({ ...bearer(), range: 'bytes=12-' });
  expect([part.status, await part.text()]).toEqual([206, 'hello']);
  expect(part.headers.get('content-type')).toBe('audio/webm');
  expect(part.headers.get('x-content-type-options')).toBe('nosniff');
  expect(part.headers.get('content-security-policy')).toContain('sandbox');
  const other = await seeder(system.core).user();
  expect((await read(bearer(other.token))).status).toBe(404);
  expect((await read({})).status).toBe(401);
});

test('an upload that was given up goes after a day, with its parts', async () => {
  const [given, kept] = [await open(), await open()];
  for (const id of [given, kept]) await put(id, 0, soundOf('x'));
  await system.core.pool.query(`update recordings set due_at = now() - interval '1 minute' where id = $1`, [given]);
  await sweepRecordings(system.core, () => Promise.reject(new Error('There is nothing to transcribe')));
  await removeDeleted(system.core);
  expect(existsSync(`${storedPath(given)}.parts`)).toBe(false);
  expect(await system.core.db.recording.findMany({ where: { projectId: project.id }, select: { id: true } })).toEqual([
    { id: kept },
  ]);
  expect((await put(given, 1, 'more')).status).toBe(404);
});
