import { SYSTEM } from '#core/access/actor.ts';
import { LEASE_MARGIN_MS } from '#core/config/limits.ts';
import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { Prisma } from '#prisma/generated/client/client.ts';
import type { AgentRun } from '#prisma/generated/client/client.ts';
import { finishRun } from './finish-run.ts';
import type { RunEnding } from './finish-run.ts';
import { CLAIMED_SQL } from './statuses.ts';

/**
 * Takes away the runs whose lease has ended, by the database's clock and after a margin: by then the keeper has
 * ended the programs, so the next attempt can not meet the first one's.
 * @returns how many runs were lost
 */
export async function sweepLeases(core: Core): Promise<number> {
  const { rows } = await core.pool.query<{ id: string; task_id: string | null }>({
    name: 'expired_leases',
    text: `select id, task_id from agent_runs where status ${CLAIMED_SQL} and lease_expires_at < statement_timestamp() - make_interval(secs => $1)
            order by lease_expires_at limit 100`,
    values: [LEASE_MARGIN_MS / 1000],
  });
  let lost = 0;
  await eachAlone(core, 'to take away a run whose lease has ended', rows, async (row) => {
    lost += (await loseRun(core, row.id, row.task_id)) ? 1 : 0;
  });
  return lost;
}

async function loseRun(core: Core, runId: string, taskId: string | null): Promise<boolean> {
  return inTransaction(core, async (tx) => {
    if (taskId) await tx.db.$queryRaw`select 1 from tasks where id = ${taskId}::uuid for no key update`;
    // Looked at again under the lock: a heartbeat may have come in between, or another sweeper.
    const expired = await tx.db.$queryRaw<{ runner: string | null }[]>`
      select (select name from runners where id = runner_id) as runner from agent_runs
       where id = ${runId}::uuid and status ${Prisma.raw(CLAIMED_SQL)}
         and lease_expires_at < clock_timestamp() - make_interval(secs => ${LEASE_MARGIN_MS / 1000}::float8) for no key update`;
    const row = expired[0];
    if (!row) return false;
    const run = await tx.db.agentRun.findUniqueOrThrow({ where: { id: runId } });
    const task = taskId ? await tx.db.task.findUniqueOrThrow({ where: { id: taskId } }) : null;
    const silence = `No word from the runner ${row.runner ?? ''} for longer than the lease of ${Math.round((run.leaseMs ?? 0) / 1000)} s.`;
    await finishRun(
      tx,
      SYSTEM('lease sweep'),
      run,
      task,
      run.landingAt ? unknownOutcome(run, silence) : { status: 'timed_out', reason: 'runner_lost', message: silence },
    );
    return true;
  });
}

/** It had the last word: whether the base has moved, only the repository knows. */
function unknownOutcome(run: AgentRun, silence: string): RunEnding {
  const base = run.baseBranch ?? 'the base branch';
  return {
    status: 'timed_out',
    reason: 'outcome_unknown',
    message: `${silence} It was about to merge ${run.branch ?? 'the branch'} into ${base}, and whether it did is not known. The runner looks when it is back and says so; approving again finds it out as well.`,
  };
}

/** Milliseconds until the next lease can have ended; null while nothing runs, so that an idle system asks nothing. */
export async function msToNextLeaseEnd(core: Core): Promise<number | null> {
  const { rows } = await core.pool.query<{ ms: number | null }>({
    name: 'next_lease_end',
    text: `select (extract(epoch from min(lease_expires_at) - clock_timestamp()) * 1000)::float8 as ms from agent_runs where status ${CLAIMED_SQL}`,
  });
  const ms = rows[0]?.ms ?? null;
  return ms === null ? null : Math.max(0, ms + LEASE_MARGIN_MS);
}
