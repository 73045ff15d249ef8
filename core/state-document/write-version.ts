import type { Actor } from '#core/access/actor.ts';
import { userIdOf } from '#core/access/actor.ts';
import { projectStateUpdated } from '#core/events/catalogue.ts';
import { copyStateToGit } from '#core/jobs/jobs.ts';
import { newId } from '#core/platform/ids.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { ProjectStateVersion, StateFormat } from '#prisma/generated/client/client.ts';
import { contentHash } from './content-hash.ts';

/**
 * Takes the project's row, so that versions are numbered without gaps and one after the other.
 * @returns the newest version; null before the first
 */
export async function lockNewestVersion(tx: Tx, projectId: string): Promise<ProjectStateVersion | null> {
  await tx.db.$queryRaw`select pg_advisory_xact_lock(hashtextextended(${`state:${projectId}`}, 0))::text`;
  return tx.db.projectStateVersion.findFirst({ where: { projectId }, orderBy: { version: 'desc' } });
}

/** Adds the next version. The newest one must have been locked in this transaction. */
export async function writeVersion(
  tx: Tx,
  actor: Actor,
  newest: ProjectStateVersion | null,
  input: { projectId: string; content: string; format: StateFormat; factsHash: string; cause: string },
): Promise<ProjectStateVersion> {
  const version = (newest?.version ?? 0n) + 1n;
  const row = await tx.db.projectStateVersion.create({
    data: {
      id: newId(),
      projectId: input.projectId,
      version,
      stateFormat: input.format,
      content: input.content,
      contentHash: contentHash(input.content),
      factsHash: input.factsHash,
      cause: input.cause,
      createdByUserId: userIdOf(actor),
    },
  });
  tx.emit(projectStateUpdated, {
    projectId: input.projectId,
    entityId: input.projectId,
    patch: { version: Number(version), contentHash: row.contentHash, createdBy: row.createdByUserId },
  });
  tx.enqueue(copyStateToGit, { projectId: input.projectId });
  return row;
}
