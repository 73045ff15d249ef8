import { transcribe } from '#core/jobs/jobs.ts';
import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { removeRecording } from './delete-recording.ts';

const A_BATCH = 100;
/** Longer than a wake-up takes that was not lost. */
const IS_DUE = `r.due_at < now() - interval '2 seconds'`;

/**
 * Finds what nobody does: transcriptions whose wake-up was lost, whose worker died, whose engine may be there by now; and
 * uploads that were given up, which are removed.
 * @param work transcribes one; without Redis, and when the queue has had half a minute for it, it is done here
 */
export async function sweepRecordings(core: Core, work: (recordingId: string) => Promise<void>): Promise<void> {
  const { rows } = await core.pool.query<{ id: string; is_uploaded: boolean; is_overdue: boolean }>({
    name: 'recordings_due',
    text: `select r.id, r.uploaded_at is not null as is_uploaded, r.due_at < now() - interval '30 seconds' as is_overdue
             from recordings r join projects p on p.id = r.project_id
            where ${IS_DUE} and p.deleting_at is null order by r.due_at limit ${A_BATCH}`,
  });
  await eachAlone(core, 'to go on with a recording', rows, ({ id, is_uploaded: isUploaded, is_overdue: isOverdue }) => {
    if (!isUploaded) return removeAbandoned(core, id);
    return core.bus.isConnected() && !isOverdue ? core.queues.add(transcribe, { recordingId: id }) : work(id);
  });
}

/** An upload that goes on at this moment is finished, or finds nothing to go on with. */
async function removeAbandoned(core: Core, recordingId: string): Promise<void> {
  await inTransaction(core, async (tx) => {
    await tx.db.$queryRaw`select 1 from recordings where id = ${recordingId}::uuid for update`;
    const recording = await tx.db.recording.findUnique({ where: { id: recordingId } });
    if (recording?.uploadedAt === null) await removeRecording(tx, recording);
  });
}
