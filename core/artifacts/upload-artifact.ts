import { z } from 'zod';
import { ARTIFACT_KINDS } from '#contract/enums.ts';
import { MAX_DIFF_BYTES } from '#contract/limits.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { LeaseLostError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { isUniqueViolation } from '#core/errors/prisma-errors.ts';
import { artifactCreated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { requireLeasedRun } from '#core/runs/run-rows.ts';
import { CLAIMED_SQL, isLive } from '#core/runs/statuses.ts';
import { putFile, removeFile } from '#core/storage/disk-storage.ts';
import { appendTaskEvent } from '#core/tasks/append-task-event.ts';
import { Prisma } from '#prisma/generated/client/client.ts';
import type { Artifact } from '#prisma/generated/client/client.ts';

const NewArtifact = z.strictObject({
  runId: z.uuid(),
  leaseToken: z.string().max(200),
  kind: z.enum(ARTIFACT_KINDS),
  /** A display name; where the file lies is made from ids. */
  name: z.string().min(1).max(255),
  metadata: z
    .record(z.string().max(64), z.union([z.string().max(2_000), z.number(), z.boolean(), z.null()]))
    .default({}),
});

/** What may be stored, by kind; anything is downloaded as an attachment, never shown by the browser itself. */
const MARKDOWN = 'text/markdown; charset=utf-8';
const MIME_TYPES = {
  diff: 'text/x-diff',
  patch: 'text/x-diff',
  report: 'text/plain',
  test_results: 'application/octet-stream',
  screenshot: 'image/png',
} as const;

/**
 * Stores a file a run has made. The same kind and name again replaces nothing: it answers with what is there.
 * @throws LeaseLostError, PayloadTooLargeError, InvalidInputError
 */
export async function uploadArtifact(
  core: Core,
  actor: RunnerActor,
  input: z.input<typeof NewArtifact>,
  content: AsyncIterable<Uint8Array>,
): Promise<Artifact> {
  const { runId, leaseToken, kind, name, metadata } = parseInput(NewArtifact, input);
  const run = await requireLeasedRun(core.db, actor, runId, leaseToken);
  if (!isLive(run)) throw new LeaseLostError(runId);
  const known = () => core.db.artifact.findUnique({ where: { runId_kind_name: { runId, kind, name } } });
  const before = await known();
  if (before) return before;
  const id = newId();
  const storagePath = `${run.projectId}/artifacts/${id}`;
  const stored = await putFile(core.dataDirectory, storagePath, content, MAX_DIFF_BYTES);
  const artifact = {
    id,
    projectId: run.projectId,
    taskId: run.taskId,
    runId,
    kind,
    name,
    mimeType: kind === 'report' && name.endsWith('.md') ? MARKDOWN : MIME_TYPES[kind],
    size: stored.size,
    sha256: stored.sha256,
    storagePath,
    metadata,
  };
  return insertArtifact(core, actor, artifact).catch(async (error: unknown) => {
    await removeFile(core.dataDirectory, storagePath);
    const sentMeanwhile = isUniqueViolation(error) ? await known() : null;
    if (!sentMeanwhile) throw error;
    return sentMeanwhile;
  });
}

async function insertArtifact(
  core: Core,
  actor: RunnerActor,
  artifact: Prisma.ArtifactUncheckedCreateInput & {
    runId: string;
    taskId: string | null;
    metadata: Prisma.InputJsonObject;
  },
): Promise<Artifact> {
  const { id, projectId, taskId, runId, kind, name, metadata } = artifact;
  return inTransaction(core, async (tx) => {
    // Receiving took time: the run must be the runner's still, and stay so to the commit.
    const live = await tx.db.$queryRaw<
      unknown[]
    >`select 1 from agent_runs where id = ${runId}::uuid and status ${Prisma.raw(CLAIMED_SQL)} for share`;
    if (live.length === 0) throw new LeaseLostError(runId);
    const stored = await tx.db.artifact.create({ data: artifact });
    tx.emit(artifactCreated, { projectId, entityId: id, patch: { kind, taskId, runId, metadata } });
    if (taskId)
      await appendTaskEvent(tx, actor, { id: taskId, projectId }, 'artifact', { artifactId: id, kind, name, runId });
    return stored;
  });
}
