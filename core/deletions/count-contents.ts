import type { Queryable } from '#core/platform/db.ts';
import type { DeletionCounts } from './deletion-record.ts';

const COUNTS = (column: 'task_id' | 'project_id', tasks: string): string => `
  select ${tasks} as "taskCount", runs.count::int as "runCount", runs.lines::float8 as "logLineCount",
         (select count(*) from artifacts where ${column} = $1::uuid)::int as "artifactCount"
    from (select count(*) as count, coalesce(sum(line_count), 0) as lines from agent_runs where ${column} = $1::uuid) runs`;
const OF_TASK = COUNTS('task_id', '1');
const OF_PROJECT = COUNTS('project_id', '(select count(*) from tasks where project_id = $1::uuid)::int');

export const countTaskContents = (db: Queryable, taskId: string): Promise<DeletionCounts> => count(db, OF_TASK, taskId);

export const countProjectContents = (db: Queryable, projectId: string): Promise<DeletionCounts> =>
  count(db, OF_PROJECT, projectId);

async function count(db: Queryable, sql: string, id: string): Promise<DeletionCounts> {
  const [counts] = await db.$queryRawUnsafe<DeletionCounts[]>(sql, id);
  if (!counts) throw new Error(`Expected the counts of ${id}, found none`);
  return counts;
}
