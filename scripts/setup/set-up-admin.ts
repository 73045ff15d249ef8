import { randomInt } from 'node:crypto';
import { SYSTEM } from '#core/access/actor.ts';
import { hashPassword, verifyPassword } from '#core/access/passwords.ts';
import { endOtherSessions } from '#core/access/sessions.ts';
import type { Core } from '#core/platform/core.ts';
import { createUser } from '#core/users/create-user.ts';
import { findUserByEmail } from '#core/users/find-user.ts';
import { updateUser } from '#core/users/update-user.ts';
import type { User } from '#prisma/generated/client/client.ts';

export interface AdminSetup {
  user: User;
  isNew: boolean;
  /** A generated password, to be shown this once. */
  password?: string;
  /** The address whose account was not given the password: it is no administrator's who can sign in. */
  passwordUnusedFor?: string;
}

// Without what is easily taken for something else (0 O, 1 l I): it is read off a terminal. 20 of 56 signs are 116 bits.
const PASSWORD_SIGNS = '23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ';

function newPassword(): string {
  return Array.from({ length: 20 }, () => PASSWORD_SIGNS.charAt(randomInt(PASSWORD_SIGNS.length))).join('');
}

/**
 * Sees to it that somebody administers the system. While there is an administrator who can sign in, a password given by
 * environment becomes the password of the account with the given address: the way back in when it was forgotten. That
 * account must be such an administrator itself: this runs at every start, and must neither give back what was taken
 * from somebody nor change anybody else's account.
 */
export async function setUpAdmin(
  core: Core,
  { email, password }: { email: string; password: string | undefined },
): Promise<AdminSetup> {
  const anyAdmin = await core.db.user.findFirst({
    where: { isAdmin: true, isActive: true },
    orderBy: { createdAt: 'asc' },
  });
  const named = await findUserByEmail(core, email);
  if (!anyAdmin) return makeAdmin(core, named, email, password);
  if (!named?.isAdmin || !named.isActive)
    return { user: anyAdmin, isNew: false, ...(password ? { passwordUnusedFor: email } : {}) };
  if (password && !(await verifyPassword(named.passwordHash, password))) await resetPassword(core, named, password);
  return { user: named, isNew: false };
}

/** Nobody can administer the system: the account with the address is made to, with a password that nobody knew. */
async function makeAdmin(
  core: Core,
  named: User | null,
  email: string,
  given: string | undefined,
): Promise<AdminSetup> {
  const actor = SYSTEM('set-up');
  const password = given ?? newPassword();
  const shown = given ? {} : { password };
  if (!named) return { user: await createUser(core, actor, { email, password, isAdmin: true }), isNew: true, ...shown };
  const { id: userId } = named;
  await resetPassword(core, named, password);
  return { user: await updateUser(core, actor, { userId, isAdmin: true, isActive: true }), isNew: false, ...shown };
}

async function resetPassword(core: Core, { id }: User, password: string): Promise<void> {
  await core.db.user.update({ where: { id }, data: { passwordHash: await hashPassword(password) } });
  await endOtherSessions(core, id, null);
}
