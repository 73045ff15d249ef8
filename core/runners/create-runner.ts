import { z } from 'zod';
import { id, label, name } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireAdmin } from '#core/access/permissions.ts';
import { ConflictError, NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { isUniqueViolation } from '#core/errors/prisma-errors.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Runner } from '#prisma/generated/client/client.ts';
import { addToken } from './runner-tokens.ts';

const DEFAULT_CAPACITY = 2;

const NewRunner = z.strictObject({
  name: name.max(64),
  labels: z.array(label).max(20).default([]),
  /** A limit of runs at once, whatever the runner says; null: as many as it says. */
  capacity: z.int().min(1).max(100).nullable().default(DEFAULT_CAPACITY),
  /** Null: every project, also those made later. */
  projectIds: z.array(id).max(1_000).nullable().default(null),
});

/** Adds a runner. The token is shown this once; it can do nothing but a runner's work on its projects. */
export async function createRunner(
  core: Core,
  actor: Actor,
  input: z.input<typeof NewRunner>,
): Promise<{ runner: Runner; token: string }> {
  const { projectIds, capacity, ...fields } = parseInput(NewRunner, input);
  requireAdmin(actor);
  return inTransaction(core, async (tx) => {
    if (projectIds) {
      const found = await tx.db.project.findMany({ where: { id: { in: projectIds } }, select: { id: true } });
      const missing = projectIds.find((wanted) => !found.some((project) => project.id === wanted));
      if (missing) throw new NotFoundError('project', missing);
    }
    const runner = await tx.db.runner
      .create({
        data: {
          id: newId(),
          ...fields,
          capacity: capacity ?? DEFAULT_CAPACITY,
          maxCapacity: capacity,
          allProjects: projectIds === null,
          projects: { create: (projectIds ?? []).map((projectId) => ({ projectId })) },
        },
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new ConflictError(`There already is a runner named ${fields.name}.`) : error;
      });
    return { runner, token: await addToken(tx, runner.id) };
  });
}
