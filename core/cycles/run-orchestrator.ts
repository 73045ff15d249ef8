import { z } from 'zod';
import { id } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { OrchestratorCycle } from '#prisma/generated/client/client.ts';
import { requestCycle } from '#core/cycles/request-cycle.ts';

const Start = z.strictObject({ projectId: id, mode: z.enum(['incremental', 'full']) });

/** Starts a cycle on a person's word. @returns the cycle that will see everything committed up to now */
export async function runOrchestrator(
  core: Core,
  actor: Actor,
  input: z.input<typeof Start>,
): Promise<OrchestratorCycle> {
  const { projectId, mode } = parseInput(Start, input);
  return inTransaction(core, async (tx) => {
    await requireProject(tx.db, actor, projectId, 'task:write');
    const cycleId = await requestCycle(tx, projectId, mode, 'user');
    return tx.db.orchestratorCycle.findUniqueOrThrow({ where: { id: cycleId } });
  });
}
