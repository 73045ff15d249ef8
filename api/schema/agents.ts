import { ConflictError } from '#core/errors/errors.ts';
import { createAgent, updateAgent } from '#core/agents/write-agent.ts';
import type { Agent } from '#prisma/generated/client/client.ts';
import { actorOf, builder } from './builder.ts';
import { AgentTypeEnum } from './enums.ts';
import { COMMON_ERRORS } from './errors.ts';

export const AgentType = builder.prismaObject('Agent', {
  description: 'Who does the work: commands that are run for a task on a machine that has the repository.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    name: t.exposeString('name', { description: 'Unique in its project: frontend, backend, qa, infra, docs …' }),
    type: t.expose('type', { type: AgentTypeEnum, description: 'Where it is reached.' }),
    isEnabled: t.exposeBoolean('isEnabled', { description: 'A disabled agent is given no work.' }),
    config: t.expose('configJson', { type: 'JSON', description: 'How it is run: AgentConfig of the contract.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was added.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
  }),
});

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
  }),
});
builder.mutationField('createAgent', (t) =>
  t.field({
    type: AgentPayload('CreateAgentPayload', 'The agent was added.'),
    description: 'Adds an agent to a project.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: CreateAgentInput, required: true, description: 'The agent.' }) },
    resolve: async (_root, { input }, context) => ({
      agent: await createAgent(context.core, actorOf(context), {
        projectId: input.projectId,
        name: input.name,
        type: input.type ?? 'local',
        config: input.config,
      }),
    }),
  }),
);

const UpdateAgentInput = builder.inputType('UpdateAgentInput', {
  description: 'What to change; the rest stays.',
  fields: (t) => ({
    agentId: t.id({ required: true, description: 'The agent.' }),
    name: t.string({ description: 'Unique in its project.' }),
    config: t.field({ type: 'JSON', description: 'AgentConfig of the contract; replaces all of it.' }),
    isEnabled: t.boolean({ description: 'False: it is given no work.' }),
  }),
});
builder.mutationField('updateAgent', (t) =>
  t.field({
    type: AgentPayload('UpdateAgentPayload', 'The agent was changed.'),
    description: 'Changes, enables or disables an agent. Runs that work keep the configuration they started with.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: UpdateAgentInput, required: true, description: 'The changes.' }) },
    resolve: async (_root, { input }, context) => ({
      agent: await updateAgent(context.core, actorOf(context), {
        agentId: input.agentId,
        name: input.name ?? undefined,
        config: input.config ?? undefined,
        isEnabled: input.isEnabled ?? undefined,
      }),
    }),
  }),
);
