import { requireProject, projectScope } from '#core/access/permissions.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { isUuid } from '#core/platform/ids.ts';
import { presetNews } from '#core/agents/presets.ts';
import { resumeAgent } from '#core/agents/resume-agent.ts';
import { agentCapsOf } from '#core/spend/caps.ts';
import { createAgent, updateAgent } from '#core/agents/write-agent.ts';
import type { Agent } from '#prisma/generated/client/client.ts';
import { actorOf, builder, REVISION } from './builder.ts';
import { AgentCapsInput, AgentCapsType, capsOf } from './caps.ts';
import { givenFields } from './changes.ts';
import { AgentTypeEnum } from './enums.ts';
import { COMMON_ERRORS } from './errors.ts';
import { connectionOf, readConnection } from './lists/connection.ts';
import type { NestedList } from './lists/nested-connection.ts';
import { CREATED_AT, orderByOf } from './lists/order-by.ts';
import { IDEMPOTENCY_KEY, once } from './once.ts';
import { loadAgentSpend, SPEND_DAYS, SpendType } from './spend.ts';

export const AgentType = builder.prismaObject('Agent', {
  description: 'Who does the work: commands that are run for a task on a machine that has the repository.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    revision: t.exposeInt('revision', { description: REVISION }),
    name: t.exposeString('name', { description: 'Unique in its project: frontend, backend, qa, infra, docs …' }),
    type: t.expose('type', { type: AgentTypeEnum, description: 'Where it is reached.' }),
    isEnabled: t.exposeBoolean('isEnabled', { description: 'A disabled agent is given no work.' }),
    parkedUntil: t.expose('parkedUntil', {
      type: 'DateTime',
      nullable: true,
      description: 'Its limit of use is reached: until then it is given no work. Null, or gone by: it is not.',
    }),
    signInNeededSince: t.expose('signInNeededSince', {
      type: 'DateTime',
      nullable: true,
      description:
        'It is not signed in, and is given no work until somebody says that it is (resumeAgent). Null: it is.',
    }),
    parkedWords: t.exposeString('parkedWords', {
      nullable: true,
      description: 'What it said when it had to stop, and what to do; null: it has not.',
    }),
    config: t.expose('configJson', { type: 'JSON', description: 'How it is run: AgentConfig of the contract.' }),
    presetNews: t.string({
      nullable: true,
      description: 'That the preset it was made from has changed since, and what to do; null: it has not.',
      select: { configJson: true },
      resolve: ({ configJson }) => presetNews(configJson),
    }),
    caps: t.field({
      type: AgentCapsType,
      description: 'What it may use on a day.',
      select: { configJson: true },
      resolve: ({ configJson }) => agentCapsOf(configJson),
    }),
    spend: t.field({
      type: SpendType,
      description: 'What its runs have used on the days on which they ended.',
      args: { from: t.arg.string({ description: SPEND_DAYS.from }), to: t.arg.string({ description: SPEND_DAYS.to }) },
      select: { id: true },
      resolve: ({ id }, days, context) => loadAgentSpend(context, id, days),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was added.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    project: t.relation('project', { description: 'The project it works in.' }),
  }),
});
export const AgentConnection = connectionOf('Agent', AgentType);
const BY_NAME = { field: 'name', direction: 'asc', kind: 'text' } as const;
export const AGENTS_OF_PROJECT: NestedList<Agent> = {
  typeName: 'Agent',
  rows: ({ db }) => db.agent,
  table: 'agents',
  parent: { field: 'projectId', column: 'project_id' },
  key: { ...BY_NAME, column: 'name' },
};

