import type { Actor } from '#core/access/actor.ts';
import { requireAdmin } from '#core/access/permissions.ts';
import { ConflictError } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Runner } from '#prisma/generated/client/client.ts';
import { lockRunner, replaceToken } from './runner-tokens.ts';

/**
 * Gives a new token to a runner whose token may never have reached anybody, as long as nobody has come with one.
 * @throws ConflictError when the runner has: its token is in use, and stays
 */
export async function replaceUnusedToken(
  core: Core,
  actor: Actor,
  runnerId: string,
): Promise<{ runner: Runner; token: string }> {
  requireAdmin(actor);
  return inTransaction(core, async (tx) => {
    const runner = await lockRunner(tx, runnerId);
    const isUsed =
      runner.lastSeenAt !== null ||
      (await tx.db.agentRun.findFirst({ where: { runnerId: runner.id }, select: { id: true } })) !== null;
    if (isUsed)
      throw new ConflictError(
        `The runner ${runner.name} was added by this call, and its token is in use. If you do not have it, give the runner a new one: rotate its token.`,
        runner.id,
      );
    return { runner, token: await replaceToken(tx, runner.id) };
  });
}
