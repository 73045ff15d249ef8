import { z } from 'zod';
import { id } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireAdmin } from '#core/access/permissions.ts';
import { recordAccessChange } from '#core/access/record-access-change.ts';
import { tellSessionsEnded } from '#core/access/sessions.ts';
import { ConflictError, ForbiddenError, NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { OrNull } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { User } from '#prisma/generated/client/client.ts';

const Changes = z.strictObject({ userId: id, isActive: z.boolean().optional(), isAdmin: z.boolean().optional() });
const RIGHTS = [
  ['isAdmin', 'is_admin'],
  ['isActive', 'is_active'],
] as const;

/**
 * Changes what an account may do. Who is deactivated is signed out everywhere and can not sign in; his tasks, and what
 * he did, stay. Activated again, he has the projects that he had.
 * @throws NotFoundError, ForbiddenError, ConflictError for the last administrator
 */
export async function updateUser(core: Core, actor: Actor, input: OrNull<z.input<typeof Changes>>): Promise<User> {
  const { userId, ...changes } = parseInput(Changes, input);
  requireAdmin(actor);
  return inTransaction(core, async (tx) => {
    const administrators = await takeAdministrators(tx, userId);
    // Judged once more: what he came with may have been taken from him since.
    if (actor.kind === 'user' && !administrators.includes(actor.userId))
      throw new ForbiddenError('You are no administrator any more.');
    const before = await tx.db.user.findUnique({ where: { id: userId } });
    if (!before) throw new NotFoundError('user', userId);
    const isLost = changes.isActive === false || changes.isAdmin === false;
    if (isLost && administrators.length === 1 && administrators[0] === userId)
      throw new ConflictError('This is the last administrator. Make somebody else one first.');
    const after = await tx.db.user.update({
      where: { id: userId },
      data: Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)),
    });
    for (const [field, kind] of RIGHTS)
      if (before[field] !== after[field])
        await recordAccessChange(tx, actor, {
          kind,
          user: after,
          projectId: null,
          before: String(before[field]),
          after: String(after[field]),
        });
    if (!after.isActive) {
      await tx.db.session.deleteMany({ where: { userId } });
      tx.afterCommit(() => tellSessionsEnded(core));
    }
    return after;
  });
}

/** Locked with the account itself: of two who take each other's rights at once, one is too late. @returns ids of who can act as one */
async function takeAdministrators(tx: Tx, userId: string): Promise<string[]> {
  const locked = await tx.db.$queryRaw<{ id: string; is_administrator: boolean }[]>`
    select id, is_admin and is_active as is_administrator from users
     where (is_admin and is_active) or id = ${userId}::uuid order by id for no key update`;
  return locked.filter((row) => row.is_administrator).map(({ id: administratorId }) => administratorId);
}
