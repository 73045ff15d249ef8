import type { Queryable } from '#core/platform/db.ts';
import { hashToken } from '#core/access/tokens.ts';
import { LeaseLostError } from '#core/errors/errors.ts';
import { isUuid } from '#core/platform/ids.ts';
import type { AgentRun } from '#prisma/generated/client/client.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { isClaimed } from './statuses.ts';

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

/**
 * The same, locked to the end of the transaction: no result of it and no other word to it comes in between.
 * @throws LeaseLostError also when the run has ended
 */
export async function lockLeasedRun(
  db: Queryable,
  actor: RunnerActor,
  runId: string,
  leaseToken: string,
): Promise<AgentRun> {
  await requireLeasedRun(db, actor, runId, leaseToken);
  const run = await lockRun(db, runId);
  if (!isClaimed(run)) throw new LeaseLostError(runId);
  return run;
}

/** The run as it stands under its lock. Whoever needs its task's takes that first. */
export async function lockRun(db: Queryable, runId: string): Promise<AgentRun> {
  await db.$queryRaw`select 1 from agent_runs where id = ${runId}::uuid for no key update`;
  return db.agentRun.findUniqueOrThrow({ where: { id: runId } });
}
