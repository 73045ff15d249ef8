import { createHmac } from 'node:crypto';
import type { RunnerActor } from '#core/access/actor.ts';
import { hashToken, newToken } from '#core/access/tokens.ts';

/**
 * The proof that a run is a runner's. A claim that comes twice (its answer was lost, or something on the way sent it
 * again) is given the same one: whichever answer the runner hears, its lease counts. It follows from the runner's own
 * token, which nobody else has, so that of the lease only the hash has to be stored.
 * @param claimId null: the claim can not be repeated, and the proof is random
 */
export function leaseToken(actor: RunnerActor, runId: string, claimId: string | null): { token: string; hash: string } {
  if (claimId === null) return newToken('run');
  const token = `ovm_run_${createHmac('sha256', actor.tokenHash).update(`${claimId}:${runId}`).digest('base64url')}`;
  return { token, hash: hashToken(token) };
}
