import { z } from 'zod';
import { id } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { limitAddressTrials } from '#core/access/limit-passwords.ts';
import { requireProject } from '#core/access/permissions.ts';
import { recordAccessChange } from '#core/access/record-access-change.ts';
import { ConflictError, InvalidInputError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { memberCreated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { findUserByEmail } from '#core/users/find-user.ts';
import type { ProjectMember, User } from '#prisma/generated/client/client.ts';
import { projectRole, takeMembers } from './take-members.ts';

const NewMembership = z.strictObject({ projectId: id, email: z.string().max(254), role: projectRole });

/**
 * Takes somebody with an account into a project.
 * @throws NotFoundError, ForbiddenError, InvalidInputError for an address without an account, ConflictError for a member,
 *   RateLimitedError for who tries addresses
 */
export async function createMembership(
  core: Core,
  actor: Actor,
  input: z.input<typeof NewMembership>,
): Promise<ProjectMember> {
  const { projectId, email, role } = parseInput(NewMembership, input);
  await requireProject(core.db, actor, projectId, 'member:write');
  const user = await findPerson(core, actor, email);
  return inTransaction(core, async (tx) => {
    await takeMembers(tx, actor, projectId);
    const known = await tx.db.projectMember.findUnique({
      where: { projectId_userId: { projectId, userId: user.id } },
    });
    if (known) throw new ConflictError(`${user.email} belongs to this project already.`, known.role);
    const member = await tx.db.projectMember.create({ data: { id: newId(), projectId, userId: user.id, role } });
    await recordAccessChange(tx, actor, { kind: 'project_role', user, projectId, before: null, after: role });
    tx.emit(memberCreated, { projectId, entityId: member.id, patch: { userId: user.id, role } });
    return member;
  });
}

/** Anybody may make a project and ask for people there; only administrators may know who has an account. */
async function findPerson(core: Core, actor: Actor, email: string): Promise<User> {
  const trial = actor.kind === 'user' && !actor.isAdmin ? await limitAddressTrials(core, actor.userId) : null;
  const user = await findUserByEmail(core, email);
  if (!user?.isActive)
    throw new InvalidInputError([{ path: ['email'], message: 'Nobody with this address can sign in here' }]);
  await trial?.forgive();
  return user;
}
