import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Actor } from '#core/access/actor.ts';
import { projectScope } from '#core/access/permissions.ts';
import {
  ConflictError,
  DomainError,
  ExpectedPartError,
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  PayloadTooLargeError,
  UnsupportedMediaTypeError,
} from '#core/errors/errors.ts';
import { MAX_RECORDING_PART_BYTES } from '#contract/limits.ts';
import type { Core } from '#core/platform/core.ts';
import { readUpload, storePart } from '#core/recordings/store-part.ts';
import type { Upload } from '#core/recordings/store-part.ts';
import { refuse } from './body.ts';
import { removedWords, serveStored } from './files.ts';

/** The SHA-256 of a part's bytes in hex, from a sender that can compute it: pages without https can not. */
const SHA256_HEADER = 'x-overmind-sha256';

const STATUSES = [
  [NotFoundError, 404],
  [ForbiddenError, 403],
  [InvalidInputError, 400],
  [ConflictError, 409],
  [ExpectedPartError, 409],
  [PayloadTooLargeError, 413],
  [UnsupportedMediaTypeError, 415],
] as const;

/** `/files/recordings/{id}`, its sound, and below it `/parts` (how far its upload is) and `/parts/{number}` (PUT: the next part). */
export const RECORDING_PATH = /^\/files\/recordings\/([0-9a-f-]{36})(\/parts(?:\/(\d{1,7}))?)?$/;

/**
 * Serves what belongs to a recording that is no GraphQL.
 * @param isTrusted whether one of our own pages, or a program, has made this request
 */
export async function serveRecording(
  core: Core,
  actor: Actor | null,
  request: IncomingMessage,
  response: ServerResponse,
  [, id = '', parts, number]: RegExpExecArray,
  isTrusted: boolean,
): Promise<void> {
  if (actor?.kind !== 'user') return refuse(response, 401, 'UNAUTHENTICATED', 'Sign in first.');
  const isWrite = number !== undefined;
  if (isWrite ? request.method !== 'PUT' : request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'BAD_USER_INPUT', 'Parts are written with PUT, everything else is read with GET.');
  if (isWrite && !isTrusted)
    return refuse(response, 403, 'CSRF_REJECTED', 'A part is sent from a page of this origin, or with a token.');
  if (!parts) return serveSound(core, actor, request, response, id);
  if (isWrite && Number(request.headers['content-length'] ?? 0) > MAX_RECORDING_PART_BYTES)
    return refuse(response, 413, 'PAYLOAD_TOO_LARGE', `A part has at most ${MAX_RECORDING_PART_BYTES} bytes.`, {
      limit: MAX_RECORDING_PART_BYTES,
    });
  try {
    const sha256 = request.headers[SHA256_HEADER];
    const upload = isWrite
      ? await storePart(
          core,
          actor,
          { recordingId: id, number: Number(number), sha256: typeof sha256 === 'string' ? sha256 : null },
          request as AsyncIterable<Buffer>,
        )
      : await readUpload(core, actor, id);
    answerUpload(response, upload);
  } catch (error) {
    const status = STATUSES.find(([type]) => error instanceof type)?.[1];
    if (!(error instanceof DomainError) || status === undefined) throw error;
    refuse(response, status, error.code, error.message, error.extra());
  }
}

async function serveSound(
  core: Core,
  actor: Actor,
  request: IncomingMessage,
  response: ServerResponse,
  id: string,
): Promise<void> {
  const recording = await core.db.recording.findFirst({ where: { id, project: projectScope(actor) } });
  if (!recording || recording.uploadedAt === null)
    return refuse(response, 404, 'NOT_FOUND', 'There is no such recording.');
  if (recording.removedAt)
    return refuse(response, 410, 'NOT_FOUND', removedWords('The recording', recording.removedAt));
  await serveStored(core, request, response, recording);
}

function answerUpload(response: ServerResponse, upload: Upload): void {
  response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' });
  response.end(JSON.stringify(upload));
}
