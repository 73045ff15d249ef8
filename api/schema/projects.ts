import { countNestedRead } from '#api/nested-reads.ts';
import { queryFromInfo } from '@pothos/plugin-prisma';
import { projectScope } from '#core/access/permissions.ts';
import { ConflictError, InvalidInputError } from '#core/errors/errors.ts';
import { isUuid } from '#core/platform/ids.ts';
import { createProject } from '#core/projects/create-project.ts';
import { updateProject } from '#core/projects/update-project.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { AgentType } from './agents.ts';
import { parseWords } from './arguments.ts';
import { actorOf, builder } from './builder.ts';
import { connectionOf, decodeCursor, pageArgs, pageSize, toPage } from './connection.ts';
import { AgentPresetEnum, ProjectStatusEnum } from './enums.ts';
import { COMMON_ERRORS } from './errors.ts';
import { RunType } from './runs.ts';

export const ProjectType = builder.prismaObject('Project', {
  description: 'A repository and all that is planned, running and done in it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    name: t.exposeString('name', { description: 'Its name.' }),
    description: t.exposeString('description', { description: 'What it is.' }),
    defaultRepoPath: t.exposeString('defaultRepoPath', {
      nullable: true,
      description: "The repository on the runner's machine; null: each agent names its own.",
    }),
    status: t.expose('status', { type: ProjectStatusEnum, description: 'Whether work is started in it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'When it, its tasks, runs, state or conversations last changed.',
    }),
    eventCursor: t.string({
      description: 'The cursor of its newest event: follow `projectEvents` after it to miss nothing.',
      select: { eventCursor: true },
      resolve: (project) => String(project.eventCursor),
    }),
    stateVersion: t.int({
      nullable: true,
      description: 'The number of its newest state version; null: none yet.',
      select: { stateVersions: { select: { version: true }, orderBy: { version: 'desc' }, take: 1 } },
      resolve: (project) => (project.stateVersions[0] ? Number(project.stateVersions[0].version) : null),
    }),
    openTaskCount: t.relationCount('tasks', {
      description: 'Tasks that are neither done nor canceled.',
      where: { status: { notIn: ['done', 'canceled'] } },
    }),
    agents: t.relation('agents', {
      description: 'Its agents by name.',
      query: { orderBy: { name: 'asc' }, take: 200 },
    }),
    lastRun: t.field({
      type: RunType,
      nullable: true,
      select: (_args, _context, nestedSelection) =>
        ({ runs: nestedSelection({ orderBy: { id: 'desc' }, take: 1 }) }) as never,
      description: 'The run that was scheduled last; null: none yet.',
      resolve: (project) => (project as unknown as { runs: never[] }).runs[0] ?? null,
    }),
    conversations: t.relation('conversations', {
      description: 'Its conversations, newest first, at most 100.',
      query: { orderBy: { id: 'desc' }, take: 100 },
    }),
    agent: t.prismaField({
      type: AgentType,
      nullable: true,
      description: 'One of its agents by name; null: none of that name.',
      args: { name: t.arg.string({ required: true, description: "The agent's name." }) },
      resolve: async (query, project, { name }, context, info) => {
        countNestedRead(context, info);
        return context.core.db.agent.findFirst({
          ...query,
          where: { projectId: project.id, name: parseWords(name, 'name') ?? '' },
        });
      },
    }),
  }),
});
const ProjectConnection = connectionOf<Project>('Project', ProjectType);

builder.queryField('project', (t) =>
  t.prismaField({
    type: ProjectType,
    nullable: true,
    description: 'One project; null when it is missing or not yours.',
    authScopes: { signedIn: true },
    args: { id: t.arg.id({ required: true, description: "The project's id." }) },
    resolve: async (query, _root, { id }, context) =>
      isUuid(id)
        ? context.core.db.project.findFirst({ ...query, where: { AND: [{ id }, projectScope(actorOf(context))] } })
        : null,
  }),
);
builder.queryField('projects', (t) =>
  t.field({
    type: ProjectConnection,
    description: 'Your projects, the last changed first; archived ones only when asked for.',
    authScopes: { signedIn: true },
    args: {
      text: t.arg.string({ description: 'Words in name or description, without regard to case.' }),
      archived: t.arg.boolean({ description: 'True: only archived ones.' }),
      first: t.arg.int(pageArgs.first),
      after: t.arg.string(pageArgs.after),
    },
    resolve: async (_root, { text, archived, first, after }, context, info) => {
      const size = pageSize(first);
      const keys = decodeCursor(after, ['number', 'id']);
      const updatedAt = keys ? dateOfCursor(keys[0]) : null;
      const words = parseWords(text, 'text');
      const rows = await context.core.db.project.findMany({
        ...queryFromInfo({ context, info, typeName: 'Project', paths: [['nodes'], ['edges', 'node']] }),
        where: {
          AND: [
            projectScope(actorOf(context)),
            { status: archived ? 'archived' : { not: 'archived' } },
            words
              ? {
                  OR: [
                    { name: { contains: words, mode: 'insensitive' } },
                    { description: { contains: words, mode: 'insensitive' } },
                  ],
                }
              : {},
            updatedAt && keys?.[1]
              ? { OR: [{ updatedAt: { lt: updatedAt } }, { updatedAt, id: { lt: keys[1] } }] }
              : {},
          ],
        },
        orderBy: [{ updatedAt: 'desc' }, { id: 'desc' }],
        take: size + 1,
      });
      return toPage(rows, size, (row) => [row.updatedAt.getTime(), row.id]);
    },
  }),
);

