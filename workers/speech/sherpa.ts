import { createRequire } from 'node:module';
import path from 'node:path';
import { SAMPLE_RATE } from './decode.ts';

/** Its types lack the decoder that Moonshine has since it is one file; this is what we use of it. */
interface Sherpa {
  OfflineRecognizer: new (config: object) => Recognizer;
  Vad: new (config: object, bufferSeconds: number) => Vad;
}
interface Stream {
  acceptWaveform(wave: { sampleRate: number; samples: Float32Array }): void;
}
interface Recognizer {
  createStream(): Stream;
  decodeAsync(stream: Stream): Promise<{ text: string }>;
}
export interface Vad {
  acceptWaveform(samples: Float32Array): void;
  isEmpty(): boolean;
  front(enableExternalBuffer: boolean): { start: number; samples: Float32Array };
  pop(): void;
  flush(): void;
}

const THREADS = 2;
const BUFFER_SECONDS = 60;
/** @source tried with speech, noise and silence: what is shorter than 0.2 s is no word, 0.7 s is a pause between sentences */
const SILERO = { threshold: 0.5, minSpeechDuration: 0.2, minSilenceDuration: 0.7, maxSpeechDuration: 12 };
/** So many samples it looks at together. */
export const VAD_WINDOW = 512;

export interface Models {
  newVad(): Vad;
  /** @returns the words; empty when it finds none */
  recognise(samples: Float32Array): Promise<string>;
}

/** Loads a native library and the models of a folder into this process, which a broken one of them ends. */
export function loadModels(folder: string): Models {
  const sherpa = createRequire(import.meta.url)('sherpa-onnx-node') as Sherpa;
  const at = (name: string): string => path.join(folder, name);
  const recognizer = new sherpa.OfflineRecognizer({
    featConfig: { sampleRate: SAMPLE_RATE, featureDim: 80 },
    modelConfig: {
      moonshine: { encoder: at('encoder.onnx'), mergedDecoder: at('decoder.onnx') },
      tokens: at('tokens.txt'),
      numThreads: THREADS,
      provider: 'cpu',
      debug: 0,
    },
  });
  return {
    newVad: () =>
      new sherpa.Vad(
        {
          sileroVad: { model: at('silero_vad.onnx'), windowSize: VAD_WINDOW, ...SILERO },
          sampleRate: SAMPLE_RATE,
          numThreads: 1,
          debug: 0,
        },
        BUFFER_SECONDS,
      ),
    async recognise(samples) {
      const stream = recognizer.createStream();
      stream.acceptWaveform({ sampleRate: SAMPLE_RATE, samples });
      return (await recognizer.decodeAsync(stream)).text.trim();
    },
  };
}
