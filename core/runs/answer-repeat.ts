import type { RunnerActor } from '#core/access/actor.ts';
import { hashToken } from '#core/access/tokens.ts';
import { ExpectedSeqError, LeaseLostError } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';
import { TAKES_SQL } from './statuses.ts';

/** A batch that was not the next of its run. */
interface RefusedBatch {
  runId: string;
  leaseToken: string;
  firstSeq: number;
  length: number;
}

/**
 * Why a batch was not stored.
 * @param countColumn counts in the run's row what was stored of its kind
 * @returns the highest stored seq, for one that is there whole already
 * @throws LeaseLostError when the run is not the runner's, ExpectedSeqError for a gap and for an overlap
 */
export async function answerRepeatOrRefuse(
  core: Core,
  actor: RunnerActor,
  { runId, leaseToken, firstSeq, length }: RefusedBatch,
  countColumn: 'line_count' | 'activity_count',
): Promise<number> {
  const { rows } = await core.pool.query<{ count: number; is_open: boolean }>({
    text: `select ${countColumn} as count, log_removed_at is null and ${TAKES_SQL} as is_open
             from agent_runs where id = $1 and lease_token_hash = $2 and runner_id = $3`,
    values: [runId, hashToken(leaseToken), actor.runnerId],
  });
  const run = rows[0];
  if (!run) throw new LeaseLostError(runId);
  if (firstSeq + length <= run.count) return run.count - 1;
  if (!run.is_open) throw new LeaseLostError(runId);
  throw new ExpectedSeqError(run.count);
}
