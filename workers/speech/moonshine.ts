import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import type { SpeechEngine } from '#core/recordings/speech-engine.ts';
import { SpeechError } from './messages.ts';
import type { SpeechChild } from './speech-child.ts';

export const MODEL_FILES = ['encoder.onnx', 'decoder.onnx', 'tokens.txt', 'silero_vad.onnx'] as const;
const LANGUAGE = 'en';
const MISSING = 'Speech is not set up on this machine. Run npm run voice:setup.';

export interface SpeechPlaces {
  ffmpeg: string | undefined;
  models: string | undefined;
  /** What the set-up says of itself, a file of JSON. */
  stateFile: string | undefined;
}

const SetupState = z.looseObject({ message: z.string().min(1) });

/**
 * English, on this machine, by Moonshine. What it takes may come while the worker runs: it is looked for with each
 * recording.
 */
export function moonshine(places: SpeechPlaces, child: SpeechChild): SpeechEngine {
  return {
    name: 'moonshine',
    async transcribe({ file, signal, onProgress }) {
      const { ffmpeg, models } = places;
      const isThere =
        ffmpeg !== undefined &&
        models !== undefined &&
        [ffmpeg, ...MODEL_FILES.map((name) => path.join(models, name))].every((each) => existsSync(each));
      if (!isThere) throw new SpeechError('engine_unavailable', await whyNotThere(places.stateFile));
      const { segments, durationMs } = await child.hear(
        { file, ffmpeg, models },
        { signal, onProgress: (fraction) => onProgress?.(fraction) },
      );
      if (segments.length === 0) return { status: 'no_speech', durationMs };
      const text = segments.map((segment) => segment.text).join(' ');
      return { status: 'done', text, segments, language: LANGUAGE, durationMs };
    },
  };
}

async function whyNotThere(stateFile: string | undefined): Promise<string> {
  if (stateFile === undefined) return MISSING;
  try {
    return SetupState.parse(JSON.parse(await readFile(stateFile, 'utf8'))).message;
  } catch {
    // Not written yet, or half written: the next look is a minute away.
    return MISSING;
  }
}
