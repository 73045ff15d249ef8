import { CSRF_HEADER } from '#contract/http-names.ts';

const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 10_000;

/** A part that the server will never take: sending it again is of no use. */
export class PartRefusedError extends Error {
  override readonly name = 'PartRefusedError';
}

/**
 * Sends a part of a recording until the server has it: a connection that is away comes back.
 * @param onWaiting told in words why it is not through yet; null when it goes on
 * @throws PartRefusedError, and what the signal was aborted with
 */
export async function sendPart(
  { recordingId, number, bytes }: { recordingId: string; number: number; bytes: Blob },
  { signal, onWaiting }: { signal: AbortSignal; onWaiting(why: string | null): void },
): Promise<void> {
  const sha256 = await sha256Of(bytes);
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(MAX_WAIT_MS, waitMs * 2)) {
    signal.throwIfAborted();
    const why = await tryPart(`/files/recordings/${recordingId}/parts/${number}`, bytes, sha256, signal);
    onWaiting(why);
    if (why === null) return;
    await pause(waitMs, signal);
  }
}

/** The number of the next part that the server wants; null: it knows no such recording any more, or has all of it. */
export async function nextPartOf(recordingId: string): Promise<number | null> {
  const response = await fetch(`/files/recordings/${recordingId}/parts`, { credentials: 'same-origin' });
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`The server did not say how far the recording is (${response.status}).`);
  const upload = (await response.json()) as { nextPart: number; isFinished: boolean };
  return upload.isFinished ? null : upload.nextPart;
}

/** @returns null when the server has it, or why it is to be tried again */
async function tryPart(path: string, body: Blob, sha256: string | null, signal: AbortSignal): Promise<string | null> {
  let response: Response;
  try {
    const headers = { [CSRF_HEADER]: '1', ...(sha256 ? { 'x-overmind-sha256': sha256 } : {}) };
    response = await fetch(path, { method: 'PUT', body, headers, credentials: 'same-origin', signal });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TypeError) return 'No connection: it goes on as soon as there is one.';
    throw error;
  }
  if (response.ok) return null;
  if (response.status >= 500 || response.status === 408 || response.status === 429)
    return 'The server does not answer at the moment: it goes on by itself.';
  const answer = (await response.json()) as { errors?: { message: string }[] };
  throw new PartRefusedError(answer.errors?.[0]?.message ?? `The server refused it (${response.status}).`);
}

/** Null where the browser has no hashes: at an address without https. */
async function sha256Of(bytes: Blob): Promise<string | null> {
  if (!window.isSecureContext) return null;
  const hash = await crypto.subtle.digest('SHA-256', await bytes.arrayBuffer());
  return [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
