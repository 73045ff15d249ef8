import type { Core } from '#core/platform/core.ts';
import { OPEN_TASK_STATUSES } from './transitions.ts';
import type { TaskStatus } from './transitions.ts';

/** How many tasks of a project have each of the statuses. */
export async function countTasks(
  { pool }: Core,
  projectId: string,
  statuses: readonly TaskStatus[],
): Promise<Map<TaskStatus, number>> {
  const { rows } = await pool.query<{ status: TaskStatus; count: number }>(
    `select status, sum(tasks)::int as count from task_counts
     where project_id = $1 and status = any($2::task_status[]) group by status`,
    [projectId, statuses],
  );
  const counts = new Map(rows.map(({ status, count }) => [status, count]));
  return new Map(statuses.map((status) => [status, counts.get(status) ?? 0]));
}

/**
 * The first tasks of several columns of a board, together: open ones by priority then age, the order in which work is
 * taken; those that are over by when they last changed, the newest first.
 * @param end from which end of each column
 */
export async function idsOfColumns(
  { pool }: Core,
  projectId: string,
  statuses: readonly TaskStatus[],
  { limit, end }: { limit: number; end: 'first' | 'last' },
): Promise<string[]> {
  const isOpen = (status: TaskStatus): boolean => OPEN_TASK_STATUSES.includes(status);
  const [up, down] = end === 'first' ? ['asc', 'desc'] : ['desc', 'asc'];
  const columns = (place: string, order: string): string =>
    `select item.id from unnest(${place}::task_status[]) as c(status) cross join lateral (
       select id from tasks where project_id = $1 and status = c.status order by ${order} limit $4) as item`;
  const { rows } = await pool.query<{ id: string }>(
    `${columns('$2', `priority ${up}, id ${up}`)} union all ${columns('$3', `updated_at ${down}, id ${down}`)}`,
    [projectId, statuses.filter(isOpen), statuses.filter((status) => !isOpen(status)), limit],
  );
  return rows.map(({ id }) => id);
}
