import { readFile } from 'node:fs/promises';
import type { SpeechEngine, SpeechEngines, SpeechFailureCode } from '#core/recordings/speech-engine.ts';

const WEBM = Buffer.from([0x1a, 0x45, 0xdf, 0xa3, 0, 0, 0, 0, 0, 0, 0, 0]);

/** A file that begins as webm does, in which the fake engine hears these words; without any, silence. */
export const soundOf = (words: string): Buffer => Buffer.concat([WEBM, Buffer.from(words)]);

/** An engine that hears what `soundOf` has put into a file: a segment a sentence, a second each. */
export const fakeEngine: SpeechEngine = {
  name: 'fake',
  async transcribe({ file, language, onProgress }) {
    const text = (await readFile(file)).subarray(WEBM.length).toString();
    onProgress?.(0.5);
    const sentences = text.match(/[^.?!]+[.?!]*/g) ?? [];
    const durationMs = Math.max(1, sentences.length) * 1_000;
    if (text.trim() === '') return { status: 'no_speech', durationMs };
    const segments = sentences.map((sentence, i) => ({
      startMs: i * 1_000,
      endMs: (i + 1) * 1_000,
      text: sentence.trim(),
    }));
    return { status: 'done', text, segments, language, durationMs };
  },
};

export const speechFailure = (code: SpeechFailureCode, message: string): Error =>
  Object.assign(new Error(message), { code });

/** The engines of a worker, by their names; the first is the one that is set up. */
export const enginesOf = (...engines: SpeechEngine[]): SpeechEngines => ({
  engineNamed: (name) => engines.find((engine) => name === null || engine.name === name) ?? null,
});
