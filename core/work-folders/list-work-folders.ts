import { WorkFolderFacts } from '#contract/repositories.ts';
import type { Core } from '#core/platform/core.ts';
import { CLAIMED_SQL } from '#core/runs/statuses.ts';

export interface WorkFolderItem {
  name: string;
  /** As the runner told it. */
  facts: WorkFolderFacts;
  seenAt: Date;
  /** The task it is of; null: none that ran on this runner. */
  taskId: string | null;
  taskTitle: string | null;
  taskStatus: string | null;
  /** Who stopped it, when it is held. */
  taskHeldBy: string | null;
  projectId: string | null;
  projectName: string | null;
  isLive: boolean;
  isMerged: boolean;
}

const LIST = `
  select f.name, f.facts, f.seen_at as "seenAt", t.id as "taskId", t.title as "taskTitle", t.status::text as "taskStatus", t.held_by as "taskHeldBy", p.id as "projectId", p.name as "projectName",
         exists (select 1 from agent_runs l where l.task_id = t.id and l.status ${CLAIMED_SQL}) as "isLive",
         exists (select 1 from agent_runs m where m.task_id = t.id and m.kind = 'merge' and m.status = 'completed') as "isMerged"
    from work_folders f
    left join tasks t on t.id = f.task_id and exists (select 1 from agent_runs r where r.task_id = t.id and r.runner_id = f.runner_id)
                     and exists (select 1 from projects n where n.id = t.project_id and n.deleting_at is null)
    left join projects p on p.id = t.project_id
   where f.runner_id = $1::uuid
   order by (f.facts->>'sizeBytes')::bigint desc, f.name
   limit 1000`;

/** The work folders of a runner, the largest first. For callers that have checked that the actor is an administrator. */
export async function listWorkFolders(core: Core, runnerId: string): Promise<WorkFolderItem[]> {
  const { rows } = await core.pool.query<Omit<WorkFolderItem, 'facts'> & { facts: unknown }>({
    text: LIST,
    values: [runnerId],
  });
  // What an older runner told, in an older form, is left out rather than shown wrong.
  return rows.flatMap((row) => {
    const facts = WorkFolderFacts.safeParse(row.facts);
    return facts.success ? [{ ...row, facts: facts.data }] : [];
  });
}
