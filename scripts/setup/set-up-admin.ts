import { randomInt } from 'node:crypto';
import { SYSTEM } from '#core/access/actor.ts';
import { hashPassword, verifyPassword } from '#core/access/passwords.ts';
import { endOtherSessions } from '#core/access/sessions.ts';
import type { Core } from '#core/platform/core.ts';
import { createUser } from '#core/users/create-user.ts';
import { findUserByEmail } from '#core/users/find-user.ts';
import type { User } from '#prisma/generated/client/client.ts';

export interface AdminSetup {
  user: User;
  isNew: boolean;
  /** A generated password, to be shown this once. */
  password?: string;
}

// Without what is easily taken for something else (0 O, 1 l I): it is read off a terminal. 20 of 56 signs are 116 bits.
const PASSWORD_SIGNS = '23456789abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ';

function newPassword(): string {
  return Array.from({ length: 20 }, () => PASSWORD_SIGNS.charAt(randomInt(PASSWORD_SIGNS.length))).join('');
}

/**
 * Makes the first administrator. When there is one, a password given by environment becomes the password of the
 * account with the given address: the way back in when it was forgotten.
 */
export async function setUpAdmin(
  core: Core,
  { email, password }: { email: string; password: string | undefined },
): Promise<AdminSetup> {
  const anyAdmin = await core.db.user.findFirst({ where: { isAdmin: true }, orderBy: { createdAt: 'asc' } });
  if (!anyAdmin) {
    const generated = password ?? newPassword();
    const user = await createUser(core, SYSTEM('set-up'), { email, password: generated, isAdmin: true });
    return { user, isNew: true, ...(password ? {} : { password: generated }) };
  }
  const named = await findUserByEmail(core, email);
  const user = named?.isAdmin ? named : anyAdmin;
  if (password && !(await verifyPassword(user.passwordHash, password))) {
    await core.db.user.update({
      where: { id: user.id },
      data: { passwordHash: await hashPassword(password), isActive: true },
    });
    await endOtherSessions(core, user.id, null);
  }
  return { user, isNew: false };
}
