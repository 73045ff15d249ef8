import type { Core } from '#core/platform/core.ts';
import type { User } from '#prisma/generated/client/client.ts';

/** The account with an address, without regard to case. Plain equality: in a pattern each spelling would be another account to the limits of signing in. */
export async function findUserByEmail(core: Core, email: string): Promise<User | null> {
  const { rows } = await core.pool.query<{ id: string }>({
    name: 'find_user_by_email',
    text: 'select id from users where lower(email) = $1',
    values: [email.trim().toLowerCase()],
  });
  const id = rows[0]?.id;
  return id === undefined ? null : core.db.user.findUnique({ where: { id } });
}
