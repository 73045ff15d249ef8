import { id } from '#contract/fields.ts';
import { ENDED_SESSIONS_CHANNEL } from '#core/access/sessions.ts';
import { newToken } from '#core/access/tokens.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { newId } from '#core/platform/ids.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { Runner } from '#prisma/generated/client/client.ts';

/** Gives a runner one more token. Only its hash is kept. */
export async function addToken(tx: Tx, runnerId: string): Promise<string> {
  const { token, prefix, hash } = newToken('run');
  await tx.db.runnerToken.create({ data: { id: newId(), runnerId, prefix, tokenHash: hash, scopes: ['runner'] } });
  return token;
}

/** Gives a runner a new token; the old ones end, with their sockets. */
export async function replaceToken(tx: Tx, runnerId: string): Promise<string> {
  await tx.db.runnerToken.updateMany({
    where: { runnerId, revokedAt: null },
    data: { revokedAt: await databaseNow(tx.db) },
  });
  tx.publish(ENDED_SESSIONS_CHANNEL, { ended: runnerId });
  return addToken(tx, runnerId);
}

/** Holds a runner's row, so that of two who change its tokens one comes after the other. @throws NotFoundError, InvalidInputError */
export async function lockRunner(tx: Tx, said: string): Promise<Runner> {
  const runnerId = parseInput(id, said, ['runnerId']);
  await tx.db.$queryRaw`select 1 from runners where id = ${runnerId}::uuid for no key update`;
  const runner = await tx.db.runner.findUnique({ where: { id: runnerId } });
  if (!runner) throw new NotFoundError('runner', runnerId);
  return runner;
}
