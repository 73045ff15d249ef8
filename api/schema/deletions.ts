import { deletionScope } from '#core/deletions/deletion-record.ts';
import type { DeletionCounts } from '#core/deletions/deletion-record.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { deleteProject } from '#core/projects/delete-project.ts';
import { deleteTask } from '#core/tasks/delete-task.ts';
import type { Deletion } from '#prisma/generated/client/client.ts';
import { parseId } from './arguments.ts';
import { actorOf, builder } from './builder.ts';
import { DeletionKindEnum } from './enums.ts';
import { COMMON_ERRORS } from './errors.ts';
import { connectionOf, readConnection } from './lists/connection.ts';
import { CREATED_AT, orderByOf } from './lists/order-by.ts';

const DeletionType = builder.prismaObject('Deletion', {
  description: 'What was deleted and by whom: all that is left of it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    kind: t.expose('kind', { type: DeletionKindEnum, description: 'What it was.' }),
    entityId: t.exposeID('entityId', { description: "The task's or the project's id." }),
    name: t.exposeString('name', { description: "The task's title or the project's name." }),
    projectId: t.exposeID('projectId', { description: 'The project it was, or was in.' }),
    projectName: t.exposeString('projectName', { description: 'What that was called then.' }),
    deletedBy: t.exposeString('deletedBy', { description: 'Who deleted it, by name.' }),
    taskCount: t.exposeInt('taskCount', { description: 'Tasks that went with it.' }),
    runCount: t.exposeInt('runCount', { description: 'Runs that went with it.' }),
    logLineCount: t.float({
      description: 'Lines of logs that went with it.',
      select: { logLineCount: true },
      resolve: ({ logLineCount }) => Number(logLineCount),
    }),
    artifactCount: t.exposeInt('artifactCount', { description: 'Files of runs that went with it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When: from then on nobody saw it any more.' }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the last row, line and file of it had gone; null: that is under way.',
    }),
  }),
});
const DeletionConnection = connectionOf('Deletion', DeletionType);
const deletionOrder = orderByOf('Deletion', { CREATED_AT }, { field: 'CREATED_AT', direction: 'desc' });

builder.queryField('deletions', (t) =>
  t.connection(
    {
      type: DeletionType,
      nullable: true,
      description: 'What was deleted: of a project for its owners, of all projects for administrators.',
      authScopes: { signedIn: true },
      args: {
        projectId: t.arg.id({
          description: 'Of this project only. It may be gone itself; then only administrators see what was in it.',
        }),
        orderBy: t.arg(deletionOrder.arg),
      },
      resolve: async (_root, { projectId, orderBy, ...page }, context, info) =>
        readConnection(context, info, page, {
          typeName: 'Deletion',
          rows: context.core.db.deletion,
          order: deletionOrder.keys(orderBy),
          where: await deletionScope(
            context.core.db,
            actorOf(context),
            projectId ? parseId(projectId, 'projectId') : null,
          ),
        }),
    },
    DeletionConnection,
  ),
);

export const ContentCountsType = builder.objectRef<DeletionCounts>('ContentCounts').implement({
  description: 'How much there is of something, all of which goes when it is deleted.',
  fields: (t) => ({
    taskCount: t.exposeInt('taskCount', { description: 'Tasks.' }),
    runCount: t.exposeInt('runCount', { description: 'Runs.' }),
    logLineCount: t.exposeFloat('logLineCount', { description: 'Lines of their logs.' }),
    artifactCount: t.exposeInt('artifactCount', { description: 'Files that they have made.' }),
  }),
});

const DeletionPayload = (name: string, description: string) =>
  builder.objectRef<{ deletion: Deletion }>(name).implement({
    description,
    fields: (t) => ({
      deletion: t.field({
        type: DeletionType,
        description: 'What is left on record.',
        resolve: (payload) => payload.deletion,
      }),
    }),
  });

const DeleteTaskInput = builder.inputType('DeleteTaskInput', {
  description: 'Which task to delete.',
  fields: (t) => ({ taskId: t.id({ required: true, description: 'The task, by its id or its short id.' }) }),
});
builder.mutationField('deleteTask', (t) =>
  t.field({
    type: DeletionPayload('DeleteTaskPayload', 'The task is gone.'),
    nullable: true,
    description:
      'Deletes a task with its runs, logs, files and audit trail; what was merged stays merged. For owners, and for who asked for it as long as no run of it has started. While a run works: ConflictError; stop it first. Said again by its id, whoever deleted it is given the same record; by its short id it is not found any more: NotFoundError.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: DeleteTaskInput, required: true, description: 'The task.' }) },
    resolve: async (_root, { input }, context) => ({
      deletion: await deleteTask(context.core, actorOf(context), { taskId: input.taskId }),
    }),
  }),
);

const DeleteProjectInput = builder.inputType('DeleteProjectInput', {
  description: 'Which project to delete.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project.' }),
    name: t.string({ required: true, description: 'What it is called now, so that no wrong one goes.' }),
  }),
});
builder.mutationField('deleteProject', (t) =>
  t.field({
    type: DeletionPayload('DeleteProjectPayload', 'Nobody sees the project any more, and it is being removed.'),
    nullable: true,
    description:
      'Deletes a project with everything in it (owners only); the repositories stay as they are. While a run works: ConflictError; stop it first.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: DeleteProjectInput, required: true, description: 'The project.' }) },
    resolve: async (_root, { input }, context) => ({
      deletion: await deleteProject(context.core, actorOf(context), { projectId: input.projectId, name: input.name }),
    }),
  }),
);
