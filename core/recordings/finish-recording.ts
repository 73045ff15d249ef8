import { z } from 'zod';
import { MAX_RECORDING_BYTES } from '#contract/limits.ts';
import type { Actor } from '#core/access/actor.ts';
import { ConflictError, InvalidInputError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { recordingUpdated } from '#core/events/catalogue.ts';
import { transcribe } from '#core/jobs/jobs.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { putFile, readFileRange } from '#core/storage/disk-storage.ts';
import type { Recording } from '#prisma/generated/client/client.ts';
import { findRecording, lockRecording } from './find-recording.ts';
import { partsOf } from './store-part.ts';
import { tellRecording } from './tell-recording.ts';

const PARTS_A_PAGE = 1_000;

const Finish = z.strictObject({
  recordingId: z.string(),
  /** How many parts were sent: one that got lost at the end is noticed by it. */
  partCount: z.int().min(1, 'A recording has one part at least'),
  /** False: later, when somebody asks for it. */
  isTranscribed: z.boolean().default(true),
});

/**
 * Ends an upload: its parts become one file, which is transcribed. Saying it again is no error.
 * @throws InvalidInputError, NotFoundError, ForbiddenError, ConflictError while parts are missing; `current`: the next one's number
 */
export async function finishRecording(core: Core, actor: Actor, input: z.input<typeof Finish>): Promise<Recording> {
  const { recordingId, partCount, isTranscribed } = parseInput(Finish, input);
  const before = await findRecording(core.db, actor, recordingId, 'conversation:write');
  if (before.uploadedAt !== null) return before;
  assertComplete(before, partCount);
  // Outside of the transaction, which it would hold open; two at once write the same.
  const { size, sha256 } = await putFile(
    core.dataDirectory,
    before.storagePath,
    contentOf(core, recordingId),
    MAX_RECORDING_BYTES,
  );
  return inTransaction(core, async (tx) => {
    const recording = await lockRecording(tx, actor, recordingId);
    if (recording.uploadedAt !== null) return recording;
    assertComplete(recording, partCount);
    if (recording.size !== BigInt(size))
      throw new Error(`Expected ${recording.size} bytes of recording ${recordingId}, found ${size}`);
    await tx.db.recordingPart.deleteMany({ where: { recordingId } });
    await tx.db.pendingRemoval.create({ data: { id: newId(), kind: 'folder', subject: partsOf(recording) } });
    const now = await databaseNow(tx.db);
    const finished = await tx.db.recording.update({
      where: { id: recordingId },
      data: {
        sha256,
        uploadedAt: now,
        transcriptionStatus: isTranscribed ? 'queued' : 'none',
        dueAt: isTranscribed ? now : null,
      },
    });
    tellRecording(tx, recordingUpdated, finished);
    if (isTranscribed) tx.enqueue(transcribe, { recordingId });
    return finished;
  });
}

function assertComplete(recording: Recording, partCount: number): void {
  if (partCount < recording.partCount)
    throw new InvalidInputError([
      { path: ['partCount'], message: `More parts have come than that: ${recording.partCount}` },
    ]);
  if (partCount > recording.partCount)
    throw new ConflictError(`Part ${recording.partCount} has not come yet.`, String(recording.partCount));
}

/** Part after part, so that a long recording costs no memory. */
async function* contentOf(core: Core, recordingId: string): AsyncGenerator<Uint8Array> {
  for (let next = 0; ; next += PARTS_A_PAGE) {
    const parts = await core.db.recordingPart.findMany({
      where: { recordingId, number: { gte: next } },
      orderBy: { number: 'asc' },
      take: PARTS_A_PAGE,
    });
    for (const { storagePath } of parts)
      for await (const bytes of readFileRange(core.dataDirectory, storagePath)) yield bytes as Buffer;
    if (parts.length < PARTS_A_PAGE) return;
  }
}
