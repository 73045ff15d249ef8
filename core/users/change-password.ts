import type { UserActor } from '#core/access/actor.ts';
import { limitPasswordChecks } from '#core/access/limit-passwords.ts';
import { hashPassword, verifyPassword } from '#core/access/passwords.ts';
import { tellSessionsEnded } from '#core/access/sessions.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';

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
  const { rows } = await core.pool.query<{ id: string }>({
    name: 'change_password',
    text: CHANGE_PASSWORD,
    values: [user.id, user.passwordHash, passwordHash, actor.sessionId],
  });
  if (rows.length === 0) {
    throw new InvalidInputError([{ path: ['currentPassword'], message: 'Your password was changed just now' }]);
  }
  tellSessionsEnded(core);
}

// One statement: a password that is changed while the old one's sessions live on would be changed in vain. And of two
// changes at once one wins.
const CHANGE_PASSWORD = `
  with changed as (
    update users set password_hash = $3 where id = $1 and password_hash = $2 returning id
  ), ended as (
    delete from sessions using changed where sessions.user_id = changed.id and sessions.id <> $4
  )
  select id from changed`;