function dateOfCursor(ms: number): Date {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime()))
    throw new InvalidInputError([{ path: ['after'], message: 'Not a cursor of this list' }]);
  return date;
}

const ProjectPayload = (name: string, description: string) =>
  builder.objectRef<{ project: Project }>(name).implement({
    description,
    fields: (t) => ({
      project: t.field({
        type: ProjectType,
        description: 'The project as it stands now.',
        resolve: (payload) => payload.project,
      }),
    }),
  });

const CreateProjectInput = builder.inputType('CreateProjectInput', {
  description: 'A new project.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'At most 120 characters.' }),
    description: t.string({ description: 'What it is, at most 2,000 characters.' }),
    defaultRepoPath: t.string({
      description:
        'The repository, or a folder in it: one that is granted to every project; an administrator grants any by choosing it.',
    }),
    runnerId: t.id({ description: 'The runner whose repository it is; without it any that has it.' }),
    agentPreset: t.field({ type: AgentPresetEnum, description: 'What its five agents run; DEMO if not given.' }),
  }),
});
builder.mutationField('createProject', (t) =>
  t.field({
    type: ProjectPayload('CreateProjectPayload', 'The project was made.'),
    description:
      'Makes a project with five agents (frontend, backend, qa, infra, docs) and a conversation. You own it.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS] },
    args: { input: t.arg({ type: CreateProjectInput, required: true, description: 'The project.' }) },
    resolve: async (_root, { input }, context) => ({
      project: await createProject(context.core, actorOf(context), {
        name: input.name,
        description: input.description ?? '',
        defaultRepoPath: input.defaultRepoPath ?? null,
        runnerId: input.runnerId ?? null,
        agentPreset: input.agentPreset ?? 'demo',
      }),
    }),
  }),
);

const UpdateProjectInput = builder.inputType('UpdateProjectInput', {
  description: 'What to change; the rest stays.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project.' }),
    name: t.string({ description: 'At most 120 characters.' }),
    description: t.string({ description: 'At most 2,000 characters.' }),
    defaultRepoPath: t.string({
      description:
        'The repository, or a folder in it: one that is granted to the project; an administrator grants any by choosing it.',
    }),
    runnerId: t.id({ description: 'The runner whose repository it is; without it any that has it.' }),
    status: t.field({ type: ProjectStatusEnum, description: 'PAUSED starts nothing; ARCHIVED hides it.' }),
  }),
});
builder.mutationField('updateProject', (t) =>
  t.field({
    type: ProjectPayload('UpdateProjectPayload', 'The project was changed.'),
    description: 'Changes, pauses, resumes or archives a project (owners only).',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: UpdateProjectInput, required: true, description: 'The changes.' }) },
    resolve: async (_root, { input }, context) => ({
      project: await updateProject(context.core, actorOf(context), {
        projectId: input.projectId,
        name: input.name ?? undefined,
        description: input.description ?? undefined,
        defaultRepoPath: input.defaultRepoPath ?? undefined,
        runnerId: input.runnerId ?? null,
        status: input.status ?? undefined,
      }),
    }),
  }),
);
builder.mutationField('archiveProject', (t) =>
  t.field({
    type: ProjectPayload('ArchiveProjectPayload', 'The project is archived.'),
    description:
      'Archives a project: it can be read, is hidden from lists, and nothing runs in it; what is live is stopped, and its tasks are canceled (owners only).',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { projectId: t.arg.id({ required: true, description: 'The project.' }) },
    resolve: async (_root, { projectId }, context) => ({
      project: await updateProject(context.core, actorOf(context), { projectId, status: 'archived' }),
    }),
  }),
);
