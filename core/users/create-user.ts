import { z } from 'zod';
import type { Actor } from '#core/access/actor.ts';
import { limitPasswordChecks } from '#core/access/limit-passwords.ts';
import { hashPassword, verifyPassword } from '#core/access/passwords.ts';
import { requireAdmin } from '#core/access/permissions.ts';
import type { UserActor } from '#core/access/actor.ts';
import { tellSessionsEnded } from '#core/access/sessions.ts';
import { ConflictError, InvalidInputError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { isUniqueViolation } from '#core/errors/prisma-errors.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { User } from '#prisma/generated/client/client.ts';

const NewUser = z.strictObject({
  email: z.email('Not an email address').max(254),
  password: z.string(),
  isAdmin: z.boolean().default(false),
});

/** Adds a person. @throws InvalidInputError, ConflictError for a known address, ForbiddenError */
export async function createUser(core: Core, actor: Actor, input: z.input<typeof NewUser>): Promise<User> {
  const { email, password, isAdmin } = parseInput(NewUser, input);
  requireAdmin(actor);
  const passwordHash = await hashPassword(password);
  return inTransaction(core, (tx) =>
    tx.db.user
      .create({ data: { id: newId(), email: email.toLowerCase(), passwordHash, isAdmin } })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new ConflictError(`There already is an account for ${email}.`) : error;
      }),
  );
}

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
