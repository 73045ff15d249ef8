import { z } from 'zod';
import type { Actor } from '#core/access/actor.ts';
import { userIdOf } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { recordingDeleted } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { Recording } from '#prisma/generated/client/client.ts';
import { findRecording, lockRecording } from './find-recording.ts';
import { partsOf } from './store-part.ts';

const Input = z.strictObject({ recordingId: z.string() });

/**
 * Deletes a recording with its sound and its transcript; what was said in the conversation stays there. For who made it, and for owners.
 * @throws NotFoundError, ForbiddenError
 */
export async function deleteRecording(core: Core, actor: Actor, input: z.input<typeof Input>): Promise<Recording> {
  const { recordingId } = parseInput(Input, input);
  return inTransaction(core, async (tx) => {
    const { id, projectId, createdByUserId } = await findRecording(tx.db, actor, recordingId, 'conversation:write');
    if (createdByUserId === null || createdByUserId !== userIdOf(actor))
      await requireProject(tx.db, actor, projectId, 'task:delete');
    // Before the recording, as whoever reads the message does.
    await tx.db.$queryRaw`select 1 from messages where recording_id = ${id}::uuid for no key update`;
    const recording = await lockRecording(tx, actor, id);
    await removeRecording(tx, recording);
    return recording;
  });
}

/** Removes the row; its files go after the commit. */
export async function removeRecording(tx: Tx, { id, projectId, storagePath }: Recording): Promise<void> {
  await tx.db.pendingRemoval.createMany({
    data: [
      { id: newId(), kind: 'file', subject: storagePath },
      { id: newId(), kind: 'folder', subject: partsOf({ storagePath }) },
    ],
  });
  await tx.db.recording.delete({ where: { id } });
  tx.emit(recordingDeleted, { projectId, entityId: id, patch: {} });
}
