import { AgentConfig } from '#contract/agent-config.ts';
import { NO_REPOSITORY } from '#contract/waiting.ts';
import type { Queryable } from '#core/platform/db.ts';
import { grantedRepositorySql } from '#core/repositories/granted-repository.ts';
import { REPOSITORY } from './claim-candidates.ts';
import { CLAIMED_SQL } from './statuses.ts';

/** Shown until the retry policy's delay is over; the run itself says when that is. */
export const WAITS_FOR_RETRY = 'Waits for its next try.';

/**
 * Why a pending run has not started, as a sentence for people; null when it is about to.
 * @source runs.md: capacity, no runner online, no runner with the label, project paused, no repository granted
 */
export async function findWaitingReason(db: Queryable, projectId: string, agentId: string): Promise<string | null> {
  const [facts] = await db.$queryRawUnsafe<Facts[]>(FACTS, projectId, agentId);
  if (!facts) throw new Error(`Expected the project ${projectId} and the agent ${agentId}, found not both`);
  const { agentName, runners } = facts;
  if (facts.projectStatus !== 'active') return `The project is ${facts.projectStatus}.`;
  if (!facts.isAgentEnabled) return `The agent ${agentName} is disabled.`;
  const parsed = AgentConfig.safeParse(facts.agentConfig);
  if (!parsed.success) return `The configuration of the agent ${agentName} is not valid.`;
  const config = parsed.data;
  const labels = facts.agentType === 'cloud' ? [...new Set([...config.labels, 'cloud'])] : config.labels;
  if (runners.length === 0) return 'No runner is online.';
  const missing = labels.find((label) => !runners.some((runner) => runner.labels.includes(label)));
  if (missing !== undefined) return `No runner with the label ${missing} is online.`;
  const suitable = runners.filter((runner) => labels.every((label) => runner.labels.includes(label)));
  if (suitable.length === 0) return `No online runner has all of the labels ${labels.join(', ')}.`;
  if (facts.repository === null) return NO_REPOSITORY;
  const granted = suitable.filter((runner) => runner.isGranted);
  if (granted.length === 0) return `No runner has the repository ${facts.repository} granted.`;
  if (granted.every((runner) => runner.runs >= runner.capacity)) return 'All runners are busy.';
  if (facts.liveRuns >= config.concurrency)
    return `The agent ${agentName} already has ${facts.liveRuns} run${facts.liveRuns === 1 ? '' : 's'}.`;
  return null;
}

interface Facts {
  projectStatus: string;
  agentName: string;
  agentType: string;
  isAgentEnabled: boolean;
  agentConfig: unknown;
  liveRuns: number;
  /** Those that are online and serve the project. */
  runners: { labels: string[]; capacity: number; runs: number; isGranted: boolean }[];
  /** Null: none was chosen. */
  repository: string | null;
}

// One statement, since whoever adds a task waits for it: as four queries of the client it was a fifth of createTask.
const FACTS = `
  select p.status::text as "projectStatus", a.name as "agentName", a.type::text as "agentType", a.is_enabled as "isAgentEnabled", a.config_json as "agentConfig",
         ${REPOSITORY} as repository,
         (select count(*)::int from agent_runs l where l.agent_id = a.id and l.status ${CLAIMED_SQL}) as "liveRuns",
         coalesce((select jsonb_agg(jsonb_build_object('labels', to_jsonb(r.labels), 'capacity', r.capacity,
                          'isGranted', ${grantedRepositorySql('p.id', 'r.id', REPOSITORY)} is not null,
                          'runs', (select count(*) from agent_runs l where l.runner_id = r.id and l.status ${CLAIMED_SQL})))
                     from runners r
                    where r.is_enabled and not r.is_draining and r.connection = 'online'
                      and (r.all_projects or exists (select 1 from runner_projects s where s.runner_id = r.id and s.project_id = p.id))), '[]'::jsonb) as runners
    from projects p, agents a
   where p.id = $1::uuid and a.id = $2::uuid`;
