import { z } from 'zod';
import { MAX_RECORDING_BYTES, MAX_RECORDING_PART_BYTES } from '#contract/limits.ts';
import type { Actor } from '#core/access/actor.ts';
import {
  ConflictError,
  DomainError,
  ExpectedPartError,
  InvalidInputError,
  PayloadTooLargeError,
  UnsupportedMediaTypeError,
} from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { putFile, readFileRange, removeFile } from '#core/storage/disk-storage.ts';
import type { Recording } from '#prisma/generated/client/client.ts';
import { findRecording, lockRecording } from './find-recording.ts';
import { sniffAudio, SNIFFED_BYTES } from './sniff-audio.ts';
import type { AudioType } from './sniff-audio.ts';

const Part = z.strictObject({
  recordingId: z.string(),
  number: z.int().min(0).max(1_000_000),
  /** Of its bytes, in hex, as the sender has computed it; null: the sender can not. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'The SHA-256 of the part, in hex')
    .nullable(),
});

/** How far an upload is. */
export interface Upload {
  /** The number of the next part. */
  nextPart: number;
  bytes: number;
  isFinished: boolean;
}

/** @throws NotFoundError, ForbiddenError */
export async function readUpload(core: Core, actor: Actor, recordingId: string): Promise<Upload> {
  return uploadOf(await findRecording(core.db, actor, recordingId, 'conversation:write'));
}

/**
 * Stores a part of an upload. The same part again stores nothing more and is no error.
 * @throws ExpectedPartError for a gap, ConflictError for a part that came with other bytes before or comes too late,
 *   UnsupportedMediaTypeError when a first part is none of the kinds of sound, PayloadTooLargeError, InvalidInputError
 */
export async function storePart(
  core: Core,
  actor: Actor,
  input: z.input<typeof Part>,
  content: AsyncIterable<Uint8Array>,
): Promise<Upload> {
  const part = parseInput(Part, input);
  const before = await findRecording(core.db, actor, part.recordingId, 'conversation:write');
  // Nothing is written for what can not be taken.
  if (part.number > before.partCount) throw new ExpectedPartError(before.partCount);
  const storagePath = `${partsOf(before)}/${part.number}-${newId()}`;
  const stored = await putFile(core.dataDirectory, storagePath, content, MAX_RECORDING_PART_BYTES);
  let isUnneeded = true;
  try {
    if (stored.size === 0) throw new InvalidInputError([{ path: ['part'], message: 'A part has some bytes' }]);
    if (part.sha256 !== null && part.sha256 !== stored.sha256)
      throw new InvalidInputError([{ path: ['sha256'], message: 'The part has changed on its way: send it again' }]);
    const type = part.number === 0 ? await typeOf(core, storagePath) : null;
    return await inTransaction(core, async (tx) => {
      const recording = await lockRecording(tx, actor, part.recordingId);
      const same = await tx.db.recordingPart.findUnique({
        where: { recordingId_number: { recordingId: recording.id, number: part.number } },
      });
      if (same?.sha256 === stored.sha256) return uploadOf(recording);
      if (recording.uploadedAt !== null) throw new ConflictError('This upload has been finished.');
      if (same) throw new ConflictError(`Part ${part.number} came with other bytes before.`);
      if (part.number !== recording.partCount) throw new ExpectedPartError(recording.partCount);
      const size = Number(recording.size) + stored.size;
      if (size > MAX_RECORDING_BYTES)
        throw new PayloadTooLargeError(
          `A recording has at most ${MAX_RECORDING_BYTES / 1024 ** 2} MB.`,
          MAX_RECORDING_BYTES,
        );
      await tx.db.recordingPart.create({
        data: { recordingId: recording.id, number: part.number, ...stored, storagePath },
      });
      isUnneeded = false;
      return uploadOf(
        await tx.db.recording.update({
          where: { id: recording.id },
          data: { partCount: part.number + 1, size, ...(type ? { mimeType: type } : {}) },
        }),
      );
    });
  } catch (error) {
    // Whether a transaction that broke off was committed nobody knows; its file goes with the folder.
    isUnneeded = error instanceof DomainError;
    throw error;
  } finally {
    if (isUnneeded) await removeFile(core.dataDirectory, storagePath);
  }
}

/** The folder of an upload's parts; it goes as a whole. */
export function partsOf(recording: Pick<Recording, 'storagePath'>): string {
  return `${recording.storagePath}.parts`;
}

async function typeOf(core: Core, storagePath: string): Promise<AudioType> {
  const start: Buffer[] = [];
  for await (const bytes of readFileRange(core.dataDirectory, storagePath, { start: 0, end: SNIFFED_BYTES - 1 }))
    start.push(bytes as Buffer);
  const type = sniffAudio(Buffer.concat(start));
  if (type === null)
    throw new UnsupportedMediaTypeError('This is no sound that can be read. Send webm, ogg, mp4 (m4a), wav or mp3.');
  return type;
}

function uploadOf({ partCount, size, uploadedAt }: Recording): Upload {
  return { nextPart: partCount, bytes: Number(size), isFinished: uploadedAt !== null };
}
