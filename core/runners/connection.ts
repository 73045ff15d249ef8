import { z } from 'zod';
import { label } from '#contract/fields.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { RUNNER_SILENCE_MS } from '#core/config/limits.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { runnerStatusChanged } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { refreshWaitingReasons } from '#core/runs/refresh-waiting-reasons.ts';
import type { Runner, RunnerConnection } from '#prisma/generated/client/client.ts';

const Hello = z.strictObject({
  version: z.string().max(64),
  labels: z.array(label).max(20),
  capacity: z.int().min(1).max(100),
  isDraining: z.boolean().default(false),
});

/** A runner says what it is and can do, each time it starts. */
export async function registerRunner(core: Core, actor: RunnerActor, input: z.input<typeof Hello>): Promise<Runner> {
  const fields = parseInput(Hello, input);
  await core.db.runner.update({ where: { id: actor.runnerId }, data: { ...fields, lastSeenAt: new Date() } });
  await tellProjects(core, actor.runnerId);
  return core.db.runner.findUniqueOrThrow({ where: { id: actor.runnerId } });
}

/** Notes that a runner's socket opened or closed, and tells its projects if that changes what they see. */
export async function setRunnerConnection(core: Core, runnerId: string, connection: RunnerConnection): Promise<void> {
  const changed = await core.db.runner.updateMany({
    where: { id: runnerId, connection: { not: connection } },
    data: { connection, ...(connection === 'online' ? { lastSeenAt: new Date() } : {}) },
  });
  if (changed.count > 0) await tellProjects(core, runnerId);
}

/** One statement for all runners whose sockets an api process holds. */
export async function noteRunnersSeen(core: Core, runnerIds: string[]): Promise<void> {
  if (runnerIds.length === 0) return;
  await core.pool.query({ text: 'update runners set last_seen_at = now() where id = any($1::uuid[])', values: [runnerIds] });
}

/** Finds runners whose api process died with their sockets: nobody says for them that they are gone. */
export async function sweepSilentRunners(core: Core): Promise<void> {
  const silent = await core.pool.query<{ id: string }>({
    text: `select id from runners where connection = 'online' and last_seen_at < now() - make_interval(secs => $1)`, values: [(2 * RUNNER_SILENCE_MS) / 1000],
  });
  for (const { id } of silent.rows) await setRunnerConnection(core, id, 'unreachable');
}

async function tellProjects(core: Core, runnerId: string): Promise<void> {
  const runner = await core.db.runner.findUniqueOrThrow({ where: { id: runnerId }, include: { projects: true } });
  const projects = runner.allProjects
    ? await core.db.project.findMany({ where: { status: { not: 'archived' } }, select: { id: true } })
    : runner.projects.map(({ projectId }) => ({ id: projectId }));
  await inTransaction(core, async (tx) => {
    for (const project of projects) {
      tx.emit(runnerStatusChanged, {
        projectId: project.id, entityId: runner.id,
        patch: { name: runner.name, connection: runner.connection, capacity: runner.capacity, isDraining: runner.isDraining },
      });
    }
  });
  for (const project of projects) await refreshWaitingReasons(core, project.id);
}
