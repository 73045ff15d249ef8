import { id } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireAdmin } from '#core/access/permissions.ts';
import { ENDED_SESSIONS_CHANNEL } from '#core/access/sessions.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Runner } from '#prisma/generated/client/client.ts';
import { addRunnerToken } from './add-runner-token.ts';

/** Gives a runner a new token; the old ones end. */
export async function rotateRunnerToken(
  core: Core,
  actor: Actor,
  runnerId: string,
): Promise<{ runner: Runner; token: string }> {
  requireAdmin(actor);
  return inTransaction(core, async (tx) => {
    const runner = await tx.db.runner.findUnique({ where: { id: parseInput(id, runnerId, ['runnerId']) } });
    if (!runner) throw new NotFoundError('runner', runnerId);
    await tx.db.runnerToken.updateMany({
      where: { runnerId, revokedAt: null },
      data: { revokedAt: await databaseNow(tx.db) },
    });
    tx.publish(ENDED_SESSIONS_CHANNEL, { ended: runnerId });
    return { runner, token: await addRunnerToken(tx, runnerId) };
  });
}
