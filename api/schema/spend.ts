import type { GraphQLResolveInfo } from 'graphql';
import type { ApiContext } from '#api/context.ts';
import { countNestedRead } from '#api/nested-reads.ts';
import {
  addUpSpend,
  MAX_SPEND_DAYS,
  readAgentSpend,
  readProjectSpend,
  readTaskSpend,
  spendSpan,
} from '#core/spend/read-spend.ts';
import type { Spend, SpendOfDay } from '#core/spend/read-spend.ts';
import { builder } from './builder.ts';
import { loadInBatch } from './lists/batch.ts';

export const SpendType = builder.objectRef<Spend>('Spend').implement({
  description: 'What the attempts of agents that have ended have used. Runs at work count when they end.',
  fields: (t) => ({
    runs: t.exposeInt('runs', { description: 'How many.' }),
    wallSeconds: t.exposeFloat('wallSeconds', { description: 'From claim to end, all together.' }),
    inputTokens: t.exposeFloat('inputTokens', {
      description: 'Tokens in, those from the cache included, of the runs whose program reports them.',
    }),
    cachedInputTokens: t.exposeFloat('cachedInputTokens', { description: 'Of these, those from the cache.' }),
    outputTokens: t.exposeFloat('outputTokens', {
      description: 'Tokens out, of the runs whose program reports them.',
    }),
    costUsd: t.exposeFloat('costUsd', { description: 'In US dollars, of the runs whose cost is known.' }),
    unknownCostRuns: t.exposeInt('unknownCostRuns', {
      description: 'Runs whose cost is not known: `costUsd` is without them.',
    }),
  }),
});

const MAX_SPENDERS = 50;

interface OfDay {
  day: string;
  spend: Spend;
}
interface OfAgent {
  agentId: string;
  spend: Spend;
}
const OfDayType = builder.objectRef<OfDay>('SpendOfDay').implement({
  description: 'What was used on a day.',
  fields: (t) => ({
    day: t.exposeString('day', { description: 'A day of UTC, as 2026-01-31.' }),
    spend: t.field({ type: SpendType, description: 'By all agents.', resolve: ({ spend }) => spend }),
  }),
});
const OfAgentType = builder.objectRef<OfAgent>('SpendOfAgent').implement({
  description: 'What an agent has used.',
  fields: (t) => ({
    agentId: t.exposeID('agentId', { description: 'The agent.' }),
    spend: t.field({ type: SpendType, description: 'On all of the days.', resolve: ({ spend }) => spend }),
  }),
});

interface OfProject {
  from: string;
  to: string;
  days: SpendOfDay[];
}
export const ProjectSpendType = builder.objectRef<OfProject>('ProjectSpend').implement({
  description: 'What the runs of a project have used. A run counts on the day of UTC on which it ended.',
  fields: (t) => ({
    from: t.exposeString('from', { description: 'The first day.' }),
    to: t.exposeString('to', { description: 'The last day; today if none was asked for.' }),
    total: t.field({ type: SpendType, description: 'On all of the days.', resolve: ({ days }) => addUpSpend(days) }),
    days: t.field({
      type: [OfDayType],
      description: 'Newest first; those without a run are left out.',
      resolve: ({ days }) => grouped(days, 'day').map(([day, spend]) => ({ day, spend })),
    }),
    agents: t.field({
      type: [OfAgentType],
      description: `Who has cost most comes first, at most ${MAX_SPENDERS}; agents without a run are left out.`,
      resolve: ({ days }) =>
        grouped(days, 'agentId')
          .map(([agentId, spend]) => ({ agentId, spend }))
          .sort((one, two) => two.spend.costUsd - one.spend.costUsd || two.spend.wallSeconds - one.spend.wallSeconds)
          .slice(0, MAX_SPENDERS),
    }),
  }),
});

function grouped(days: readonly SpendOfDay[], by: 'day' | 'agentId'): [string, Spend][] {
  const groups = new Map<string, SpendOfDay[]>();
  for (const each of days) groups.set(each[by], [...(groups.get(each[by]) ?? []), each]);
  return [...groups].map(([key, all]) => [key, addUpSpend(all)]);
}

interface Asked {
  from?: string | null | undefined;
  to?: string | null | undefined;
}
/** Which days, in words for the arguments. */
export const SPEND_DAYS = {
  from: 'The first day of UTC, as 2026-01-31; six days before `to` if not given.',
  to: `The last day; today if not given. At most ${MAX_SPEND_DAYS} days.`,
} as const;

export async function loadProjectSpend(
  context: ApiContext,
  info: GraphQLResolveInfo,
  projectId: string,
  { from = null, to = null }: Asked,
): Promise<OfProject> {
  countNestedRead(context, info);
  const span = await spendSpan(context.core, { from, to });
  return { ...span, days: await readProjectSpend(context.core, projectId, span) };
}

/** What an agent has used; all that an operation asks for of the same days is read together. */
export async function loadAgentSpend(
  context: ApiContext,
  agentId: string,
  { from = null, to = null }: Asked,
): Promise<Spend> {
  return loadInBatch(context, `spend of agents ${from ?? ''} ${to ?? ''}`, agentId, async (ids) =>
    readAgentSpend(context.core, ids, await spendSpan(context.core, { from, to })),
  );
}

/** What the attempts at a task have used; all tasks of an operation are read together. */
export async function loadTaskSpend(context: ApiContext, taskId: string): Promise<Spend> {
  return loadInBatch(context, 'spend of tasks', taskId, (ids) => readTaskSpend(context.core, ids));
}
