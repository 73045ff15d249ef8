import { z } from 'zod';
import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { ConflictError, ForbiddenError, NotFoundError } from '#core/errors/errors.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { ProjectMember, ProjectRole, User } from '#prisma/generated/client/client.ts';

export const projectRole = z.enum(['owner', 'maintainer', 'viewer']);

/**
 * Locks who belongs to a project for a change: of two changes at once, the second is judged by what the first has left.
 * @throws NotFoundError, ForbiddenError
 */
export async function takeMembers(tx: Tx, actor: Actor, projectId: string): Promise<void> {
  await tx.db.$queryRaw`select 1 from projects where id = ${projectId}::uuid for no key update`;
  await requireProject(tx.db, await actorOfNow(tx, actor), projectId, 'member:write');
}

/** What his account may do may have been taken from him since he came. @throws ForbiddenError when he can not sign in any more */
async function actorOfNow(tx: Tx, actor: Actor): Promise<Actor> {
  if (actor.kind !== 'user') return actor;
  const account = await tx.db.user.findUnique({ where: { id: actor.userId } });
  if (!account?.isActive) throw new ForbiddenError('Your account was deactivated.');
  return { ...actor, isAdmin: account.isAdmin };
}

export type MemberWithUser = ProjectMember & { user: User };

/** @throws NotFoundError when it is missing or in a project that the actor does not see, ForbiddenError */
export async function takeMembership(tx: Tx, actor: Actor, membershipId: string): Promise<MemberWithUser> {
  const seen = await tx.db.projectMember.findUnique({ where: { id: membershipId } });
  if (!seen) throw new NotFoundError('membership', membershipId);
  await takeMembers(tx, actor, seen.projectId).catch((error: unknown) => {
    // Whoever may not see the project must not learn who belongs to it.
    throw error instanceof NotFoundError ? new NotFoundError('membership', membershipId) : error;
  });
  const membership = await tx.db.projectMember.findUnique({ where: { id: membershipId }, include: { user: true } });
  if (!membership) throw new NotFoundError('membership', membershipId);
  return membership;
}

/** @throws ConflictError when nobody would own the project who can sign in */
export async function assertOwnerStays(tx: Tx, membership: ProjectMember, next: ProjectRole | null): Promise<void> {
  if (membership.role !== 'owner' || next === 'owner') return;
  const another = await tx.db.projectMember.findFirst({
    where: {
      projectId: membership.projectId,
      role: 'owner',
      id: { not: membership.id },
      user: { isActive: true },
    },
    select: { id: true },
  });
  if (!another) throw new ConflictError('This is the last owner. Make somebody else an owner first.');
}