builder.queryField('agent', (t) =>
  t.prismaField({
    type: AgentType,
    nullable: true,
    description: 'One agent; null when it is missing or not yours.',
    authScopes: { signedIn: true },
    args: { id: t.arg.id({ required: true, description: "The agent's id." }) },
    resolve: async (query, _root, { id }, context) =>
      isUuid(id)
        ? context.core.db.agent.findFirst({ ...query, where: { id, project: projectScope(actorOf(context)) } })
        : null,
  }),
);
const agentOrder = orderByOf(
  'Agent',
  { NAME: { description: 'Its name, which is unique in the project.', keys: [BY_NAME] }, CREATED_AT },
  { field: 'NAME', direction: 'asc' },
);
builder.queryField('agents', (t) =>
  t.connection(
    {
      type: AgentType,
      nullable: true,
      description: 'The agents of a project.',
      authScopes: { signedIn: true },
      args: {
        projectId: t.arg.id({ required: true, description: 'The project.' }),
        isEnabled: t.arg.boolean({ description: 'Only those that are given work, or only those that are not.' }),
        orderBy: t.arg(agentOrder.arg),
      },
      resolve: async (_root, { projectId, isEnabled, orderBy, ...page }, context, info) => {
        await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
        return readConnection(context, info, page, {
          typeName: 'Agent',
          rows: context.core.db.agent,
          order: agentOrder.keys(orderBy),
          where: { projectId, ...(typeof isEnabled === 'boolean' ? { isEnabled } : {}) },
        });
      },
    },
    AgentConnection,
  ),
);

const AgentPayload = (name: string, description: string) =>
  builder.objectRef<{ agent: Agent }>(name).implement({
    description,
    fields: (t) => ({
      agent: t.field({
        type: AgentType,
        description: 'The agent as it stands now.',
        resolve: (payload) => payload.agent,
      }),
    }),
  });

const CreateAgentInput = builder.inputType('CreateAgentInput', {
  description: 'A new agent.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project it works in.' }),
    name: t.string({ required: true, description: 'Lower-case letters, digits, dots, dashes, underscores.' }),
    type: t.field({ type: AgentTypeEnum, description: 'LOCAL if not given.' }),
    config: t.field({ type: 'JSON', required: true, description: 'AgentConfig of the contract; at least `commands`.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
builder.mutationField('createAgent', (t) =>
  t.field({
    type: AgentPayload('CreateAgentPayload', 'The agent was added.'),
    nullable: true,
    description: 'Adds an agent to a project.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: CreateAgentInput, required: true, description: 'The agent.' }) },
    resolve: async (_root, { input }, context) => ({
      agent: await once(
        context,
        'createAgent',
        input,
        {
          idOf: (agent: Agent) => agent.id,
          find: (id) => context.core.db.agent.findFirst({ where: { id, project: projectScope(actorOf(context)) } }),
        },
        (core) =>
          createAgent(core, actorOf(context), {
            projectId: input.projectId,
            name: input.name,
            type: input.type ?? 'local',
            config: input.config,
          }),
      ),
    }),
  }),
);

const UpdateAgentInput = builder.inputType('UpdateAgentInput', {
  description: 'What to change; what is not given stays, and nothing of it can be null.',
  fields: (t) => ({
    agentId: t.id({ required: true, description: 'The agent.' }),
    name: t.string({ description: 'Unique in its project.' }),
    config: t.field({ type: 'JSON', description: 'AgentConfig of the contract; replaces all of it.' }),
    caps: t.field({ type: AgentCapsInput, description: 'What it may use; nothing else of `config` changes.' }),
    isEnabled: t.boolean({ description: 'False: it is given no work.' }),
  }),
});
builder.mutationField('updateAgent', (t) =>
  t.field({
    type: AgentPayload('UpdateAgentPayload', 'The agent was changed.'),
    nullable: true,
    description: 'Changes, enables or disables an agent. Runs that work keep the configuration they started with.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: UpdateAgentInput, required: true, description: 'The changes.' }) },
    resolve: async (_root, { input: { caps, ...input } }, context) => ({
      agent: await updateAgent(context.core, actorOf(context), {
        ...givenFields(input),
        ...(caps ? { caps: { perDay: capsOf(caps.perDay) } } : givenFields({ caps })),
      }),
    }),
  }),
);

const ResumeAgentInput = builder.inputType('ResumeAgentInput', {
  description: 'An agent that waits.',
  fields: (t) => ({ agentId: t.id({ required: true, description: 'The agent.' }) }),
});
builder.mutationField('resumeAgent', (t) =>
  t.field({
    type: AgentPayload('ResumeAgentPayload', 'The agent is given work again.'),
    nullable: true,
    description:
      'Says that an agent is signed in, or need not wait for its limit of use: its tasks go on. One that does not wait stays as it is.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS] },
    args: { input: t.arg({ type: ResumeAgentInput, required: true, description: 'The agent.' }) },
    resolve: async (_root, { input }, context) => ({
      agent: await resumeAgent(context.core, actorOf(context), { agentId: input.agentId }),
    }),
  }),
);
