import type { Actor } from '#core/access/actor.ts';
import { requireAdmin } from '#core/access/permissions.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Runner } from '#prisma/generated/client/client.ts';
import { lockRunner, replaceToken } from './runner-tokens.ts';

/** Gives a runner a new token; the old ones end. */
export async function rotateRunnerToken(
  core: Core,
  actor: Actor,
  runnerId: string,
): Promise<{ runner: Runner; token: string }> {
  requireAdmin(actor);
  return inTransaction(core, async (tx) => {
    const runner = await lockRunner(tx, runnerId);
    return { runner, token: await replaceToken(tx, runner.id) };
  });
}
