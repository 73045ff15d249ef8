import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { copyFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createLogger } from '#core/platform/logger.ts';
import type { SpeechEngine, Transcript } from '#core/recordings/speech-engine.ts';
import { until } from '#tests/kit/until.ts';
import { wordErrors } from '#tests/kit/word-errors.ts';
import { MODEL_FILES, moonshine } from '../../workers/speech/moonshine.ts';
import { SpeechChild } from '../../workers/speech/speech-child.ts';

const FIXTURES = fileURLToPath(new URL('../fixtures/voice/', import.meta.url));
const CHILD = fileURLToPath(new URL('../../build/speech.mjs', import.meta.url));
const GOES_ON = new AbortController().signal;
const logger = createLogger('test', 'silent');
const run = promisify(execFile);

let folder: string;
let ffmpeg: string;
let models: string;
const children: SpeechChild[] = [];
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'overmind-speech-'));
  const { OVERMIND_FFMPEG, OVERMIND_VOICE_MODELS, OVERMIND_VOICE_STATE } = process.env;
  if (!OVERMIND_FFMPEG || !OVERMIND_VOICE_MODELS)
    throw new Error(
      `Speech is not set up: ${OVERMIND_VOICE_STATE ? readFileSync(OVERMIND_VOICE_STATE, 'utf8') : 'run npm test'}`,
    );
  ffmpeg = OVERMIND_FFMPEG;
  models = OVERMIND_VOICE_MODELS;
});
afterEach(() => {
  for (const child of children.splice(0)) child.end();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function engineOf(args = [CHILD], { silenceMs = 60_000, idleMs = 60_000, in: where = models } = {}): SpeechEngine {
  const child = new SpeechChild({ args, logger, silenceMs, idleMs });
  children.push(child);
  return moonshine({ ffmpeg, models: where, stateFile: undefined }, child);
}
const hear = (engine: SpeechEngine, file: string, signal = GOES_ON): Promise<Transcript> =>
  engine.transcribe({ file, language: 'en', signal });
const at = (name: string): string => path.join(folder, name);
async function fileOf(name: string, content: string | Buffer): Promise<string> {
  await writeFile(at(name), content);
  return at(name);
}
/** A sound that ffmpeg makes: of its own filters, or of a fixture. */
async function soundOf(name: string, ...args: string[]): Promise<string> {
  await run(ffmpeg, ['-y', '-loglevel', 'error', ...args, at(name)]);
  return at(name);
}
/** As Linux has it: Z for one that has ended, and nobody has looked at how. */
const stateOf = (pid: number): Promise<string> =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (text) => text.slice(text.lastIndexOf(')') + 2)[0] ?? '',
    () => 'gone',
  );
const JFK = path.join(FIXTURES, 'jfk.webm');
const JFK_SAID =
  'And so my fellow Americans ask not what your country can do for you ask what you can do for your country';
const textOf = (heard: Transcript): string => (heard.status === 'done' ? heard.text : '');

describe('the words of a recording', () => {
  test('of a person are written down, with their times', async () => {
    const fractions: number[] = [];
    const heard = await engineOf().transcribe({
      file: JFK,
      language: 'en',
      signal: GOES_ON,
      onProgress: (fraction) => fractions.push(fraction),
    });
    const { errors, words } = wordErrors(JFK_SAID, textOf(heard));
    expect(words).toBe(22);
    expect(errors).toBeLessThanOrEqual(2);
    expect(heard).toMatchObject({ status: 'done', language: 'en' });
    expect(heard.durationMs).toBeGreaterThan(10_500);
    expect(heard.durationMs).toBeLessThan(11_500);
    const { segments } = heard as Extract<Transcript, { status: 'done' }>;
    expect(segments.length).toBeGreaterThan(1);
    for (const [i, { startMs, endMs }] of segments.entries()) {
      expect(startMs).toBeGreaterThanOrEqual(segments[i - 1]?.endMs ?? 0);
      expect(endMs).toBeGreaterThan(startMs);
      expect(endMs).toBeLessThanOrEqual(heard.durationMs);
    }
    expect(fractions.at(-1)).toBe(1);
  }, 120_000);

  test('of thirty commands by three synthetic voices are heard with at most 20 % of errors', async () => {
    const said = (await readFile(path.join(FIXTURES, 'commands.txt'), 'utf8')).trim().split('\n');
    const engine = engineOf();
    let errors = 0;
    let words = 0;
    for (const voice of ['es', 'fl', 'rm'])
      for (const [index, sentence] of said.entries()) {
        const heard = await hear(engine, path.join(FIXTURES, `${voice}${String(index + 1).padStart(2, '0')}.ogg`));
        const found = wordErrors(sentence, textOf(heard));
        errors += found.errors;
        words += found.words;
      }
    expect(words).toBe(3 * 59);
    expect(errors / words).toBeLessThanOrEqual(0.2);
  }, 240_000);

  test.each([
    ['a.ogg', ['-c:a', 'libopus']],
    ['a.mp3', ['-c:a', 'libmp3lame']],
    ['a.m4a', ['-c:a', 'aac']],
    ['eight-channels.wav', ['-ac', '8', '-ar', '48000']],
  ])(
    'are found in %s',
    async (name, args) => {
      const heard = await hear(engineOf(), await soundOf(name, '-i', JFK, ...args));
      expect(wordErrors(JFK_SAID, textOf(heard)).errors).toBeLessThanOrEqual(2);
    },
    120_000,
  );

  test('of a recording that breaks off are those up to there', async () => {
    const file = at('broken-off.webm');
    const whole = await readFile(JFK);
    await writeFile(file, whole.subarray(0, Math.floor(whole.length / 2)));
    const heard = await hear(engineOf(), file);
    expect(textOf(heard)).toMatch(/fellow Americans/i);
    expect(textOf(heard)).not.toMatch(/do for your country\W*$/i);
  }, 120_000);

  test.each([
    ['silence', 'anullsrc=r=16000:cl=mono'],
    ['a hum', 'sine=frequency=50:sample_rate=16000'],
    ['noise', 'anoisesrc=r=16000:a=0.05'],
  ])(
    'are none in %s',
    async (name, filter) => {
      const file = await soundOf(`${name}.wav`, '-f', 'lavfi', '-i', filter, '-t', '20');
      expect(await hear(engineOf(), file)).toEqual({ status: 'no_speech', durationMs: 20_000 });
    },
    120_000,
  );
});

describe('what is no recording', () => {
  test.each([
    ['nothing', 'empty.webm', ''],
    ['a script', 'script.mp3', '#!/bin/sh\necho no sound at all in here\n'],
    ['a list of files', 'list.webm', "ffconcat version 1.0\nfile '/etc/hostname'\n"],
    ['the first bytes of webm', 'head.webm', Buffer.from('1a45dfa3'.padEnd(200, '0'), 'hex')],
    ['a wav without sound', 'head.wav', Buffer.from('RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0', 'latin1')],
  ])(
    'such as %s, is refused in words, and the next one is heard',
    async (_what, name, content) => {
      const engine = engineOf();
      await expect(hear(engine, await fileOf(name, content))).rejects.toMatchObject({
        code: 'unreadable_audio',
        message: expect.stringMatching(/no sound in it that can be read.*Record it again/s) as string,
      });
      expect((await hear(engine, path.join(FIXTURES, 'es02.ogg'))).status).toBe('done');
    },
    120_000,
  );
});

describe('an engine', () => {
  test('whose parts are not there says what to do', async () => {
    await expect(hear(engineOf(undefined, { in: at('nowhere') }), JFK)).rejects.toMatchObject({
      code: 'engine_unavailable',
      message: 'Speech is not set up on this machine. Run npm run voice:setup.',
    });
  });

  test('whose model is cut short ends alone', async () => {
    const broken = at('broken-models');
    await mkdir(broken, { recursive: true });
    for (const name of MODEL_FILES) await copyFile(path.join(models, name), path.join(broken, name));
    await truncate(path.join(broken, 'decoder.onnx'), 1_000_000);
    await expect(hear(engineOf(undefined, { in: broken }), JFK)).rejects.toMatchObject({ code: 'engine_failed' });
  }, 60_000);

  test.each<[string, string, string]>([
    ['that ends in the middle', `process.on('message', () => process.exit(3))`, 'ended in the middle of it (code 3)'],
    ['that hangs', `process.on('message', () => setInterval(() => 0, 1e3))`, 'said nothing for 1 s'],
    ['that says nonsense', `process.on('message', () => process.send({ type: 'heard', segments: 7 }))`, 'nobody'],
    ['that is none', `process.exit(0)`, 'speech engine'],
  ])(
    '%s fails in words, and a new one is there for the next recording',
    async (_how, code, words) => {
      const flag = at(`${words.length}-${code.length}`);
      const script = `const fs = require('fs'); if (fs.existsSync(${JSON.stringify(flag)})) {
      process.on('message', () => process.send({ type: 'heard', segments: [{ startMs: 0, endMs: 1, text: 'Again' }], durationMs: 1 }));
      process.on('disconnect', () => process.exit(0));
    } else { fs.writeFileSync(${JSON.stringify(flag)}, ''); ${code} }`;
      const engine = engineOf(['-e', script], { silenceMs: 1_000 });
      await expect(hear(engine, JFK)).rejects.toThrow(words);
      expect(await hear(engine, JFK)).toMatchObject({ status: 'done', text: 'Again' });
    },
    60_000,
  );

  test.each([
    ['has heard something', `{ type: 'heard', segments: [], durationMs: 1 }`],
    ['could not read it', `{ type: 'failed', code: 'unreadable_audio', message: 'No sound' }`],
  ])('that %s, and has nothing to do any more, goes with its memory', async (_what, report) => {
    const pidFile = at(`idle-${report.length}`);
    const script = `require('fs').writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));
      process.on('message', () => process.send(${report}));`;
    await hear(engineOf(['-e', script], { idleMs: 200 }), JFK).catch(() => undefined);
    const pid = Number(await readFile(pidFile, 'utf8'));
    await until(
      () => stateOf(pid),
      (state) => state === 'gone' || state === 'Z',
    );
  });

  test('that is told to stop is gone at once, with all that it has started', async () => {
    const pidFile = at('pids');
    const script = `const { spawn } = require('child_process');
      process.on('message', () => {
        const decoder = spawn('sleep', ['600']);
        require('fs').writeFileSync(${JSON.stringify(pidFile)}, process.pid + ' ' + decoder.pid);
      });`;
    const stop = new AbortController();
    const heard = hear(engineOf(['-e', script]), JFK, stop.signal);
    const isGone = expect(heard).rejects.toThrow('Deleted');
    const pids = (
      await until(
        () => readFile(pidFile, 'utf8').catch(() => ''),
        (text) => text.includes(' '),
      )
    )
      .split(' ')
      .map(Number);
    stop.abort(new Error('Deleted'));
    await isGone;
    await until(
      () => Promise.all(pids.map(stateOf)),
      (states) => states.every((state) => state === 'gone' || state === 'Z'),
    );
  }, 60_000);
});
