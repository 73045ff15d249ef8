import { nameOf, userIdOf } from '#core/access/actor.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireAdmin, requireProject } from '#core/access/permissions.ts';
import { newId } from '#core/platform/ids.ts';
import type { Queryable } from '#core/platform/db.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { Deletion, DeletionKind, Prisma, Project } from '#prisma/generated/client/client.ts';

/** How much goes with something that is deleted. */
export interface DeletionCounts {
  taskCount: number;
  runCount: number;
  logLineCount: number;
  artifactCount: number;
}

/** Puts a deletion on record, in the transaction that begins it. */
export async function recordDeletion(
  tx: Tx,
  actor: Actor,
  what: { kind: DeletionKind; entityId: string; name: string; project: Project; counts: DeletionCounts },
): Promise<Deletion> {
  const { kind, entityId, name, project, counts } = what;
  return tx.db.deletion.create({
    data: {
      id: newId(),
      kind,
      entityId,
      name,
      projectId: project.id,
      projectName: project.name,
      deletedByUserId: userIdOf(actor),
      deletedBy: nameOf(actor),
      ...counts,
    },
  });
}

/** The deletion of something that is gone, for who deleted it and for administrators; null to all others. */
export async function findDeletion(db: Queryable, actor: Actor, entityId: string): Promise<Deletion | null> {
  if (actor.kind !== 'user') return null;
  return db.deletion.findFirst({
    where: { entityId, ...(actor.isAdmin ? {} : { deletedByUserId: actor.userId }) },
  });
}

/**
 * Which deletions somebody may read the record of: owners those of their project; administrators all, also of a
 * project that is gone itself.
 * @param projectId null: of all projects
 * @throws NotFoundError, ForbiddenError
 */
export async function deletionScope(
  db: Queryable,
  actor: Actor,
  projectId: string | null,
): Promise<Prisma.DeletionWhereInput> {
  if (projectId === null) {
    requireAdmin(actor);
    return {};
  }
  if (actor.kind !== 'user' || !actor.isAdmin) await requireProject(db, actor, projectId, 'deletion:read');
  return { projectId };
}
