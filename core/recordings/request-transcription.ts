import { z } from 'zod';
import { label } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { recordingUpdated } from '#core/events/catalogue.ts';
import { transcribe } from '#core/jobs/jobs.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Recording } from '#prisma/generated/client/client.ts';
import { lockRecording } from './find-recording.ts';
import { tellRecording } from './tell-recording.ts';

const Request = z.strictObject({
  recordingId: z.string(),
  /** Null: the one that is set up. */
  engine: label.nullable().default(null),
});

/**
 * Has a recording transcribed: now instead of later, again, or by another engine. What was said of it in the
 * conversation stays as it is.
 * @throws InvalidInputError, NotFoundError, ForbiddenError, ConflictError while it is transcribed, or without its sound
 */
export async function requestTranscription(
  core: Core,
  actor: Actor,
  input: z.input<typeof Request>,
): Promise<Recording> {
  const { recordingId, engine } = parseInput(Request, input);
  return inTransaction(core, async (tx) => {
    const before = await lockRecording(tx, actor, recordingId);
    if (before.uploadedAt === null)
      throw new ConflictError('The upload of this recording is not finished.', 'uploading');
    if (before.removedAt !== null)
      throw new ConflictError('The sound of this recording was removed by retention.', 'removed');
    if (before.transcriptionStatus === 'running')
      throw new ConflictError('This recording is being transcribed at the moment.', 'running');
    const recording = await tx.db.recording.update({
      where: { id: recordingId },
      data: {
        transcriptionStatus: 'queued',
        transcriptionReason: null,
        engine,
        attempt: 0,
        progress: 0,
        dueAt: await databaseNow(tx.db),
      },
    });
    tellRecording(tx, recordingUpdated, recording);
    tx.enqueue(transcribe, { recordingId });
    return recording;
  });
}
