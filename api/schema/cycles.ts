import { requireProject } from '#core/access/permissions.ts';
import { runOrchestrator } from '#core/cycles/run-orchestrator.ts';
import type { OrchestratorCycle } from '#prisma/generated/client/client.ts';
import { actorOf, builder } from './builder.ts';
import { CycleModeEnum, CyclePhaseEnum, CycleStatusEnum } from './enums.ts';
import { COMMON_ERRORS } from './errors.ts';
import { connectionOf, readConnection } from './lists/connection.ts';
import { NEWEST_FIRST } from './lists/keyset.ts';

export const CycleType = builder.prismaObject('OrchestratorCycle', {
  description: 'One walk of the orchestrator through a project: read, plan, schedule, write down.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    mode: t.expose('mode', { type: CycleModeEnum, description: 'How much it looks at.' }),
    status: t.expose('status', { type: CycleStatusEnum, description: 'Where it stands.' }),
    cause: t.exposeString('cause', { description: 'What asked for it: user, message, task_created, run_finished …' }),
    phase: t.expose('phase', {
      type: CyclePhaseEnum,
      nullable: true,
      description: 'The phase it has reached; null: it waits.',
    }),
    phaseTimes: t.expose('phaseTimes', { type: 'JSON', description: 'Phase (lower_snake) → when it was reached.' }),
    counts: t.expose('counts', {
      type: 'JSON',
      description: 'Messages read, requests, tasks made, runs scheduled, tasks blocked.',
    }),
    error: t.exposeString('error', { nullable: true, description: 'Why it failed; null: it did not.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it began; null: it waits.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ended; null: not yet.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for.' }),
    project: t.relation('project', { description: 'The project it walks through.' }),
  }),
});
const CycleConnection = connectionOf('OrchestratorCycle', CycleType);

builder.queryField('orchestratorCycles', (t) =>
  t.connection(
    {
      type: CycleType,
      nullable: true,
      description: 'The cycles of a project, newest first.',
      authScopes: { signedIn: true },
      args: { projectId: t.arg.id({ required: true, description: 'The project.' }) },
      resolve: async (_root, { projectId, ...page }, context, info) => {
        await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
        return readConnection(context, info, page, {
          typeName: 'OrchestratorCycle',
          rows: context.core.db.orchestratorCycle,
          order: NEWEST_FIRST,
          where: { projectId },
        });
      },
    },
    CycleConnection,
  ),
);

const RunOrchestratorInput = builder.inputType('RunOrchestratorInput', {
  description: 'Which project, and how much to look at.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project.' }),
    mode: t.field({ type: CycleModeEnum, description: 'INCREMENTAL if not given.' }),
  }),
});
const RunOrchestratorPayload = builder.objectRef<{ cycle: OrchestratorCycle }>('RunOrchestratorPayload').implement({
  description: 'The cycle runs, or waits for the one that does.',
  fields: (t) => ({
    cycle: t.field({
      type: CycleType,
      description: 'The cycle that will see everything up to now.',
      resolve: (payload) => payload.cycle,
    }),
  }),
});
builder.mutationField('runOrchestrator', (t) =>
  t.field({
    type: RunOrchestratorPayload,
    nullable: true,
    description: 'Starts a cycle. Asked for twice at once, it runs once.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS] },
    args: { input: t.arg({ type: RunOrchestratorInput, required: true, description: 'The project.' }) },
    resolve: async (_root, { input }, context) => ({
      cycle: await runOrchestrator(context.core, actorOf(context), {
        projectId: input.projectId,
        mode: input.mode ?? 'incremental',
      }),
    }),
  }),
);
