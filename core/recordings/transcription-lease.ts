import { recordingProgressed, recordingUpdated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Recording } from '#prisma/generated/client/client.ts';
import { tellRecording } from './tell-recording.ts';

/** A transcription whose worker is silent for so long is another one's. */
export const TRANSCRIPTION_LEASE_MS = 30_000;
const RENEW_MS = 5_000;

/** A recording that is ours to transcribe. */
export interface TakenRecording extends Recording {
  /** Of one that waited for an engine: why. Nobody was told that it was taken, as it may go on waiting. */
  waitedBecause: string | null;
}

/**
 * Takes a recording that waits to be transcribed, or whose worker is gone.
 * @returns null: there is nothing to do, or somebody else does it
 */
export async function takeRecording(core: Core, recordingId: string): Promise<TakenRecording | null> {
  return inTransaction(core, async (tx) => {
    const before = await tx.db.recording.findUnique({ where: { id: recordingId } });
    const taken = await tx.db.$executeRaw`
      update recordings
         set transcription_status = 'running', transcription_reason = null, attempt = attempt + 1, progress = 0,
             lease_token = ${newId()}::uuid, due_at = clock_timestamp() + make_interval(secs => ${TRANSCRIPTION_LEASE_MS / 1_000}::float8)
       where id = ${recordingId}::uuid and uploaded_at is not null and removed_at is null and due_at <= clock_timestamp()
         and transcription_status in ('queued', 'running', 'engine_unavailable')
         and exists (select 1 from projects p where p.id = project_id and p.deleting_at is null)`;
    if (taken === 0) return null;
    const recording = await tx.db.recording.findUniqueOrThrow({ where: { id: recordingId } });
    const waitedBecause = before?.transcriptionStatus === 'engine_unavailable' ? before.transcriptionReason : null;
    if (waitedBecause === null) tellRecording(tx, recordingUpdated, recording);
    return { ...recording, waitedBecause };
  });
}

export interface TranscriptionLease {
  /** Aborts when the recording is somebody else's, or gone. */
  signal: AbortSignal;
  /** @param fraction from 0 to 1 */
  report(fraction: number): void;
  end(): void;
}

/** Renews a lease until its end, and tells with it how far the work is. */
export function keepLease(core: Core, recording: TakenRecording): TranscriptionLease {
  const { id, projectId, leaseToken } = recording;
  const lost = new AbortController();
  let progress = 0;
  let told = recording.waitedBecause === null ? 0 : null;
  const renew = async (): Promise<void> => {
    const { rowCount } = await core.pool.query({
      name: 'renew_transcription',
      text: `update recordings set due_at = clock_timestamp() + make_interval(secs => $3::float8 / 1000), progress = $4
              where id = $1 and lease_token = $2`,
      values: [id, leaseToken, TRANSCRIPTION_LEASE_MS, progress],
    });
    if (rowCount === 0) return lost.abort(new LeaseGoneError(id));
    if (progress === told) return;
    const isFirst = told === null;
    told = progress;
    await inTransaction(core, (tx) => {
      if (isFirst) tellRecording(tx, recordingUpdated, { ...recording, progress });
      else tx.emit(recordingProgressed, { projectId, entityId: id, patch: { progress } });
      return Promise.resolve();
    });
  };
  const timer = setInterval(() => {
    renew().catch((error: unknown) =>
      core.logger.warn({ err: error, recordingId: id }, 'A lease was not renewed; it is tried again until it ends'),
    );
  }, RENEW_MS);
  return {
    signal: lost.signal,
    report: (fraction) => void (progress = Math.max(progress, Math.min(99, Math.floor(fraction * 100)))),
    end: () => clearInterval(timer),
  };
}

/** The recording was deleted meanwhile, or another worker has it. */
export class LeaseGoneError extends Error {
  override readonly name = 'LeaseGoneError';
  constructor(recordingId: string) {
    super(`The transcription of ${recordingId} is no longer ours`);
  }
}
