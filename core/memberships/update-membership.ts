import { z } from 'zod';
import { id } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { recordAccessChange } from '#core/access/record-access-change.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { memberUpdated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { ProjectMember } from '#prisma/generated/client/client.ts';
import { assertOwnerStays, projectRole, takeMembership } from './take-members.ts';

const Changes = z.strictObject({ membershipId: id, role: projectRole });

/**
 * Gives a member another role, from his next request on.
 * @throws NotFoundError, ForbiddenError, ConflictError for the last owner
 */
export async function updateMembership(
  core: Core,
  actor: Actor,
  input: z.input<typeof Changes>,
): Promise<ProjectMember> {
  const { membershipId, role } = parseInput(Changes, input);
  return inTransaction(core, async (tx) => {
    const { user, ...membership } = await takeMembership(tx, actor, membershipId);
    if (membership.role === role) return membership;
    await assertOwnerStays(tx, membership, role);
    const updated = await tx.db.projectMember.update({ where: { id: membershipId }, data: { role } });
    const { projectId, role: before } = membership;
    await recordAccessChange(tx, actor, { kind: 'project_role', user, projectId, before, after: role });
    tx.emit(memberUpdated, { projectId, entityId: membershipId, patch: { userId: user.id, role } });
    return updated;
  });
}
