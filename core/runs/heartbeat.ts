import type { RunnerActor } from '#core/access/actor.ts';
import { hashToken } from '#core/access/tokens.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';

export interface LeaseState {
  runId: string;
  /** False: the run is no longer the runner's; it must stop it. */
  isHeld: boolean;
  isCancelRequested: boolean;
  leaseMs: number;
}

// Renews all leases of a runner in one statement, by the database's clock. A lease that has run out but was not
// yet taken away can still be renewed: the keeper ended the programs at its own deadline, which is earlier.
const RENEW = `
  with asked as (select * from unnest($1::uuid[], $2::text[]) as a(id, hash)),
  renewed as (
    update agent_runs r set lease_expires_at = clock_timestamp() + make_interval(secs => r.lease_ms / 1000.0)
      from asked where r.id = asked.id and r.lease_token_hash = asked.hash and r.runner_id = $3 and r.status in ('started', 'streaming')
    returning r.id, r.cancel_requested_at, r.lease_ms
  )
  select asked.id, renewed.id is not null as is_held, renewed.cancel_requested_at is not null as is_cancel_requested, coalesce(renewed.lease_ms, 0) as lease_ms
    from asked left join renewed on renewed.id = asked.id`;

const MAX_RUNS = 200;

/** One heartbeat for all live runs of a runner. */
export async function heartbeatRuns(core: Core, actor: RunnerActor, runs: { runId: string; leaseToken: string }[]): Promise<LeaseState[]> {
  if (runs.length > MAX_RUNS) throw new InvalidInputError([{ path: ['runs'], message: `At most ${MAX_RUNS} runs a heartbeat` }]);
  const { rows } = await core.pool.query<{ id: string; is_held: boolean; is_cancel_requested: boolean; lease_ms: number }>({
    name: 'renew_leases', text: RENEW, values: [runs.map((run) => run.runId), runs.map((run) => hashToken(run.leaseToken)), actor.runnerId],
  });
  return rows.map((row) => ({ runId: row.id, isHeld: row.is_held, isCancelRequested: row.is_cancel_requested, leaseMs: row.lease_ms }));
}
