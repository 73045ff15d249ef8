import { z } from 'zod';
import { SPEECH_FAILURES } from '#core/recordings/speech-engine.ts';

/** What the child is to hear, one after the other. */
export const SpeechJob = z.strictObject({
  file: z.string(),
  /** The program that decodes. */
  ffmpeg: z.string(),
  /** The folder with encoder.onnx, decoder.onnx, tokens.txt and silero_vad.onnx. */
  models: z.string(),
});
export type SpeechJob = z.infer<typeof SpeechJob>;

const segment = z.strictObject({ startMs: z.number().min(0), endMs: z.number().min(0), text: z.string() });

/** What the child says while it works, and at the end of a job. */
export const SpeechReport = z.discriminatedUnion('type', [
  /** `fraction` is null where it is not known; saying so tells that it lives. */
  z.strictObject({ type: z.literal('progress'), fraction: z.number().min(0).max(1).nullable() }),
  z.strictObject({ type: z.literal('heard'), segments: z.array(segment), durationMs: z.number().min(0) }),
  z.strictObject({ type: z.literal('failed'), code: z.enum(SPEECH_FAILURES), message: z.string() }),
]);
export type SpeechReport = z.infer<typeof SpeechReport>;

/** A failure with a code, as the interface asks for. */
export class SpeechError extends Error {
  override readonly name = 'SpeechError';
  constructor(
    readonly code: (typeof SPEECH_FAILURES)[number],
    message: string,
  ) {
    super(message);
  }
}
