import { newId } from '#core/platform/ids.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { AccessChangeKind, User } from '#prisma/generated/client/client.ts';
import { nameOf, userIdOf } from './actor.ts';
import type { Actor } from './actor.ts';

/** Puts a change of somebody's rights on record, in the transaction that makes it. Null: there was, or is, no such right. */
export async function recordAccessChange(
  tx: Tx,
  actor: Actor,
  change: {
    kind: AccessChangeKind;
    user: Pick<User, 'id' | 'email'>;
    projectId: string | null;
    before: string | null;
    after: string | null;
  },
): Promise<void> {
  const { user, ...rest } = change;
  await tx.db.accessChange.create({
    data: {
      id: newId(),
      userId: user.id,
      email: user.email,
      ...rest,
      changedByUserId: userIdOf(actor),
      changedBy: nameOf(actor),
    },
  });
}
