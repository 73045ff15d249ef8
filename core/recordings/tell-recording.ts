import type { recordingUpdated } from '#core/events/catalogue.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { Recording } from '#prisma/generated/client/client.ts';

/** Tells open pages of a recording as it stands at the end of a change. */
export function tellRecording(tx: Tx, event: typeof recordingUpdated, recording: Recording): void {
  const {
    id,
    projectId,
    name,
    transcriptionStatus: status,
    transcriptionReason: reason,
    durationMs,
    progress,
  } = recording;
  tx.emit(event, { projectId, entityId: id, patch: { name, status, reason, durationMs, progress } });
}
