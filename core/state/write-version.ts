import { projectStateUpdated } from '#core/events/catalogue.ts';
import { copyStateToGit } from '#core/jobs/jobs.ts';
import { newId } from '#core/platform/ids.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { ProjectStateVersion, StateFormat } from '#prisma/generated/client/client.ts';
import { contentHash, factsHash } from './content-hash.ts';
import { humanPartOfFacts } from './human-part.ts';
import type { StateChange } from './state-changes.ts';
import { renderStateDocument } from './render.ts';
import type { StateFacts } from './render.ts';

/**
 * Takes the project's versions, so that they are numbered without gaps and one after the other.
 * @returns the newest version; null before the first
 */
export async function lockNewestVersion(tx: Tx, projectId: string): Promise<ProjectStateVersion | null> {
  await tx.db.$queryRaw`select pg_advisory_xact_lock(hashtextextended(${`state:${projectId}`}, 0))::text`;
  return tx.db.projectStateVersion.findFirst({ where: { projectId }, orderBy: { version: 'desc' } });
}

interface Written {
  facts: StateFacts;
  format: StateFormat;
  changes: StateChange[];
}

/**
 * Adds the next version. The newest one must have been locked in this transaction.
 * @param userId who saved it; null: it was generated, and what happens at once after it joins it
 */
export async function writeVersion(
  tx: Tx,
  newest: ProjectStateVersion | null,
  { projectId, userId, ...written }: Written & { projectId: string; userId: string | null },
): Promise<ProjectStateVersion> {
  const version = await tx.db.projectStateVersion.create({
    data: {
      id: newId(),
      projectId,
      version: (newest?.version ?? 0n) + 1n,
      createdByUserId: userId,
      ...columnsOf(written),
    },
  });
  tellOf(tx, version);
  return version;
}

/** Brings the newest version up to date where it stands; it must have been locked in this transaction. */
export async function reviseVersion(
  tx: Tx,
  newest: ProjectStateVersion,
  written: Written & { now: Date },
): Promise<void> {
  const { now: updatedAt, ...rest } = written;
  const data = { ...columnsOf(rest), updatedAt };
  tellOf(tx, await tx.db.projectStateVersion.update({ where: { id: newest.id }, data }));
}

function columnsOf({ facts, format, changes }: Written) {
  const content = renderStateDocument(facts, format);
  return {
    stateFormat: format,
    content,
    contentHash: contentHash(content),
    factsHash: factsHash(facts),
    changes,
    human: humanPartOfFacts(facts),
  };
}

function tellOf(tx: Tx, { projectId, version, contentHash: hash, createdByUserId }: ProjectStateVersion): void {
  tx.emit(projectStateUpdated, {
    projectId,
    entityId: projectId,
    patch: { version: Number(version), contentHash: hash, createdBy: createdByUserId },
  });
  tx.enqueue(copyStateToGit, { projectId });
}
