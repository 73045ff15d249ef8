import type { Core } from '#core/platform/core.ts';
import { RUNNERS_CHANNEL } from '#core/runners/commands.ts';
import type { RunnerMessage } from '#core/runners/commands.ts';

/**
 * Tells the runners of every project in which runs wait to look again: what waited for a cap of the day before may start.
 * @returns milliseconds until the next day of UTC begins, by the database's clock
 */
export async function wakeForNewDay(core: Core): Promise<number> {
  // Asked project by project, each reads one of its waiting runs, and not all of them.
  const { rows } = await core.pool.query<{ id: string | null; ms: number }>({
    name: 'wake_for_new_day',
    text: `select extract(epoch from date_trunc('day', now, 'UTC') + interval '1 day' - now)::float8 * 1000 as ms, w.id
             from statement_timestamp() now
             left join (select p.id from projects p cross join lateral (
                          select from agent_runs r where r.project_id = p.id and r.status = 'pending' and r.kind = 'task' limit 1) r) w on true`,
  });
  for (const { id } of rows)
    if (id !== null) core.bus.publish(RUNNERS_CHANNEL, { type: 'work', projectId: id } satisfies RunnerMessage);
  return Math.max(1, Math.ceil(rows[0]?.ms ?? 0));
}
