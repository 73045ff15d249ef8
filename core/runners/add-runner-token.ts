import { newToken } from '#core/access/tokens.ts';
import { newId } from '#core/platform/ids.ts';
import type { Tx } from '#core/platform/in-transaction.ts';

/** Gives a runner one more token. Only its hash is kept. */
export async function addRunnerToken(tx: Tx, runnerId: string): Promise<string> {
  const { token, prefix, hash } = newToken('run');
  await tx.db.runnerToken.create({ data: { id: newId(), runnerId, prefix, tokenHash: hash, scopes: ['runner'] } });
  return token;
}
