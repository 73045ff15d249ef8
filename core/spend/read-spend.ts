import { z } from 'zod';
import { InvalidInputError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';

/** What runs have used. Runs whose cost is not known are in none of the sums of money: `unknownCostRuns` says how many. */
export interface Spend {
  /** Attempts of agents that have ended. */
  runs: number;
  wallSeconds: number;
  /** Those from the cache included. */
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  costUsd: number;
  unknownCostRuns: number;
}

/** Of one agent on one day of UTC, as YYYY-MM-DD: that on which its runs ended. */
export interface SpendOfDay extends Spend {
  agentId: string;
  day: string;
}

export const MAX_SPEND_DAYS = 92;
const day = z.iso.date('A day, as in 2026-01-31');
const Span = z.strictObject({ from: day.nullable(), to: day.nullable() });
const DAY_MS = 86_400_000;

const FIGURES = `runs::int, (wall_ms / 1000.0)::float8 as "wallSeconds", input_tokens::float8 as "inputTokens",
  cached_input_tokens::float8 as "cachedInputTokens", output_tokens::float8 as "outputTokens", cost_usd::float8 as "costUsd",
  unknown_cost_runs::int as "unknownCostRuns"`;
const SUMS = `coalesce(sum(runs), 0) as runs, coalesce(sum(wall_ms), 0) as wall_ms, coalesce(sum(input_tokens), 0) as input_tokens,
  coalesce(sum(cached_input_tokens), 0) as cached_input_tokens, coalesce(sum(output_tokens), 0) as output_tokens,
  coalesce(sum(cost_usd), 0) as cost_usd, coalesce(sum(unknown_cost_runs), 0) as unknown_cost_runs`;

/** The days that are asked for, both included; the last seven of UTC without. @throws InvalidInputError */
export async function spendSpan(
  core: Core,
  asked: { from?: string | null; to?: string | null },
): Promise<{ from: string; to: string }> {
  const span = parseInput(Span, { from: asked.from ?? null, to: asked.to ?? null });
  const { rows } = await core.pool.query<{ today: string }>({
    name: 'today_utc',
    text: `select (statement_timestamp() at time zone 'UTC')::date::text as today`,
  });
  const to = span.to ?? rows[0]?.today ?? '';
  const from = span.from ?? new Date(Date.parse(to) - 6 * DAY_MS).toISOString().slice(0, 10);
  const days = (Date.parse(to) - Date.parse(from)) / DAY_MS + 1;
  if (days < 1 || days > MAX_SPEND_DAYS)
    throw new InvalidInputError([{ path: ['from'], message: `Between 1 and ${MAX_SPEND_DAYS} days up to \`to\`` }]);
  return { from, to };
}

/** By day, newest first, then agent; days without a run are left out. However many runs there were, it reads their sums. */
export async function readProjectSpend(
  core: Core,
  projectId: string,
  { from, to }: { from: string; to: string },
): Promise<SpendOfDay[]> {
  const { rows } = await core.pool.query<SpendOfDay>({
    name: 'project_spend',
    text: `select agent_id as "agentId", day::text, ${FIGURES} from (
             select agent_id, day, ${SUMS} from run_spend_days where project_id = $1 and day between $2::date and $3::date group by 1, 2) s
            where runs > 0 order by s.day desc, agent_id`,
    values: [projectId, from, to],
  });
  return rows;
}

/** What each of these agents has used on the days. @returns in the order of what was asked for */
export async function readAgentSpend(
  core: Core,
  agentIds: readonly string[],
  { from, to }: { from: string; to: string },
): Promise<Spend[]> {
  const { rows } = await core.pool.query<Spend>({
    name: 'agent_spend',
    text: `select ${FIGURES} from unnest($1::uuid[]) with ordinality as a(id, place)
            cross join lateral (select ${SUMS} from run_spend_days where agent_id = a.id and day between $2::date and $3::date) s order by place`,
    values: [agentIds, from, to],
  });
  return rows;
}

/** What all attempts at each of these tasks have used. @returns in the order of what was asked for */
export async function readTaskSpend(core: Core, taskIds: readonly string[]): Promise<Spend[]> {
  const { rows } = await core.pool.query<Spend>({
    name: 'task_spend',
    text: `select ${FIGURES} from unnest($1::uuid[]) with ordinality as t(id, place)
            cross join lateral (
              select ${SUMS} from (select *, 1 as runs from run_spend s where s.task_id = t.id) s) s
            order by place`,
    values: [taskIds],
  });
  return rows;
}

/** The sum of several. */
export function addUpSpend(all: readonly Spend[]): Spend {
  const sum = (figure: keyof Spend): number => all.reduce((total, each) => total + each[figure], 0);
  return {
    runs: sum('runs'),
    wallSeconds: sum('wallSeconds'),
    inputTokens: sum('inputTokens'),
    cachedInputTokens: sum('cachedInputTokens'),
    outputTokens: sum('outputTokens'),
    costUsd: sum('costUsd'),
    unknownCostRuns: sum('unknownCostRuns'),
  };
}
