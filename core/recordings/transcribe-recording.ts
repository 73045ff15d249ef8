import { cutText } from '#contract/cut-text.ts';
import { MAX_SEGMENTS, MAX_TRANSCRIPT_CHARS } from '#contract/limits.ts';
import { recordingTranscribed, recordingUpdated } from '#core/events/catalogue.ts';
import { storableText } from '#core/errors/storable-text.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { filePathOf } from '#core/storage/disk-storage.ts';
import type { Recording } from '#prisma/generated/client/client.ts';
import { sayTranscript } from './say-transcript.ts';
import { isSpeechFailure } from './speech-engine.ts';
import type { SpeechEngines, Transcript } from './speech-engine.ts';
import { tellRecording } from './tell-recording.ts';
import { keepLease, LeaseGoneError, takeRecording } from './transcription-lease.ts';
import type { TakenRecording } from './transcription-lease.ts';

const MAX_ATTEMPTS = 3;
/** An engine has its own, by the length of the sound; this is for one that does not keep to it. */
const TIMEOUT_MS = 2 * 3_600_000;
const ENGINE_AGAIN_MS = 60_000;
const FAILED_AGAIN_MS = 10_000;
const LANGUAGE = 'en';

export interface TranscribeOptions {
  engines: SpeechEngines;
  /** Aborts when this process is to end: what it works on goes back to the others. */
  stop: AbortSignal;
}

/**
 * Transcribes a recording that waits for it. The row is the job: whoever is told of it twice, or too late, finds
 * nothing to do. The transcript is said in the conversation in the transaction that stores it.
 */
export async function transcribeRecording(
  core: Core,
  recordingId: string,
  { engines, stop }: TranscribeOptions,
): Promise<void> {
  if (stop.aborted) return;
  const recording = await takeRecording(core, recordingId);
  if (!recording) return;
  // A sound that ends the process that hears it would be heard for ever.
  if (recording.attempt > MAX_ATTEMPTS)
    return end(core, recording, {
      transcriptionStatus: 'failed',
      transcriptionReason: `It was begun ${MAX_ATTEMPTS} times, and its worker ended each time. The server's log has more.`,
    });
  const lease = keepLease(core, recording);
  const late = AbortSignal.timeout(TIMEOUT_MS);
  const signal = AbortSignal.any([stop, late, lease.signal]);
  try {
    const engine = engines.engineNamed(recording.engine);
    if (!engine) return await waitForEngine(core, recording, noEngine(recording.engine));
    const transcript = await untilAborted(
      engine.transcribe({
        file: filePathOf(core.dataDirectory, recording.storagePath),
        language: LANGUAGE,
        signal,
        onProgress: lease.report,
      }),
      signal,
    );
    await keepTranscript(core, recording, transcript, engine.name);
  } catch (error) {
    if (lease.signal.aborted || error instanceof LeaseGoneError) return;
    // This process ends, which is no fault of the recording.
    if (stop.aborted) return await putBack(core, recording, 0, recording.attempt - 1);
    await fail(core, recording, late.aborted ? timedOut() : error);
  } finally {
    lease.end();
  }
}

const noEngine = (name: string | null): string =>
  name === null
    ? 'No speech engine is set up on this server. The recording is kept, and transcribed when there is one.'
    : `There is no speech engine ${name} on this server. Set it up, or transcribe the recording with another one.`;

/** An engine that does not hear its signal may not hold the worker. */
function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    if (signal.aborted) reject(signal.reason as Error);
    work.then(resolve, reject);
  });
}

const timedOut = (): Error =>
  Object.assign(new Error('It took too long. Try it with another engine, or in shorter recordings.'), {
    code: 'timed_out' as const,
  });

