import { MAX_RETENTION_DAYS } from '#contract/limits.ts';
import type { ApiContext } from '#api/context.ts';
import { OF_READER } from '#api/reader-fields-rule.ts';
import { countNestedRead } from '#api/nested-reads.ts';
import { projectScope } from '#core/access/permissions.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { isUuid } from '#core/platform/ids.ts';
import { countProjectContents } from '#core/deletions/count-contents.ts';
import { createProject } from '#core/projects/create-project.ts';
import { projectCapsOf } from '#core/spend/caps.ts';
import { updateProject } from '#core/projects/update-project.ts';
import type { Project } from '#prisma/generated/client/client.ts';
import { AGENTS_OF_PROJECT, AgentConnection, AgentType } from './agents.ts';
import { parseWords } from './arguments.ts';
import { actorOf, builder, REVISION } from './builder.ts';
import { projectCapsIn, ProjectCapsInput, ProjectCapsType } from './caps.ts';
import { emptyForNull, givenFields } from './changes.ts';
import { CONVERSATIONS_OF_PROJECT, ConversationConnection, ConversationType } from './conversations.ts';
import { ContentCountsType } from './deletions.ts';
import { AgentPresetEnum, ProjectStatusEnum } from './enums.ts';
import { COMMON_ERRORS } from './errors.ts';
import { connectionOf, loadRow, readConnection } from './lists/connection.ts';
import { nestedConnection } from './lists/nested-connection.ts';
import { CREATED_AT, orderByOf, UPDATED_AT } from './lists/order-by.ts';
import { MEMBERS_OF_PROJECT, MemberConnection, MemberType } from './member-type.ts';
import { loadProjectFact } from './project-facts.ts';
import { loadRights, ProjectRightType } from './project-rights.ts';
import { RunType } from './runs.ts';
import { IDEMPOTENCY_KEY, once } from './once.ts';
import { loadProjectSpend, ProjectSpendType, SPEND_DAYS } from './spend.ts';

const RetentionType = builder
  .objectRef<Pick<Project, 'runLogDays' | 'eventDays' | 'artifactDays' | 'recordingDays'>>('Retention')
  .implement({
    description: 'How long a project keeps what only grows.',
    fields: (t) => ({
      runLogDays: t.exposeInt('runLogDays', {
        nullable: true,
        description: 'Days after its end that the lines of a run are kept; null: for ever.',
      }),
      eventDays: t.exposeInt('eventDays', {
        nullable: true,
        description:
          'Days that events are kept for who was away, and loads everything anew after that; null: for ever.',
      }),
      artifactDays: t.exposeInt('artifactDays', {
        nullable: true,
        description: 'Days that the files of runs are kept, and longer while their task is not over; null: for ever.',
      }),
      recordingDays: t.exposeInt('recordingDays', {
        nullable: true,
        description: 'Days that the sound of recordings is kept; what was said in them stays. Null: for ever.',
      }),
    }),
  });

