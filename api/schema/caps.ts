import type { AgentCaps, Caps, ProjectCaps } from '#contract/caps.ts';
import { builder } from './builder.ts';

const RUNS = 'Runs that have started; null: no cap.';
const WALL = 'Seconds that runs have worked, all together; null: no cap.';
const TOKENS = "Tokens in and out, where the agent's program reports them; null: no cap.";
const COST = 'US dollars, of the runs whose cost is known; null: no cap.';

const CapsType = builder.objectRef<Caps>('Caps').implement({
  description:
    'What may be used at most. What is reached starts nothing more, and stops what is at work; runs whose cost is not known can not reach a cap of cost.',
  fields: (t) => ({
    runs: t.exposeInt('runs', { nullable: true, description: RUNS }),
    wallSeconds: t.exposeInt('wallSeconds', { nullable: true, description: WALL }),
    tokens: t.exposeFloat('tokens', { nullable: true, description: TOKENS }),
    costUsd: t.exposeFloat('costUsd', { nullable: true, description: COST }),
  }),
});
export const AgentCapsType = builder.objectRef<AgentCaps>('AgentCaps').implement({
  description: 'What an agent may use. Days are those of UTC.',
  fields: (t) => ({
    perDay: t.field({ type: CapsType, description: 'On a day.', resolve: ({ perDay }) => perDay }),
  }),
});
export const ProjectCapsType = builder.objectRef<ProjectCaps>('ProjectCaps').implement({
  description: 'What may be used in a project. Days are those of UTC.',
  fields: (t) => ({
    perDay: t.field({
      type: CapsType,
      description: 'On a day, by all agents together.',
      resolve: ({ perDay }) => perDay,
    }),
    perTaskDay: t.field({
      type: CapsType,
      description: 'On a day, by each task.',
      resolve: ({ perTaskDay }) => perTaskDay,
    }),
    perTask: t.field({ type: CapsType, description: 'By each task in all.', resolve: ({ perTask }) => perTask }),
    runsAtOnce: t.exposeInt('runsAtOnce', {
      nullable: true,
      description: 'Runs of all its agents at work at once; null: what agents and runners allow.',
    }),
  }),
});

const CapsInput = builder.inputType('CapsInput', {
  description: 'What may be used at most; what is not given, or null, has no cap.',
  fields: (t) => ({
    runs: t.int({ description: RUNS }),
    wallSeconds: t.int({ description: WALL }),
    tokens: t.float({ description: TOKENS }),
    costUsd: t.float({ description: COST }),
  }),
});
export const AgentCapsInput = builder.inputType('AgentCapsInput', {
  description: 'What an agent may use; replaces all of its caps.',
  fields: (t) => ({ perDay: t.field({ type: CapsInput, description: 'On a day of UTC.' }) }),
});
export const ProjectCapsInput = builder.inputType('ProjectCapsInput', {
  description: 'What may be used in a project; replaces all of its caps.',
  fields: (t) => ({
    perDay: t.field({ type: CapsInput, description: 'On a day of UTC, by all agents together.' }),
    perTaskDay: t.field({ type: CapsInput, description: 'On a day of UTC, by each task.' }),
    perTask: t.field({ type: CapsInput, description: 'By each task in all.' }),
    runsAtOnce: t.int({ description: 'Runs of all its agents at work at once; null: what agents and runners allow.' }),
  }),
});

interface GivenCaps {
  runs?: number | null | undefined;
  wallSeconds?: number | null | undefined;
  tokens?: number | null | undefined;
  costUsd?: number | null | undefined;
}

/** As the contract has them. */
export function capsOf(given: GivenCaps | null | undefined): Caps {
  const { runs = null, wallSeconds = null, tokens = null, costUsd = null } = given ?? {};
  return { runs, wallSeconds, tokens, costUsd };
}

interface GivenProjectCaps {
  perDay?: GivenCaps | null | undefined;
  perTaskDay?: GivenCaps | null | undefined;
  perTask?: GivenCaps | null | undefined;
  runsAtOnce?: number | null | undefined;
}

/** As the contract has them. */
export function projectCapsIn({ perDay, perTaskDay, perTask, runsAtOnce = null }: GivenProjectCaps): ProjectCaps {
  return { perDay: capsOf(perDay), perTaskDay: capsOf(perTaskDay), perTask: capsOf(perTask), runsAtOnce };
}
