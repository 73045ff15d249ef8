/** What turns a recording into text. The worker is given some; which there are, its configuration says. */
export interface SpeechEngine {
  readonly name: string;
  /** @throws SpeechFailure, or what the signal was aborted with */
  transcribe(job: {
    /** Absolute, in any container. */
    file: string;
    /** As in BCP 47: "en". */
    language: string;
    signal: AbortSignal;
    /** Told how much is done, from 0 to 1. */
    onProgress?(fraction: number): void;
  }): Promise<Transcript>;
}

export type Transcript =
  | { status: 'done'; text: string; segments: Segment[]; language: string; durationMs: number }
  | { status: 'no_speech'; durationMs: number };

export interface Segment {
  startMs: number;
  endMs: number;
  text: string;
}

/** The engines of a worker. */
export interface SpeechEngines {
  /** @param name null: the one that is set up; @returns null when there is none of that name */
  engineNamed(name: string | null): SpeechEngine | null;
}

export const SPEECH_FAILURES = [
  'engine_unavailable',
  'unreadable_audio',
  'too_long',
  'timed_out',
  'engine_failed',
] as const;
export type SpeechFailureCode = (typeof SPEECH_FAILURES)[number];

/** Why an engine has no transcript: its code, and a sentence for people that says what to do. */
export interface SpeechFailure extends Error {
  code: SpeechFailureCode;
}

export function isSpeechFailure(error: unknown): error is SpeechFailure {
  return error instanceof Error && 'code' in error && (SPEECH_FAILURES as readonly unknown[]).includes(error.code);
}

/** Recordings are kept, and transcribed by a later version of this worker's configuration. */
export const NO_ENGINES: SpeechEngines = { engineNamed: () => null };
