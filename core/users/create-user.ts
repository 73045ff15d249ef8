import { z } from 'zod';
import type { Actor } from '#core/access/actor.ts';
import { hashPassword } from '#core/access/passwords.ts';
import { requireAdmin } from '#core/access/permissions.ts';
import { recordAccessChange } from '#core/access/record-access-change.ts';
import { ConflictError } from '#core/errors/errors.ts';
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

/** Adds a person, on record as every right that is given. @throws InvalidInputError, ConflictError for a known address, ForbiddenError */
export async function createUser(core: Core, actor: Actor, input: z.input<typeof NewUser>): Promise<User> {
  const { email, password, isAdmin } = parseInput(NewUser, input);
  requireAdmin(actor);
  const passwordHash = await hashPassword(password);
  return inTransaction(core, async (tx) => {
    const user = await tx.db.user
      .create({ data: { id: newId(), email: email.toLowerCase(), passwordHash, isAdmin } })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new ConflictError(`There already is an account for ${email}.`) : error;
      });
    const isNew = { user, projectId: null, before: null, after: 'true' };
    await recordAccessChange(tx, actor, { kind: 'is_active', ...isNew });
    if (isAdmin) await recordAccessChange(tx, actor, { kind: 'is_admin', ...isNew });
    return user;
  });
}
