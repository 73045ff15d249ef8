import type { Core } from '#core/platform/core.ts';
import { RUNNERS_CHANNEL } from '#core/runners/commands.ts';
import type { RunnerMessage } from '#core/runners/commands.ts';

/** At the first moments of a day of UTC: what waited for a cap of the day before may start, and its runners hear of it. */
export async function wakeCappedProjects(core: Core): Promise<void> {
  const { rows } = await core.pool.query<{ id: string }>({
    name: 'capped_projects',
    text: `select distinct project_id as id from agent_runs
            where status = 'pending' and kind = 'task' and (statement_timestamp() at time zone 'UTC')::time < time '00:01'`,
  });
  for (const { id } of rows) core.bus.publish(RUNNERS_CHANNEL, { type: 'work', projectId: id } satisfies RunnerMessage);
}
