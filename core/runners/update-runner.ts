import { z } from 'zod';
import { id, label } from '#contract/fields.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireAdmin } from '#core/access/permissions.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { Runner } from '#prisma/generated/client/client.ts';
import { RUNNERS_CHANNEL } from './commands.ts';
import type { RunnerMessage } from './commands.ts';
import { projectsOf, tellProjects } from './tell-projects.ts';

const Changes = z.strictObject({
  runnerId: id,
  /** Granted: these count, whatever the runner asks for. */
  labels: z.array(label).max(20).optional(),
  /** A limit of runs at once; null: as many as the runner says. */
  capacity: z.int().min(1).max(100).nullable().optional(),
  /** The projects it serves; null: every one. */
  projectIds: z.array(id).max(1_000).nullable().optional(),
});

/** Changes what an administrator decides of a runner. */
export async function updateRunner(core: Core, actor: Actor, input: z.input<typeof Changes>): Promise<Runner> {
  const { runnerId, labels, capacity, projectIds } = parseInput(Changes, input);
  requireAdmin(actor);
  const { runner, servedIds } = await inTransaction(core, async (tx) => {
    const found = await tx.db.runner.findUnique({ where: { id: runnerId } });
    if (!found) throw new NotFoundError('runner', runnerId);
    const servedIds = projectIds === undefined ? [] : await projectsOf(tx, runnerId);
    if (projectIds !== undefined) await setProjects(tx, runnerId, projectIds);
    const runner = await tx.db.runner.update({
      where: { id: runnerId },
      data: {
        ...(labels === undefined ? {} : { labels: [...new Set(labels)] }),
        ...(capacity === undefined ? {} : { maxCapacity: capacity, capacity: capacityOf(found, capacity) }),
        ...(projectIds === undefined ? {} : { allProjects: projectIds === null }),
      },
    });
    return { runner, servedIds };
  });
  await tellProjects(core, runnerId, servedIds);
  return runner;
}

/** What it takes at once: what it says, at most the limit. One that has said nothing yet takes the limit. */
function capacityOf({ advertisedCapacity, capacity }: Runner, limit: number | null): number {
  const said = advertisedCapacity ?? limit ?? capacity;
  return limit === null ? said : Math.min(said, limit);
}

async function setProjects(tx: Tx, runnerId: string, projectIds: string[] | null): Promise<void> {
  const served = [...new Set(projectIds ?? [])];
  const found = await tx.db.project.findMany({ where: { id: { in: served } }, select: { id: true } });
  const missing = served.find((wanted) => !found.some((project) => project.id === wanted));
  if (missing) throw new NotFoundError('project', missing);
  await tx.db.runnerProject.deleteMany({ where: { runnerId } });
  await tx.db.runnerProject.createMany({ data: served.map((projectId) => ({ runnerId, projectId })) });
  tx.publish(RUNNERS_CHANNEL, {
    type: 'projects',
    runnerId,
    allProjects: projectIds === null,
    projectIds: served,
  } satisfies RunnerMessage);
}
