import { z } from 'zod';
import { ARTIFACT_KINDS } from '#contract/enums.ts';
import { MAX_DIFF_BYTES } from '#contract/limits.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { LeaseLostError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { artifactCreated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { isLive, requireLeasedRun } from '#core/runs/run-rows.ts';
import { putFile } from '#core/storage/disk-storage.ts';
import { appendTaskEvent } from '#core/tasks/append-task-event.ts';
import type { Artifact } from '#prisma/generated/client/client.ts';

const NewArtifact = z.strictObject({
  runId: z.uuid(),
  leaseToken: z.string().max(200),
  kind: z.enum(ARTIFACT_KINDS),
  /** A display name; where the file lies is made from ids. */
  name: z.string().min(1).max(255),
  metadata: z.record(z.string().max(64), z.union([z.string().max(2_000), z.number(), z.boolean(), z.null()])).default({}),
});

/** What may be stored, by kind; anything is downloaded as an attachment, never shown by the browser itself. */
const MIME_TYPES = { diff: 'text/x-diff', patch: 'text/x-diff', report: 'text/plain', test_results: 'application/octet-stream', screenshot: 'image/png' } as const;

/**
 * Stores a file a run has made. The same kind and name again replaces nothing: it answers with what is there.
 * @throws LeaseLostError, PayloadTooLargeError, InvalidInputError
 */
export async function uploadArtifact(
  core: Core, actor: RunnerActor, input: z.input<typeof NewArtifact>, content: AsyncIterable<Uint8Array>,
): Promise<Artifact> {
  const { runId, leaseToken, kind, name, metadata } = parseInput(NewArtifact, input);
  const run = await requireLeasedRun(core.db, actor, runId, leaseToken);
  if (!isLive(run)) throw new LeaseLostError(runId);
  const known = await core.db.artifact.findUnique({ where: { runId_kind_name: { runId, kind, name } } });
  if (known) return known;
  const id = newId();
  const storagePath = `${run.projectId}/artifacts/${id}`;
  const stored = await putFile(core.dataDirectory, storagePath, content, MAX_DIFF_BYTES);
  return inTransaction(core, async (tx) => {
    const artifact = await tx.db.artifact.create({
      data: { id, projectId: run.projectId, taskId: run.taskId, runId, kind, name, mimeType: MIME_TYPES[kind], size: stored.size, sha256: stored.sha256, storagePath, metadata },
    });
    tx.emit(artifactCreated, { projectId: run.projectId, entityId: id, patch: { kind, taskId: run.taskId, runId, metadata } });
    if (run.taskId) await appendTaskEvent(tx, actor, { id: run.taskId, projectId: run.projectId }, 'artifact', { artifactId: id, kind, name, runId });
    return artifact;
  });
}
