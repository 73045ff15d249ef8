import type { Core } from '#core/platform/core.ts';
import { OPEN_TASK_STATUSES } from '#core/tasks/transitions.ts';

/** What is counted or looked up for a project. In SQL: Prisma reads every version and every run there ever was for the newest one. */
const FACTS = {
  stateVersion:
    '(select version from project_state_versions where project_id = p.id order by version desc limit 1)::float8',
  openTaskCount: `(select coalesce(sum(tasks), 0) from task_counts where project_id = p.id
    and status in (${OPEN_TASK_STATUSES.map((status) => `'${status}'`).join(', ')}))::int`,
  lastRunId: '(select id from agent_runs where project_id = p.id order by id desc limit 1)',
} as const;
export type ProjectFact = keyof typeof FACTS;

export interface ProjectFacts {
  stateVersion: number | null;
  openTaskCount: number;
  lastRunId: string | null;
}

/** The facts that are named, of each project, in one statement. The caller has seen the projects. */
export async function readProjectFacts(
  { pool }: Core,
  projectIds: readonly string[],
  names: readonly ProjectFact[],
): Promise<Map<string, Partial<ProjectFacts>>> {
  const { rows } = await pool.query<{ id: string } & Partial<ProjectFacts>>(
    `select p.id, ${names.map((name) => `${FACTS[name]} as "${name}"`).join(', ')} from unnest($1::uuid[]) as p(id)`,
    [projectIds],
  );
  return new Map(rows.map((row) => [row.id, row]));
}
