import { requireProject } from '#core/access/permissions.ts';
import { findTaskId } from '#core/tasks/find-task.ts';
import { taskFilter, taskScope } from '#core/tasks/list-tasks.ts';
import { taskIdIn } from './arguments.ts';
import { actorOf, builder } from './builder.ts';
import { TaskStatusEnum, TaskTypeEnum } from './enums.ts';
import { readConnection } from './lists/connection.ts';
import { CREATED_AT, orderByOf, PRIORITY, UPDATED_AT } from './lists/order-by.ts';
import { TaskConnection, TaskType } from './tasks.ts';

const TaskFilterInput = builder.inputType('TaskFilter', {
  description: 'All that is given must hold.',
  fields: (t) => ({
    ids: t.idList({ description: 'One of these, by their ids or short ids; at most 200.' }),
    statuses: t.field({ type: [TaskStatusEnum], description: 'One of these.' }),
    types: t.field({ type: [TaskTypeEnum], description: 'One of these.' }),
    priorities: t.intList({ description: 'One of these.' }),
    agentIds: t.idList({ description: 'Given to one of these.' }),
    text: t.string({
      description: 'Words in title or description, without regard to case; or a short id, or the number of one.',
    }),
    updatedSince: t.field({ type: 'DateTime', description: 'Changed then or later.' }),
  }),
});
const taskOrder = orderByOf('Task', { PRIORITY, CREATED_AT, UPDATED_AT }, { field: 'PRIORITY', direction: 'asc' });

builder.queryField('task', (t) =>
  t.prismaField({
    type: TaskType,
    nullable: true,
    description: 'One task; null when it is missing or not yours.',
    authScopes: { signedIn: true },
    args: { id: t.arg.id({ required: true, description: "The task's id, or its short id." }) },
    resolve: async (query, _root, { id: said }, context) => {
      const id = await findTaskId(context.core.db, said);
      return id === null
        ? null
        : context.core.db.task.findFirst({ ...query, where: { AND: [{ id }, taskScope(actorOf(context))] } });
    },
  }),
);

builder.queryField('tasks', (t) =>
  t.connection(
    {
      type: TaskType,
      nullable: true,
      description: 'The tasks of a project.',
      authScopes: { signedIn: true },
      args: {
        projectId: t.arg.id({ required: true, description: 'The project.' }),
        filter: t.arg({ type: TaskFilterInput, description: 'Which of them.' }),
        orderBy: t.arg(taskOrder.arg),
      },
      resolve: async (_root, { projectId, filter, orderBy, ...page }, context, info) => {
        const { ids, ...ofTasks } = filter ?? {};
        await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
        return readConnection(context, info, page, {
          typeName: 'Task',
          rows: context.core.db.task,
          order: taskOrder.keys(orderBy),
          where: {
            ...(await taskFilter(context.core.db, projectId, ofTasks)),
            ...(ids ? { id: await taskIdIn(context, ids, ['filter', 'ids']) } : {}),
          },
        });
      },
    },
    TaskConnection,
  ),
);
