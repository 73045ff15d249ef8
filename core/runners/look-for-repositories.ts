import type { RepositoryCheck } from '#contract/repositories.ts';
import { id } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireAdmin } from '#core/access/permissions.ts';
import { ConflictError, NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { checkPath } from '#core/repositories/check-path.ts';
import { plainPath } from '#core/repositories/plain-path.ts';
import type { Runner } from '#prisma/generated/client/client.ts';
import { askRunner } from './runner-requests.ts';

const NO_ANSWER = 'The runner has not answered yet. Look again in a moment.';

/** Has a runner look for repositories again, and waits for what it tells. @throws ConflictError when it is not there */
export async function lookForRepositories(core: Core, actor: Actor, runnerId: string): Promise<Runner> {
  const runner = await requireOnline(core, actor, runnerId);
  if ((await askRunner(core, { runnerId: runner.id, kind: 'look', subject: null })) === null)
    throw new ConflictError(NO_ANSWER);
  return core.db.runner.findUniqueOrThrow({ where: { id: runner.id } });
}

/**
 * Has a runner look at one path, now. For administrators: the answer tells what is on the machine.
 * @throws ConflictError when it is not there, InvalidInputError for what is no absolute path
 */
export async function checkRepository(
  core: Core,
  actor: Actor,
  runnerId: string,
  path: string,
): Promise<RepositoryCheck> {
  const wanted = parseInput(plainPath, path, ['path']);
  const runner = await requireOnline(core, actor, runnerId);
  const check = await checkPath(core, runner, wanted);
  if (!check) throw new ConflictError(NO_ANSWER);
  return check;
}

async function requireOnline(core: Core, actor: Actor, runnerId: string): Promise<Runner> {
  requireAdmin(actor);
  const runner = await core.db.runner.findUnique({ where: { id: parseInput(id, runnerId, ['runnerId']) } });
  if (!runner) throw new NotFoundError('runner', runnerId);
  if (runner.connection !== 'online' || !runner.isEnabled)
    throw new ConflictError(`The runner ${runner.name} is not online.`);
  return runner;
}
