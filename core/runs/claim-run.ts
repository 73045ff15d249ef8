import type { RunSpec } from '#contract/run-spec.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { newToken } from '#core/access/tokens.ts';
import { parseAgentConfig } from '#core/agents/agent-config.ts';
import { runStarted } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { changeTaskStatus } from '#core/tasks/change-status.ts';
import { buildRunSpec } from './build-run-spec.ts';

/** What a claim answers: the whole order, and when the lease ends by the database's clock. */
export interface ClaimedRun {
  spec: RunSpec;
  leaseExpiresAt: Date;
}

/**
 * Gives the runner the next run it may work on, in one transaction: takes the run, checks that the task is
 * queued, the agent enabled, the limits kept; sets the run started and the task in progress; starts the lease.
 * Two claims never get the same run: rows another claim holds are skipped.
 * @returns null when there is nothing for this runner
 */
export async function claimRun(core: Core, actor: RunnerActor): Promise<ClaimedRun | null> {
  return inTransaction(core, async (tx) => {
    if (!(await hasFreeCapacity(tx, actor))) return null;
    const candidate = await pickCandidate(tx, actor);
    if (!candidate) return null;
    const task = await tx.db.task.findUniqueOrThrow({ where: { id: candidate.task_id } });
    const agent = await tx.db.agent.findUniqueOrThrow({ where: { id: candidate.agent_id } });
    const project = await tx.db.project.findUniqueOrThrow({ where: { id: task.projectId } });
    const config = parseAgentConfig(agent);
    const { token, hash } = newToken('run');
    const branch = candidate.branch ?? `overmind/${task.id}/${candidate.attempt}`;
    const leased = await tx.db.$queryRaw<{ started_at: Date; lease_expires_at: Date }[]>`
      update agent_runs set status = 'started', runner_id = ${actor.runnerId}::uuid, branch = ${branch}, waiting_reason = null,
             lease_token_hash = ${hash}, lease_ms = ${config.leaseMs}, started_at = clock_timestamp(),
             lease_expires_at = clock_timestamp() + make_interval(secs => ${config.leaseMs / 1000}::float8)
       where id = ${candidate.id}::uuid and status = 'pending' returning started_at, lease_expires_at`;
    const lease = leased[0];
    if (!lease) throw new Error(`Expected the run ${candidate.id} to be pending while its row is locked`);
    tx.emit(runStarted, {
      projectId: task.projectId, entityId: candidate.id,
      patch: { agentId: agent.id, taskId: task.id, runnerId: actor.runnerId, status: 'started', startedAt: lease.started_at.toISOString() },
    });
    if (candidate.kind === 'task') await changeTaskStatus(tx, actor, task, { to: 'in_progress', why: `Attempt ${candidate.attempt} started on ${actor.name}.` });
    const run = await tx.db.agentRun.findUniqueOrThrow({ where: { id: candidate.id } });
    return { spec: await buildRunSpec(tx.db, { run, task, agent, project, config, leaseToken: token, branch }), leaseExpiresAt: lease.lease_expires_at };
  });
}

/** The runner's row is locked, so that two claims of one runner can not both take its last free place. */
async function hasFreeCapacity(tx: Tx, actor: RunnerActor): Promise<boolean> {
  const rows = await tx.db.$queryRaw<{ free: number }[]>`
    select r.capacity - (select count(*)::int from agent_runs a where a.runner_id = r.id and a.status in ('started', 'streaming')) as free
      from (select id, capacity from runners where id = ${actor.runnerId}::uuid and is_enabled and not is_draining for no key update) r`;
  return (rows[0]?.free ?? 0) > 0;
}

interface Candidate {
  id: string;
  task_id: string;
  agent_id: string;
  kind: 'task' | 'merge';
  attempt: number;
  branch: string | null;
}

// Merges first: a person waits for them. The agent's row is locked in the same statement, so its concurrency is
// counted while nobody else can start one of its runs; an agent that is being counted elsewhere is passed over.
async function pickCandidate(tx: Tx, actor: RunnerActor): Promise<Candidate | null> {
  const rows = await tx.db.$queryRaw<Candidate[]>`
    select r.id, r.task_id, r.agent_id, r.kind, r.attempt, r.branch
      from agent_runs r
      join tasks t on t.id = r.task_id
      join agents a on a.id = r.agent_id
      join projects p on p.id = r.project_id
     where r.status = 'pending' and (r.not_before is null or r.not_before <= now())
       and p.status = 'active' and (${actor.allProjects} or p.id = any(${actor.projectIds}::uuid[]))
       and a.is_enabled
       and ((r.kind = 'task' and t.status = 'queued') or (r.kind = 'merge' and t.status = 'needs_review'))
       and coalesce(a.config_json->'labels', '[]'::jsonb) <@ (select to_jsonb(labels) from runners where id = ${actor.runnerId}::uuid)
       and (r.kind = 'merge' or (select count(*) from agent_runs l where l.agent_id = a.id and l.kind = 'task' and l.status in ('started', 'streaming'))
             < coalesce((a.config_json->>'concurrency')::int, 2))
     order by (r.kind = 'merge') desc, t.priority, r.created_at
     limit 1
     for no key update of r, t, a skip locked`;
  return rows[0] ?? null;
}
