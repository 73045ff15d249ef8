import type { Queryable } from '#core/platform/db.ts';
import { hashToken } from '#core/access/tokens.ts';
import { LeaseLostError } from '#core/errors/errors.ts';
import { isUuid } from '#core/platform/ids.ts';
import type { AgentRun } from '#prisma/generated/client/client.ts';
import type { RunnerActor } from '#core/access/actor.ts';

/**
 * The run a runner speaks of, if it was given this very attempt.
 * @throws LeaseLostError when the token is not this run's
 */
export async function requireLeasedRun(
  db: Queryable,
  actor: RunnerActor,
  runId: string,
  leaseToken: string,
): Promise<AgentRun> {
  const run = isUuid(runId)
    ? await db.agentRun.findFirst({ where: { id: runId, project: { deletingAt: null } } })
    : null;
  if (!run || run.runnerId !== actor.runnerId || run.leaseTokenHash !== hashToken(leaseToken))
    throw new LeaseLostError(runId);
  return run;
}
