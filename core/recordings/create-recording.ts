import { z } from 'zod';
import { id, name } from '#contract/fields.ts';
import { MAX_NAME_CHARS, MAX_RECORDING_BYTES } from '#contract/limits.ts';
import type { Actor } from '#core/access/actor.ts';
import { userIdOf } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { recordingCreated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Recording } from '#prisma/generated/client/client.ts';
import { tellRecording } from './tell-recording.ts';

/** An upload that is not finished by then is removed. */
const UPLOAD_MS = 24 * 3_600_000;

const NewRecording = z.strictObject({
  projectId: id,
  /** Where its transcript is said; null: in the project's newest conversation. */
  conversationId: id.nullable().default(null),
  name: name.max(MAX_NAME_CHARS),
  mimeType: z
    .string()
    .max(100)
    .regex(
      /^(audio|video)\/(webm|ogg|mp4|m4a|x-m4a|aac|wav|x-wav|wave|vnd\.wave|mpeg|mp3)(\s*;.*)?$/i,
      'Send webm, ogg, mp4 (m4a), wav or mp3',
    ),
  /** In bytes; null while it is still being recorded. */
  size: z
    .number()
    .int()
    .min(1)
    .max(MAX_RECORDING_BYTES, `A recording has at most ${MAX_RECORDING_BYTES / 1024 ** 2} MB`)
    .nullable()
    .default(null),
});

/** Opens the upload of a recording; what it is, its first bytes decide. @throws InvalidInputError, NotFoundError, ForbiddenError */
export async function createRecording(
  core: Core,
  actor: Actor,
  input: z.input<typeof NewRecording>,
): Promise<Recording> {
  const { projectId, conversationId, name: called, mimeType } = parseInput(NewRecording, input);
  return inTransaction(core, async (tx) => {
    await requireProject(tx.db, actor, projectId, 'conversation:write');
    if (conversationId !== null) {
      const found = await tx.db.conversation.findFirst({ where: { id: conversationId, projectId } });
      if (!found) throw new NotFoundError('conversation', conversationId);
    }
    const recordingId = newId();
    const recording = await tx.db.recording.create({
      data: {
        id: recordingId,
        projectId,
        conversationId,
        createdByUserId: userIdOf(actor),
        name: called,
        mimeType: mimeType.replace(/\s*;.*$/s, '').toLowerCase(),
        storagePath: `${projectId}/recordings/${recordingId}`,
        dueAt: new Date((await databaseNow(tx.db)).getTime() + UPLOAD_MS),
      },
    });
    tellRecording(tx, recordingCreated, recording);
    return recording;
  });
}