export const ProjectType = builder.prismaObject('Project', {
  description: 'A repository and all that is planned, running and done in it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    revision: t.exposeInt('revision', { description: REVISION }),
    name: t.exposeString('name', { description: 'Its name.' }),
    key: t.exposeString('key', {
      description:
        "What its tasks' short ids begin with: 2 to 10 letters from A to Z and digits. No two projects share one.",
    }),
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
    retention: t.field({
      type: RetentionType,
      description: 'How long it keeps what only grows.',
      select: { runLogDays: true, eventDays: true, artifactDays: true, recordingDays: true },
      resolve: (project) => project,
    }),
    caps: t.field({
      type: ProjectCapsType,
      description: 'What may be used in it.',
      select: { caps: true },
      resolve: projectCapsOf,
    }),
    spend: t.field({
      type: ProjectSpendType,
      description: 'What its runs have used on the days on which they ended.',
      args: { from: t.arg.string({ description: SPEND_DAYS.from }), to: t.arg.string({ description: SPEND_DAYS.to }) },
      select: { id: true },
      resolve: ({ id }, days, context, info) => loadProjectSpend(context, info, id, days),
    }),
    eventCursor: t.string({
      description: 'The cursor of its newest event: follow `projectEvents` after it to miss nothing.',
      select: { eventCursor: true },
      resolve: (project) => String(project.eventCursor),
    }),
    viewerRights: t.field({
      extensions: OF_READER,
      type: [ProjectRightType],
      description: 'What who asks may do in it, each permission once. The commands look again.',
      select: { id: true, status: true },
      resolve: (project, _args, context) => loadRights(context, project),
    }),
    stateVersion: t.int({
      nullable: true,
      description: 'The number of its newest state version; null: none yet.',
      resolve: (project, _args, context) => loadProjectFact(context, project.id, 'stateVersion'),
    }),
    openTaskCount: t.int({
      description: 'Tasks that are neither done nor canceled.',
      resolve: (project, _args, context) => loadProjectFact(context, project.id, 'openTaskCount'),
    }),
    lastRun: t.field({
      type: RunType,
      nullable: true,
      description: 'The run that was scheduled last; null: none yet.',
      resolve: async (project, _args, context, info) => {
        const id = await loadProjectFact(context, project.id, 'lastRunId');
        return id === null ? null : loadRow(context, info, { typeName: 'Run', rows: context.core.db.agentRun }, id);
      },
    }),
    contents: t.field({
      type: ContentCountsType,
      description: 'How much is in it, counted now.',
      resolve: (project, _args, context, info) => {
        countNestedRead(context, info);
        return countProjectContents(context.core.db, project.id);
      },
    }),
    members: t.connection(
      {
        type: MemberType,
        description: 'Who belongs to it, in the order they came. Administrators may do everything without.',
        resolve: (project, page, context, info) =>
          nestedConnection(MEMBERS_OF_PROJECT, project.id, page, context, info),
      },
      MemberConnection,
    ),
    agents: t.connection(
      {
        type: AgentType,
        description: 'Its agents by name.',
        resolve: (project, page, context, info) => nestedConnection(AGENTS_OF_PROJECT, project.id, page, context, info),
      },
      AgentConnection,
    ),
    conversations: t.connection(
      {
        type: ConversationType,
        description: 'Its conversations, newest first.',
        resolve: (project, page, context, info) =>
          nestedConnection(CONVERSATIONS_OF_PROJECT, project.id, page, context, info),
      },
      ConversationConnection,
    ),
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
const ProjectConnection = connectionOf('Project', ProjectType);

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
const ProjectFilterInput = builder.inputType('ProjectFilter', {
  description: 'All that is given must hold.',
  fields: (t) => ({
    text: t.string({ description: 'Words in name or description, without regard to case.' }),
    statuses: t.field({
      type: [ProjectStatusEnum],
      description: 'One of these; without it everything but ARCHIVED.',
    }),
  }),
});
const projectOrder = orderByOf(
  'Project',
  {
    UPDATED_AT,
    CREATED_AT,
    NAME: {
      description: 'Its name.',
      keys: [
        { field: 'name', kind: 'text' },
        { field: 'id', kind: 'id' },
      ],
    },
  },
  { field: 'UPDATED_AT', direction: 'desc' },
);
builder.queryField('projects', (t) =>
  t.connection(
    {
      type: ProjectType,
      nullable: true,
      description: 'Your projects; archived ones only when asked for.',
      authScopes: { signedIn: true },
      args: {
        filter: t.arg({ type: ProjectFilterInput, description: 'Which of them.' }),
        orderBy: t.arg(projectOrder.arg),
      },
      resolve: (_root, { filter, orderBy, ...page }, context, info) => {
        const words = parseWords(filter?.text, 'text');
        const contains = { contains: words ?? '', mode: 'insensitive' };
        return readConnection(context, info, page, {
          typeName: 'Project',
          rows: context.core.db.project,
          order: projectOrder.keys(orderBy),
          where: {
            AND: [projectScope(actorOf(context))],
            status: filter?.statuses ? { in: filter.statuses } : { not: 'archived' },
            ...(words ? { OR: [{ name: contains }, { description: contains }] } : {}),
          },
        });
      },
    },
    ProjectConnection,
  ),
);

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
    key: t.string({
      description: "What its tasks' short ids begin with, 2 to 10 letters and digits; made of its name if not given.",
    }),
    defaultRepoPath: t.string({
      description:
        'The repository, or a folder in it: one that is granted to every project; an administrator grants any by choosing it.',
    }),
    runnerId: t.id({ description: 'The runner whose repository it is; without it any that has it.' }),
    agentPreset: t.field({ type: AgentPresetEnum, description: 'What its five agents run; DEMO if not given.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
builder.mutationField('createProject', (t) =>
  t.field({
    type: ProjectPayload('CreateProjectPayload', 'The project was made.'),
    nullable: true,
    description:
      'Makes a project with five agents (frontend, backend, qa, infra, docs) and a conversation. You own it.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: CreateProjectInput, required: true, description: 'The project.' }) },
    resolve: async (_root, { input }, context) => ({
      project: await once(context, 'createProject', input, madeProject(context), (core) =>
        createProject(core, actorOf(context), {
          name: input.name,
          description: input.description ?? '',
          key: input.key ?? null,
          defaultRepoPath: input.defaultRepoPath ?? null,
          runnerId: input.runnerId ?? null,
          agentPreset: input.agentPreset ?? 'demo',
        }),
      ),
    }),
  }),
);

function madeProject(context: ApiContext) {
  const scope = projectScope(actorOf(context));
  return {
    idOf: (project: Project) => project.id,
    find: (id: string) => context.core.db.project.findFirst({ where: { AND: [{ id }, scope] } }),
  };
}

const retentionDays = `Days, 1 to ${MAX_RETENTION_DAYS}; null: for ever.`;
const RetentionInput = builder.inputType('RetentionInput', {
  description: 'How long to keep what only grows; what is not given stays.',
  fields: (t) => ({
    runLogDays: t.int({ description: `The lines of a run, from its end. ${retentionDays}` }),
    eventDays: t.int({ description: `Events, for who was away. ${retentionDays}` }),
    artifactDays: t.int({ description: `The files of runs whose task is over. ${retentionDays}` }),
    recordingDays: t.int({ description: `The sound of recordings. ${retentionDays}` }),
  }),
});
const UpdateProjectInput = builder.inputType('UpdateProjectInput', {
  description: 'What to change; what is not given stays. Null clears what can be empty, and is refused for the rest.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project.' }),
    name: t.string({ description: 'At most 120 characters.' }),
    description: t.string({ description: 'At most 2,000 characters; null: none.' }),
    key: t.string({
      description:
        "What its tasks' short ids begin with from now on. The former short ids still find them, and no other project is ever given the former key.",
    }),
    defaultRepoPath: t.string({
      description:
        'The repository, or a folder in it: one that is granted to the project; an administrator grants any by choosing it. Null: each agent names its own.',
    }),
    runnerId: t.id({ description: 'The runner whose repository it is; without it any that has it.' }),
    status: t.field({ type: ProjectStatusEnum, description: 'PAUSED starts nothing; ARCHIVED hides it.' }),
    retention: t.field({ type: RetentionInput, description: 'How long it keeps what only grows.' }),
    caps: t.field({ type: ProjectCapsInput, description: 'What may be used in it.' }),
  }),
});
builder.mutationField('updateProject', (t) =>
  t.field({
    type: ProjectPayload('UpdateProjectPayload', 'The project was changed.'),
    nullable: true,
    description: 'Changes, pauses, resumes or archives a project (owners only).',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: UpdateProjectInput, required: true, description: 'The changes.' }) },
    resolve: async (_root, { input: { retention, caps, ...input } }, context) => ({
      project: await updateProject(context.core, actorOf(context), {
        ...givenFields(input),
        ...givenFields(retention ?? {}),
        ...(caps ? { caps: projectCapsIn(caps) } : givenFields({ caps })),
        description: emptyForNull(input.description, ''),
      }),
    }),
  }),
);
const ArchiveProjectInput = builder.inputType('ArchiveProjectInput', {
  description: 'Which project to archive.',
  fields: (t) => ({ projectId: t.id({ required: true, description: 'The project.' }) }),
});
builder.mutationField('archiveProject', (t) =>
  t.field({
    type: ProjectPayload('ArchiveProjectPayload', 'The project is archived.'),
    nullable: true,
    description:
      'Archives a project: it can be read, is hidden from lists, and nothing runs in it; what is live is stopped, and its tasks are canceled (owners only).',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: ArchiveProjectInput, required: true, description: 'The project.' }) },
    resolve: async (_root, { input }, context) => ({
      project: await updateProject(context.core, actorOf(context), { ...input, status: 'archived' }),
    }),
  }),
);
