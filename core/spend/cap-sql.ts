import { CLAIMED_SQL } from '#core/runs/statuses.ts';

/** SQL: the day of UTC. Of the statement, so that an index serves conditions with it. */
export const TODAY = `(statement_timestamp() at time zone 'UTC')::date`;

/** SQL: these caps (a jsonb) limit anything. */
export const hasCapsSql = (caps: string): string => `coalesce(jsonb_strip_nulls(${caps}), '{}') <> '{}'`;

const SUMS = `coalesce(sum(runs), 0) as runs, coalesce(sum(wall_seconds), 0) as wall_seconds,
        coalesce(sum(tokens), 0) as tokens, coalesce(sum(cost_usd), 0) as cost_usd`;
// A run at work counts as one, with its time so far, and with the tokens and the cost that are known so far.
const USE_OF_RUN = `1 as runs, extract(epoch from coalesce(l.finished_at, clock_timestamp()) - l.started_at) as wall_seconds,
        coalesce(l.input_tokens, 0) + coalesce(l.output_tokens, 0) as tokens, coalesce(l.cost_usd, 0) as cost_usd`;

/** SQL: one row of what an agent's or a project's runs have used today, those at work included. It reads the sums of the day. */
export const usedTodaySql = (column: 'agent_id' | 'project_id', id: string): string => `
   (select ${SUMS} from (
      select s.runs, s.wall_ms / 1000.0 as wall_seconds, s.input_tokens + s.output_tokens as tokens, s.cost_usd
        from run_spend_days s where s.${column} = ${id} and s.day = ${TODAY}
      union all
      select ${USE_OF_RUN} from agent_runs l where l.${column} = ${id} and l.kind = 'task' and l.status ${CLAIMED_SQL}) used)`;

/** SQL: the same of the attempts at one task, today or in all. */
export const usedByTaskSql = (id: string, when: 'today' | 'in_all'): string => `
   (select ${SUMS} from (
      select ${USE_OF_RUN} from agent_runs l where l.task_id = ${id} and l.kind = 'task' and l.started_at is not null
        ${when === 'today' ? `and (l.finished_at is null or (l.finished_at at time zone 'UTC')::date = ${TODAY})` : ''}) used)`;

/** SQL: no cap of these (a jsonb) is reached by what is used. What is not capped is not summed. */
export const isUnderSql = (caps: string, used: string): string => `
   (not (${hasCapsSql(caps)}) or not exists (
      select 1 from ${used} u
       where u.runs >= (${caps}->>'runs')::numeric or u.wall_seconds >= (${caps}->>'wallSeconds')::numeric
          or u.tokens >= (${caps}->>'tokens')::numeric or u.cost_usd >= (${caps}->>'costUsd')::numeric))`;

/** SQL: what is used, as `Used` has it; null where nothing is capped. */
export const usedJsonSql = (caps: string, used: string): string => `
   (case when ${hasCapsSql(caps)} then (
      select jsonb_build_object('runs', u.runs, 'wallSeconds', u.wall_seconds, 'tokens', u.tokens, 'costUsd', u.cost_usd) from ${used} u) end)`;

export const AGENT_DAY_CAPS = `(a.config_json->'caps'->'perDay')`;
export const PROJECT_DAY_CAPS = `(p.caps->'perDay')`;
export const TASK_DAY_CAPS = `(p.caps->'perTaskDay')`;
export const TASK_CAPS = `(p.caps->'perTask')`;
const RUNS_AT_ONCE = `(p.caps->>'runsAtOnce')::int`;

/** SQL: how many runs of agents are at work in a project `p`. */
export const RUNS_IN_PROJECT = `(select count(*)::int from agent_runs l where l.project_id = p.id and l.kind = 'task' and l.status ${CLAIMED_SQL})`;

/** SQL: an agent `a` of a project `p` may start one more run, as far as caps go. */
export const UNDER_DAY_CAPS = `(
   ${isUnderSql(AGENT_DAY_CAPS, usedTodaySql('agent_id', 'a.id'))} and ${isUnderSql(PROJECT_DAY_CAPS, usedTodaySql('project_id', 'p.id'))}
   and (${RUNS_AT_ONCE} is null or ${RUNS_IN_PROJECT} < ${RUNS_AT_ONCE}))`;

/** SQL: the task of a run `r` of a project `p` may have one more run. A first attempt may: no cap is smaller than what it has used. */
export const TASK_UNDER_CAPS = `(r.attempt = 1 or (
   ${isUnderSql(TASK_DAY_CAPS, usedByTaskSql('r.task_id', 'today'))} and ${isUnderSql(TASK_CAPS, usedByTaskSql('r.task_id', 'in_all'))}))`;
