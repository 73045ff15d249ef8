import type { UserActor } from '#core/access/actor.ts';
import { limitPasswordChecks } from '#core/access/limit-passwords.ts';
import { hashPassword, verifyPassword } from '#core/access/passwords.ts';
import { tellSessionsEnded } from '#core/access/sessions.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';

/**
 * Changes one's own password; all other sessions of the person end, with their sockets.
 * @throws InvalidInputError, RateLimitedError: who has found a session open may not guess the password there
 */
export async function changePassword(
  core: Core,
  actor: UserActor,
  input: { currentPassword: string; newPassword: string },
): Promise<void> {
  const attempt = await limitPasswordChecks(core, actor.userId);
  const user = await core.db.user.findUniqueOrThrow({ where: { id: actor.userId } });
  if (!(await verifyPassword(user.passwordHash, input.currentPassword))) {
    throw new InvalidInputError([{ path: ['currentPassword'], message: 'This is not your current password' }]);
  }
  await attempt.forgive();
  const passwordHash = await hashPassword(input.newPassword).catch((error: unknown) => {
    throw error instanceof InvalidInputError
      ? new InvalidInputError(error.fields.map((field) => ({ ...field, path: ['newPassword'] })))
      : error;
  });
  // One transaction: a password that is changed while the old one's sessions live on would be changed in vain. Two
  // statements: the second sees the session of a sign-in that the first has waited for. Of two changes at once one wins.
  await inTransaction(core, async (tx) => {
    const { count } = await tx.db.user.updateMany({
      where: { id: user.id, passwordHash: user.passwordHash },
      data: { passwordHash },
    });
    if (count === 0) {
      throw new InvalidInputError([{ path: ['currentPassword'], message: 'Your password was changed just now' }]);
    }
    await tx.db.session.deleteMany({ where: { userId: user.id, id: { not: actor.sessionId } } });
    tx.afterCommit(() => tellSessionsEnded(core));
  });
}
