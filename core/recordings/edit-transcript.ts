import { z } from 'zod';
import { MAX_TRANSCRIPT_CHARS } from '#contract/limits.ts';
import type { Actor } from '#core/access/actor.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { recordingUpdated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Recording } from '#prisma/generated/client/client.ts';
import { lockRecording } from './find-recording.ts';
import { tellRecording } from './tell-recording.ts';

const Edit = z.strictObject({
  recordingId: z.string(),
  text: z
    .string()
    .max(MAX_TRANSCRIPT_CHARS, `A transcript has at most ${MAX_TRANSCRIPT_CHARS} characters`)
    .regex(/^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]*$/, 'A transcript has no control characters')
    .refine((text) => text.trim().length > 0, 'A transcript needs some text'),
});

/**
 * Corrects a transcript. The timed segments stay as they were heard, and nothing is said again in the conversation.
 * @throws InvalidInputError, NotFoundError, ForbiddenError, ConflictError while it is being transcribed
 */
export async function editTranscript(core: Core, actor: Actor, input: z.input<typeof Edit>): Promise<Recording> {
  const { recordingId, text } = parseInput(Edit, input);
  return inTransaction(core, async (tx) => {
    const before = await lockRecording(tx, actor, recordingId);
    if (before.transcriptText === null) throw new ConflictError('There is no transcript to edit yet.');
    if (before.transcriptionStatus === 'running' || before.transcriptionStatus === 'queued')
      throw new ConflictError('This recording is being transcribed again, which would replace the edit.');
    const recording = await tx.db.recording.update({
      where: { id: recordingId },
      data: { transcriptText: text, editedAt: await databaseNow(tx.db) },
    });
    tellRecording(tx, recordingUpdated, recording);
    return recording;
  });
}
