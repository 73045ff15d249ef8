import { z } from 'zod';
import { id } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { userIdOf } from '#core/access/actor.ts';
import { requireAdmin } from '#core/access/permissions.ts';
import { InvalidInputError, NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { projectsOf, tellOfRunner } from '#core/runners/tell-projects.ts';
import { insertGrant } from './grants.ts';
import { plainPath } from './plain-path.ts';

const Grant = z.strictObject({
  runnerId: id,
  path: plainPath,
  /** Null: every project may use it, also those of people who may choose nothing else. */
  projectId: id.nullable(),
});

/**
 * Grants a repository of a runner to a project or to every project.
 * @throws InvalidInputError for a path at which the runner has told of no repository
 */
export async function grantRepository(core: Core, actor: Actor, input: z.input<typeof Grant>): Promise<void> {
  const { runnerId, path, projectId } = parseInput(Grant, input);
  requireAdmin(actor);
  await inTransaction(core, async (tx) => {
    if (!(await tx.db.runner.findUnique({ where: { id: runnerId } }))) throw new NotFoundError('runner', runnerId);
    if (projectId !== null && !(await tx.db.project.findUnique({ where: { id: projectId } })))
      throw new NotFoundError('project', projectId);
    const known = await tx.db.runnerRepository.findFirst({ where: { runnerId, path, goneAt: null } });
    if (!known)
      throw new InvalidInputError([
        {
          path: ['path'],
          message: 'The runner has not told of a repository at this path. Have it look again, or check the path first.',
        },
      ]);
    await insertGrant(tx, actor, { runnerId, path, projectId });
  });
}

/** Takes a grant back. Runs that work go on; those that wait say so. The row stays, with who revoked it and when. */
export async function revokeRepository(core: Core, actor: Actor, input: z.input<typeof Grant>): Promise<void> {
  const { runnerId, path, projectId } = parseInput(Grant, input);
  requireAdmin(actor);
  await inTransaction(core, async (tx) => {
    const revoked = await tx.db.repositoryGrant.updateMany({
      where: { runnerId, path, projectId, revokedAt: null },
      data: { revokedAt: await databaseNow(tx.db), revokedByUserId: userIdOf(actor) },
    });
    if (revoked.count === 0) throw new NotFoundError('grant');
    await tellOfRunner(tx, runnerId, projectId === null ? await projectsOf(tx, runnerId) : [projectId]);
  });
}
