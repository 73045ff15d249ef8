import type { Actor } from '#core/access/actor.ts';
import { projectScope, requireProject } from '#core/access/permissions.ts';
import type { Permission } from '#core/access/permissions.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import type { Queryable } from '#core/platform/db.ts';
import { isUuid } from '#core/platform/ids.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { Prisma, Recording } from '#prisma/generated/client/client.ts';

/** The recordings an actor may see. */
export function recordingScope(actor: Actor): Prisma.RecordingWhereInput {
  return { project: projectScope(actor) };
}

/** @throws NotFoundError when it is missing or not the actor's, ForbiddenError */
export async function findRecording(
  db: Queryable,
  actor: Actor,
  recordingId: string,
  permission: Permission,
): Promise<Recording> {
  const recording = isUuid(recordingId) ? await db.recording.findUnique({ where: { id: recordingId } }) : null;
  if (!recording) throw new NotFoundError('recording', recordingId);
  await requireProject(db, actor, recording.projectId, permission).catch((error: unknown) => {
    // Whoever may not see the project must not learn that the recording exists.
    throw error instanceof NotFoundError ? new NotFoundError('recording', recordingId) : error;
  });
  return recording;
}

/** Takes a recording for a change: its row stays locked to the end of the transaction. @throws NotFoundError, ForbiddenError */
export async function lockRecording(
  tx: Tx,
  actor: Actor,
  recordingId: string,
  permission: Permission = 'conversation:write',
): Promise<Recording> {
  if (isUuid(recordingId))
    await tx.db.$queryRaw`select 1 from recordings where id = ${recordingId}::uuid for no key update`;
  return findRecording(tx.db, actor, recordingId, permission);
}
