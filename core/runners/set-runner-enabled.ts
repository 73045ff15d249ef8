import { id } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireAdmin } from '#core/access/permissions.ts';
import { ENDED_SESSIONS_CHANNEL } from '#core/access/sessions.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import type { Runner } from '#prisma/generated/client/client.ts';
import { tellProjects } from './tell-projects.ts';

/** Enables or disables a runner. A disabled one is refused at its next call; its runs end with their leases. */
export async function setRunnerEnabled(
  core: Core,
  actor: Actor,
  runnerId: string,
  isEnabled: boolean,
): Promise<Runner> {
  requireAdmin(actor);
  const found = await core.db.runner.findUnique({ where: { id: parseInput(id, runnerId, ['runnerId']) } });
  if (!found) throw new NotFoundError('runner', runnerId);
  const runner = await core.db.runner.update({ where: { id: runnerId }, data: { isEnabled } });
  if (!isEnabled) core.bus.publish(ENDED_SESSIONS_CHANNEL, { ended: runnerId });
  await tellProjects(core, runnerId);
  return runner;
}