async function fail(core: Core, recording: TakenRecording, error: unknown): Promise<void> {
  const code = isSpeechFailure(error) ? error.code : 'engine_failed';
  const words = isSpeechFailure(error) ? error.message : "The engine failed. The server's log has more.";
  core.logger.warn({ err: error, recordingId: recording.id, attempt: recording.attempt }, 'A transcription failed');
  if (code === 'engine_unavailable') return waitForEngine(core, recording, words);
  // The same sound is not readable, nor shorter, a second time.
  if (code === 'unreadable_audio' || code === 'too_long' || recording.attempt >= MAX_ATTEMPTS)
    return end(core, recording, { transcriptionStatus: 'failed', transcriptionReason: cutText(words, 1_000, '…') });
  await putBack(core, recording, FAILED_AGAIN_MS * 2 ** (recording.attempt - 1), recording.attempt);
}

async function keepTranscript(core: Core, recording: Recording, heard: Transcript, engine: string): Promise<void> {
  if (heard.status === 'no_speech')
    return end(core, recording, { transcriptionStatus: 'no_speech', durationMs: Math.round(heard.durationMs), engine });
  const segments = heard.segments
    .slice(0, MAX_SEGMENTS)
    .map(({ startMs, endMs, text }) => ({ startMs: Math.round(startMs), endMs: Math.round(endMs), text: plain(text) }));
  await end(core, recording, {
    transcriptionStatus: 'completed',
    transcriptText: cutText(plain(heard.text), MAX_TRANSCRIPT_CHARS),
    transcriptJson: segments,
    language: heard.language,
    durationMs: Math.round(heard.durationMs),
    editedAt: null,
    engine,
  });
}

/** As it can be stored, and without characters that control anything: search marks its finds with such. */
const plain = (text: string): string =>
  storableText(text)
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, ' ')
    .trim();

type End = Pick<Recording, 'transcriptionStatus'> &
  Partial<
    Pick<Recording, 'transcriptionReason' | 'transcriptText' | 'language' | 'durationMs' | 'editedAt' | 'engine'>
  > & {
    transcriptJson?: { startMs: number; endMs: number; text: string }[];
  };

/** What came of it, if the recording is still ours. */
async function end(core: Core, { id, leaseToken }: Recording, result: End): Promise<void> {
  await inTransaction(core, async (tx) => {
    const { count } = await tx.db.recording.updateMany({
      where: { id, leaseToken },
      data: { ...result, leaseToken: null, dueAt: null, attempt: 0, progress: 100 },
    });
    if (count === 0) return;
    const recording = await tx.db.recording.findUniqueOrThrow({ where: { id } });
    const isTranscribed = recording.transcriptionStatus === 'completed';
    tellRecording(tx, isTranscribed ? recordingTranscribed : recordingUpdated, recording);
    if (isTranscribed) await sayTranscript(tx, recording);
  });
}

async function waitForEngine(core: Core, recording: TakenRecording, reason: string): Promise<void> {
  await wait(core, recording, { status: 'engine_unavailable', reason, ms: ENGINE_AGAIN_MS, attempt: 0 });
}

async function putBack(core: Core, recording: TakenRecording, ms: number, attempt: number): Promise<void> {
  await wait(core, recording, { status: 'queued', reason: null, ms, attempt });
}

async function wait(
  core: Core,
  { id, leaseToken, waitedBecause }: TakenRecording,
  {
    status,
    reason,
    ms,
    attempt,
  }: { status: 'queued' | 'engine_unavailable'; reason: string | null; ms: number; attempt: number },
): Promise<void> {
  await inTransaction(core, async (tx) => {
    const waits = await tx.db.$executeRaw`
      update recordings set transcription_status = ${status}::transcription_status, transcription_reason = ${reason}, attempt = ${attempt},
             progress = 0, lease_token = null, due_at = clock_timestamp() + make_interval(secs => ${ms / 1_000}::float8)
       where id = ${id}::uuid and lease_token = ${leaseToken}::uuid`;
    // It is looked for an engine again and again: open pages hear of it when something has changed.
    if (waits === 0 || (status === 'engine_unavailable' && reason === waitedBecause)) return;
    tellRecording(tx, recordingUpdated, await tx.db.recording.findUniqueOrThrow({ where: { id } }));
  });
}
