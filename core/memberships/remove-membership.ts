import { z } from 'zod';
import { id } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { recordAccessChange } from '#core/access/record-access-change.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { memberDeleted } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { ProjectMember } from '#prisma/generated/client/client.ts';
import { assertOwnerStays, takeMembership } from './take-members.ts';

const Input = z.strictObject({ membershipId: id });

/**
 * Takes somebody out of a project: he sees nothing more of it, and what he follows of it ends. His tasks stay.
 * @returns what he was
 * @throws NotFoundError, ForbiddenError, ConflictError for the last owner
 */
export async function removeMembership(core: Core, actor: Actor, input: z.input<typeof Input>): Promise<ProjectMember> {
  const { membershipId } = parseInput(Input, input);
  return inTransaction(core, async (tx) => {
    const { user, ...membership } = await takeMembership(tx, actor, membershipId);
    await assertOwnerStays(tx, membership, null);
    await tx.db.projectMember.delete({ where: { id: membershipId } });
    const { projectId, role: before } = membership;
    await recordAccessChange(tx, actor, { kind: 'project_role', user, projectId, before, after: null });
    tx.emit(memberDeleted, { projectId, entityId: membershipId, patch: { userId: user.id } });
    return membership;
  });
}
