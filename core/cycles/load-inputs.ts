import type { Core } from '#core/platform/core.ts';
import { LIVE_SQL } from '#core/runs/statuses.ts';
import { isStateVersionIntact } from '#core/state/check-version.ts';
import type { CycleMode, Message, ProjectStatus, StateFormat } from '#prisma/generated/client/client.ts';

const MAX_MESSAGES_A_CYCLE = 200;

export interface CycleInputs {
  /** What people have said since the last cycle, oldest first. */
  messages: Message[];
  /** There may be tasks to give to an agent, or to start. */
  hasTasks: boolean;
  /** The state document does not tell yet what has changed. */
  isStateStale: boolean;
  /** The newest state version does not parse or does not match its hash: it is written anew. */
  isStateBroken: boolean;
  /** Nothing is planned or scheduled in an archived project. */
  isArchived: boolean;
}

interface Glance {
  status: ProjectStatus;
  isStateStale: boolean;
  messageIds: string[];
  hasTasks: boolean;
  content: string | null;
  contentHash: string;
  stateFormat: StateFormat;
}

// Statuses as literals: a parameter could not be proven to fit a partial index.
const GLANCE = `
  select p.status, p.state_changes > p.state_rendered as "isStateStale",
         array(select m.id::text from messages m where m.project_id = p.id and m.role = 'user' and m.ingested_at is null
                order by m.id limit ${MAX_MESSAGES_A_CYCLE}) as "messageIds",
         exists (select 1 from tasks t
                  where t.project_id = p.id and t.status = 'queued' and t.held_by is null
                    and not exists (select 1 from agent_runs r where r.task_id = t.id and r.kind = 'task' and r.status ${LIVE_SQL}))
           or ($2 = 'full' and exists (select 1 from tasks t where t.project_id = p.id and t.status = 'blocked')) as "hasTasks",
         v.content, v.content_hash as "contentHash", v.state_format as "stateFormat"
    from projects p
    left join lateral (select content, content_hash, state_format from project_state_versions
                        where project_id = p.id order by version desc limit 1) v on true
   where p.id = $1::uuid`;

/** Reads what a cycle works on; of what there is none of, one statement is all it costs. */
export async function loadInputs(core: Core, projectId: string, mode: CycleMode): Promise<CycleInputs> {
  const [glance] = await core.db.$queryRawUnsafe<Glance[]>(GLANCE, projectId, mode);
  if (!glance) throw new Error(`Expected the project ${projectId}, found none`);
  const { status, isStateStale, messageIds, hasTasks, content } = glance;
  const messages =
    messageIds.length > 0
      ? await core.db.message.findMany({ where: { id: { in: messageIds }, ingestedAt: null }, orderBy: { id: 'asc' } })
      : [];
  return {
    messages,
    hasTasks,
    isStateStale,
    isStateBroken: content !== null && !isStateVersionIntact({ ...glance, content }),
    isArchived: status === 'archived',
  };
}
