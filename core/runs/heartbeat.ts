import { z } from 'zod';
import { id } from '#contract/fields.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { hashToken } from '#core/access/tokens.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { CLAIMED_SQL } from './statuses.ts';

export interface LeaseState {
  runId: string;
  /** False: the run is no longer the runner's; it must stop it. */
  isHeld: boolean;
  isCancelRequested: boolean;
  /** Something was said to it that its runner has not taken. */
  hasInput: boolean;
  leaseMs: number;
}

// Renews all leases of a runner in one statement, by the database's clock. A lease that has run out but was not
// yet taken away can still be renewed: the keeper ended the programs at its own deadline, which is earlier. The
// rows are held in the order of their ids, so that two heartbeats of one runner never wait for each other in a circle.
const RENEW = `
  with asked as (select distinct id, hash from unnest($1::uuid[], $2::text[]) as a(id, hash)),
  held as (
    select r.id, asked.hash from agent_runs r join asked on r.id = asked.id and r.lease_token_hash = asked.hash
     where r.runner_id = $3 and r.status ${CLAIMED_SQL} order by r.id for no key update of r
  ),
  renewed as (
    update agent_runs r set lease_expires_at = clock_timestamp() + make_interval(secs => r.lease_ms / 1000.0)
      from held where r.id = held.id and r.status ${CLAIMED_SQL}
    returning r.id, held.hash, r.cancel_requested_at, r.input_count > r.inputs_taken as has_input, r.lease_ms
  )
  select asked.id, renewed.id is not null as is_held, renewed.cancel_requested_at is not null as is_cancel_requested,
         coalesce(renewed.has_input, false) as has_input, coalesce(renewed.lease_ms, 0) as lease_ms
    from asked left join renewed on renewed.id = asked.id and renewed.hash = asked.hash`;

const Held = z
  .array(z.strictObject({ runId: id, leaseToken: z.string().max(200) }))
  .max(200, 'At most 200 runs a heartbeat');

/** One heartbeat for all live runs of a runner. @throws InvalidInputError */
export async function heartbeatRuns(
  core: Core,
  actor: RunnerActor,
  runs: { runId: string; leaseToken: string }[],
): Promise<LeaseState[]> {
  const held = parseInput(Held, runs, ['runs']);
  const { rows } = await core.pool.query<{
    id: string;
    is_held: boolean;
    is_cancel_requested: boolean;
    has_input: boolean;
    lease_ms: number;
  }>({
    name: 'renew_leases',
    text: RENEW,
    values: [held.map((run) => run.runId), held.map((run) => hashToken(run.leaseToken)), actor.runnerId],
  });
  return rows.map((row) => ({
    runId: row.id,
    isHeld: row.is_held,
    isCancelRequested: row.is_cancel_requested,
    hasInput: row.has_input,
    leaseMs: row.lease_ms,
  }));
}
