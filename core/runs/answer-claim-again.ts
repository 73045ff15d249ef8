import { AgentConfig } from '#contract/agent-config.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { findGrantedRepository } from '#core/repositories/granted-repository.ts';
import { buildRunSpec, repositoryOf } from './build-run-spec.ts';
import type { ClaimedRun } from './build-run-spec.ts';
import { leaseToken } from './lease-token.ts';
import { noteSession } from './session-to-resume.ts';

/**
 * Answers a claim that comes again: the same run and attempt under the same lease, which begins anew. The runner's row
 * must be held.
 * @returns null when the run is another runner's or has gone on (who asks then repeats an old request), and when the
 * agent's configuration has become unusable since, or its repository is no longer granted: that run's lease runs out,
 * and the next claim says what is wrong
 */
export async function answerClaimAgain(tx: Tx, actor: RunnerActor, runId: string): Promise<ClaimedRun | null> {
  const run = await tx.db.agentRun.findUniqueOrThrow({ where: { id: runId } });
  const agent = await tx.db.agent.findUniqueOrThrow({ where: { id: run.agentId } });
  const config = AgentConfig.safeParse(agent.configJson);
  const { leaseMs, branch, taskId } = run;
  if (taskId === null || leaseMs === null || branch === null || !config.success) return null;
  const project = await tx.db.project.findUniqueOrThrow({ where: { id: run.projectId } });
  const grantedRoot = await findGrantedRepository(tx.db, {
    projectId: project.id,
    runnerId: actor.runnerId,
    repository: repositoryOf(config.data, project),
  });
  if (grantedRoot === null) return null;
  const { token, hash } = leaseToken(actor, runId, run.claimId);
  const leased = await tx.db.$queryRaw<{ lease_expires_at: Date }[]>`
    update agent_runs set lease_token_hash = ${hash}, lease_expires_at = clock_timestamp() + make_interval(secs => lease_ms / 1000.0)
     where id = ${runId}::uuid and runner_id = ${actor.runnerId}::uuid and status = 'started' and landing_at is null returning lease_expires_at`;
  const lease = leased[0];
  if (!lease) return null;
  const task = await tx.db.task.findUniqueOrThrow({ where: { id: taskId } });
  const spec = await buildRunSpec(tx.db, {
    run,
    task,
    agent,
    project,
    config: { ...config.data, leaseMs },
    leaseToken: token,
    branch,
    grantedRoot,
  });
  await noteSession(tx.db, run, spec);
  return { spec, leaseExpiresAt: lease.lease_expires_at };
}
