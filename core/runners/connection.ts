import { z } from 'zod';
import { label } from '#contract/fields.ts';
import type { RunnerActor } from '#core/access/actor.ts';
import { RUNNER_SILENCE_MS } from '#core/config/limits.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import type { Runner, RunnerConnection } from '#prisma/generated/client/client.ts';
import { tellProjects } from './tell-projects.ts';

const Hello = z.strictObject({
  version: z.string().max(64),
  labels: z.array(label).max(20),
  capacity: z.int().min(1).max(100),
  isDraining: z.boolean().default(false),
  /** Null: its runs are sandboxed. */
  sandboxNote: z.string().max(500).nullable().default('This runner does not say whether its runs are sandboxed.'),
});

/**
 * A runner says what it is and can do, each time it starts. Its labels are only what it asks for, since labels decide
 * what it is given: an administrator grants them. The same for its capacity, where an administrator has set a limit.
 */
export async function registerRunner(core: Core, actor: RunnerActor, input: z.input<typeof Hello>): Promise<Runner> {
  const fields = parseInput(Hello, input);
  const { labels: advertisedLabels, capacity: advertisedCapacity, ...rest } = fields;
  const { maxCapacity } = await core.db.runner.findUniqueOrThrow({ where: { id: actor.runnerId } });
  const capacity = Math.min(advertisedCapacity, maxCapacity ?? advertisedCapacity);
  await core.db.runner.update({
    where: { id: actor.runnerId },
    data: { ...rest, advertisedLabels, advertisedCapacity, capacity, lastSeenAt: await databaseNow(core.db) },
  });
  await tellProjects(core, actor.runnerId);
  return core.db.runner.findUniqueOrThrow({ where: { id: actor.runnerId } });
}

/**
 * Notes that a runner's socket opened or closed, and tells its projects if that changes what they see.
 * @param silentForMs for one that has gone: only if no api process has seen it for this long, because it may have
 *   come back to another one
 */
export async function setRunnerConnection(
  core: Core,
  runnerId: string,
  connection: RunnerConnection,
  silentForMs = 0,
): Promise<void> {
  if (connection === 'online') return noteRunnersSeen(core, [runnerId]);
  const { rowCount } = await core.pool.query({
    text: `update runners set connection = $2::runner_connection
            where id = $1 and connection <> $2::runner_connection and (last_seen_at is null or last_seen_at <= clock_timestamp() - make_interval(secs => $3))`,
    values: [runnerId, connection, silentForMs / 1000],
  });
  if (rowCount) await tellProjects(core, runnerId);
}

/**
 * One statement for all runners whose sockets an api process holds. It also puts right what a process wrote that did
 * not know of these sockets.
 */
export async function noteRunnersSeen(core: Core, runnerIds: string[]): Promise<void> {
  if (runnerIds.length === 0) return;
  const { rows } = await core.pool.query<{ id: string; was: RunnerConnection }>({
    text: `update runners set last_seen_at = clock_timestamp(), connection = 'online' from (select id, connection as was from runners where id = any($1::uuid[]) order by id for no key update) before
            where runners.id = before.id returning runners.id, before.was`,
    values: [runnerIds],
  });
  const changed = rows.filter(({ was }) => was !== 'online');
  await eachAlone(core, 'to tell the projects of a runner', changed, ({ id }) => tellProjects(core, id));
}

/** Finds runners whose api process died with their sockets: nobody says for them that they are gone. */
export async function sweepSilentRunners(core: Core): Promise<void> {
  const silent = await core.pool.query<{ id: string }>({
    text: `select id from runners where connection = 'online' and last_seen_at < now() - make_interval(secs => $1)`,
    values: [(2 * RUNNER_SILENCE_MS) / 1000],
  });
  await eachAlone(core, 'to say of a runner that it is silent', silent.rows, ({ id }) =>
    setRunnerConnection(core, id, 'unreachable', 2 * RUNNER_SILENCE_MS),
  );
}
