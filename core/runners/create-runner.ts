import { z } from 'zod';
import { id, label, name } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireAdmin } from '#core/access/permissions.ts';
import { ENDED_SESSIONS_CHANNEL } from '#core/access/sessions.ts';
import { newToken } from '#core/access/tokens.ts';
import { ConflictError, NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { isUniqueViolation } from '#core/errors/prisma-errors.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { Runner } from '#prisma/generated/client/client.ts';
import { tellProjects } from './tell-projects.ts';

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

/**
 * The same for a runner whose token may never have reached anybody, as long as nobody has come with one.
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

async function lockRunner(tx: Tx, said: string): Promise<Runner> {
  const runnerId = parseInput(id, said, ['runnerId']);
  await tx.db.$queryRaw`select 1 from runners where id = ${runnerId}::uuid for no key update`;
  const runner = await tx.db.runner.findUnique({ where: { id: runnerId } });
  if (!runner) throw new NotFoundError('runner', runnerId);
  return runner;
}

async function replaceToken(tx: Tx, runnerId: string): Promise<string> {
  await tx.db.runnerToken.updateMany({
    where: { runnerId, revokedAt: null },
    data: { revokedAt: await databaseNow(tx.db) },
  });
  tx.publish(ENDED_SESSIONS_CHANNEL, { ended: runnerId });
  return addToken(tx, runnerId);
}

async function addToken(tx: Tx, runnerId: string): Promise<string> {
  const { token, prefix, hash } = newToken('run');
  await tx.db.runnerToken.create({ data: { id: newId(), runnerId, prefix, tokenHash: hash, scopes: ['runner'] } });
  return token;
}
