import { useEffect, useRef, useState } from 'react';
import {
  forgetOpen,
  forgetPart,
  holdRecording,
  ifLeft,
  keepOpen,
  keepPart,
  keptParts,
  type KeptPart,
} from './kept-parts.ts';
import { startRecorder, type Recorder } from './recorder.ts';
import { nextPartOf, sendPart } from './send-recording.ts';
import { useRecordingUploads } from './use-send-recording.ts';

export type RecorderState = 'idle' | 'recording' | 'paused' | 'sending';

interface Work {
  recorder: Recorder;
  recordingId: string;
  partCount: number;
  /** Parts are kept and sent one after the other. */
  sent: Promise<void>;
  /** Another page may go on with it. */
  release(): void;
}

/** Records, keeps every part until the server has it, and sends it. */
export function useRecorder(projectId: string, onDone: (recordingId: string) => void) {
  const { create, finish } = useRecordingUploads();
  const [state, setState] = useState<RecorderState>('idle');
  const [level, setLevel] = useState(0);
  const [waiting, setWaiting] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const work = useRef<Work | null>(null);
  const left = useRef(new AbortController());

  // The microphone is let go with the page; what was said is kept, and sent by the next one.
  useEffect(() => {
    const leaving = new AbortController();
    left.current = leaving;
    return () => {
      leaving.abort(new DOMException('The page was left', 'AbortError'));
      void work.current?.recorder.stop();
    };
  }, []);

  const fail = (error: unknown): void => {
    if (left.current.signal.aborted) return;
    void work.current?.recorder.stop();
    work.current?.release();
    work.current = null;
    setState('idle');
    setFailure(error instanceof Error ? error.message : String(error));
  };
  const send = async (part: KeptPart): Promise<void> => {
    await sendPart(part, { signal: left.current.signal, onWaiting: setWaiting });
    await forgetPart(part);
  };
  const stop = async (): Promise<void> => {
    const current = work.current;
    if (!current) return;
    try {
      setState('sending');
      await current.recorder.stop();
      await current.sent;
      await finish(current.recordingId, current.partCount);
      await forgetOpen(current.recordingId);
      current.release();
      work.current = null;
      setState('idle');
      onDone(current.recordingId);
    } catch (error) {
      fail(error);
    }
  };
  const start = async (deviceId: string): Promise<void> => {
    setFailure(null);
    try {
      const early: Blob[] = [];
      const take = (bytes: Blob): void => {
        const current = work.current;
        if (!current) return void early.push(bytes);
        const part = { recordingId: current.recordingId, projectId, number: current.partCount, bytes };
        current.partCount += 1;
        const kept = keepPart(part);
        current.sent = current.sent.then(() => kept).then(() => send(part));
        current.sent.catch(fail);
      };
      const recorder = await startRecorder(deviceId, { onPart: take, onLevel: setLevel, onLost: () => void stop() });
      setState('recording');
      const name = `Recording of ${new Date().toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })}`;
      try {
        const recordingId = await create({ projectId, name, mimeType: recorder.mimeType, size: null });
        const release = holdRecording(recordingId);
        await keepOpen(recordingId, projectId);
        work.current = { recorder, recordingId, partCount: 0, sent: Promise.resolve(), release };
      } catch (error) {
        await recorder.stop();
        throw error;
      }
      early.forEach(take);
    } catch (error) {
      fail(error);
    }
  };
  const pause = (): void => {
    work.current?.recorder.pause();
    setState('paused');
  };
  const resume = (): void => {
    work.current?.recorder.resume();
    setState('recording');
  };
  return { state, level, waiting, failure, start, stop, pause, resume };
}

/** Sends what an earlier page has kept and could not send, and tells how many recordings that were. */
export function useSendKept(
  projectId: string,
  onSent: (count: number) => void,
  onFailure: (why: string) => void,
): void {
  const { finish } = useRecordingUploads();
  const told = useRef({ onSent, onFailure, finish });
  useEffect(() => {
    told.current = { onSent, onFailure, finish };
  });
  useEffect(() => {
    // Where nothing could be recorded, nothing was kept.
    if (!window.isSecureContext) return undefined;
    const left = new AbortController();
    const sendAll = async (): Promise<void> => {
      let count = 0;
      for (const [recordingId, parts] of await keptParts(projectId))
        await ifLeft(recordingId, async () => {
          if (await sendRest(recordingId, parts, left.signal, told.current.finish)) count += 1;
        });
      if (count > 0) told.current.onSent(count);
    };
    sendAll().catch((error: unknown) => {
      if (!left.signal.aborted) told.current.onFailure(error instanceof Error ? error.message : String(error));
    });
    return () => left.abort(new DOMException('The page was left', 'AbortError'));
  }, [projectId]);
}

/** @returns whether there was something to end; a recording that is gone, or has its end, leaves nothing to do */
async function sendRest(
  recordingId: string,
  parts: readonly KeptPart[],
  signal: AbortSignal,
  finish: (recordingId: string, partCount: number) => Promise<void>,
): Promise<boolean> {
  const wanted = await nextPartOf(recordingId);
  for (const part of parts) {
    if (wanted !== null && part.number >= wanted) await sendPart(part, { signal, onWaiting: () => undefined });
    await forgetPart(part);
  }
  const partCount = wanted === null ? null : Math.max(wanted, (parts.at(-1)?.number ?? -1) + 1);
  if (partCount !== null && partCount > 0) await finish(recordingId, partCount);
  await forgetOpen(recordingId);
  return partCount !== null && partCount > 0;
}
