import { createHmac } from 'node:crypto';
import type { RunnerActor } from '#core/access/actor.ts';
import { hashToken, newToken } from '#core/access/tokens.ts';

/**
 * Which lease of a run a runner speaks of. A claim that comes twice (its answer was lost, or something on the way sent
 * it again) is given the same one: whichever answer the runner hears, its lease counts.
 *
 * It keeps a process that has a runner's token, but was not given this run, from having a say in it: a second one with
 * the same token, or one that has lost its folder. It lets nobody in: each request also needs the token of the very
 * runner that holds the run, of which only the hash is stored. So it may follow from that hash: who reads the database
 * can work it out, and do nothing with it.
 * @param claimId null: the claim can not be repeated, and the token is random
 */
export function leaseToken(actor: RunnerActor, runId: string, claimId: string | null): { token: string; hash: string } {
  if (claimId === null) return newToken('run');
  const token = `ovm_run_${createHmac('sha256', actor.tokenHash).update(`${claimId}:${runId}`).digest('base64url')}`;
  return { token, hash: hashToken(token) };
}
