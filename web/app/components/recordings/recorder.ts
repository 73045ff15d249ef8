/** What browsers record, the best for speech first. */
const TYPES = ['audio/webm;codecs=opus', 'audio/ogg;codecs=opus', 'audio/mp4'];
/** What a page that falls down may lose. */
const PART_MS = 2_000;
const BITS_PER_SECOND = 32_000;

/** Why there is no recording, in words, with what to do. */
export class NoMicrophoneError extends Error {
  override readonly name = 'NoMicrophoneError';
}

/** Why this browser can not record at this address; null: it can. */
export function whyNoRecording(): string | null {
  if (!window.isSecureContext)
    return 'Browsers give the microphone to pages with https, or on this machine itself, alone. Open this page that way, or upload a recording.';
  if (!('MediaRecorder' in window) || !TYPES.some((type) => MediaRecorder.isTypeSupported(type)))
    return 'This browser can not record. Use another one, or upload a recording.';
  return null;
}

export interface RecorderEvents {
  onPart(bytes: Blob): void;
  /** How loud it is, from 0 to 1, many times a second. */
  onLevel(level: number): void;
  /** The microphone was pulled out. */
  onLost(): void;
}

export interface Recorder {
  mimeType: string;
  pause(): void;
  resume(): void;
  /** Ends the recording, after its last part. */
  stop(): Promise<void>;
}

/** Begins to record. @param deviceId empty: the one that the browser chooses @throws NoMicrophoneError */
export async function startRecorder(deviceId: string, events: RecorderEvents): Promise<Recorder> {
  const stream = await openMicrophone(deviceId);
  const mimeType = TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? '';
  const recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: BITS_PER_SECOND });
  const stopMeter = measure(stream, events.onLevel);
  recorder.ondataavailable = ({ data }) => {
    if (data.size > 0) events.onPart(data);
  };
  const stopped = new Promise<void>((resolve) => {
    recorder.onstop = () => {
      stopMeter();
      stream.getTracks().forEach((track) => track.stop());
      resolve();
    };
  });
  stream.getAudioTracks()[0]?.addEventListener('ended', events.onLost);
  recorder.start(PART_MS);
  return {
    mimeType,
    pause: () => recorder.pause(),
    resume: () => recorder.resume(),
    stop() {
      if (recorder.state !== 'inactive') recorder.stop();
      return stopped;
    },
  };
}

async function openMicrophone(deviceId: string): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: deviceId === '' ? true : { deviceId: { exact: deviceId } },
    });
  } catch (error) {
    const name = error instanceof DOMException ? error.name : '';
    if (name === 'NotAllowedError')
      throw new NoMicrophoneError(
        'The browser does not let this page use the microphone. Allow it beside the address, then try again, or upload a recording.',
        { cause: error },
      );
    if (name === 'NotFoundError' || name === 'OverconstrainedError')
      throw new NoMicrophoneError(
        'There is no such microphone. Connect one, or choose another, or upload a recording.',
        {
          cause: error,
        },
      );
    if (name === 'NotReadableError')
      throw new NoMicrophoneError('Another program uses the microphone. End that, then try again.', { cause: error });
    throw error;
  }
}

/** @returns ends it */
function measure(stream: MediaStream, onLevel: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let frame = 0;
  const look = (): void => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    // From -60 dB, which is a quiet room, to 0.
    onLevel(Math.min(1, Math.max(0, 1 + (10 * Math.log10(power + 1e-9)) / 60)));
    frame = requestAnimationFrame(look);
  };
  look();
  return () => {
    cancelAnimationFrame(frame);
    void context.close();
  };
}

/** The microphones that there are; they have names once the person has allowed one. */
export async function microphones(): Promise<{ id: string; name: string }[]> {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== '')
    .map(({ deviceId, label }, i) => ({ id: deviceId, name: label || `Microphone ${i + 1}` }));
}
