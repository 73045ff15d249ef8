import { z } from 'zod';
import { id } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { agentUpdated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { announceWork } from '#core/runners/commands.ts';
import type { Agent } from '#prisma/generated/client/client.ts';

const Resumed = z.strictObject({ agentId: id });

/** Ends an agent's pause: a person has signed it in, or does not want to wait for its limit of use. @throws NotFoundError, ForbiddenError */
export async function resumeAgent(core: Core, actor: Actor, input: z.input<typeof Resumed>): Promise<Agent> {
  const { agentId } = parseInput(Resumed, input);
  return inTransaction(core, async (tx) => {
    const found = await tx.db.agent.findUnique({ where: { id: agentId } });
    if (!found) throw new NotFoundError('agent', agentId);
    await requireProject(tx.db, actor, found.projectId, 'task:write').catch((error: unknown) => {
      throw error instanceof NotFoundError ? new NotFoundError('agent', agentId) : error;
    });
    await tx.db.$queryRaw`select 1 from agents where id = ${agentId}::uuid for no key update`;
    const agent = await tx.db.agent.findUniqueOrThrow({ where: { id: agentId } });
    if (agent.parkedUntil === null && agent.signInNeededSince === null) return agent;
    const updatedAt = await databaseNow(tx.db);
    const updated = await tx.db.agent.update({
      where: { id: agentId },
      data: { parkedUntil: null, signInNeededSince: null, parkedWords: null, updatedAt },
    });
    tx.emit(agentUpdated, {
      projectId: agent.projectId,
      entityId: agent.id,
      patch: { parkedUntil: null, signInNeededSince: null, updatedAt: updatedAt.toISOString() },
      told: { actor, what: ['pause'] },
    });
    announceWork(tx, agent.projectId);
    return updated;
  });
}
