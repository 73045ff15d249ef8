import type { GraphQLResolveInfo } from 'graphql';
import type { ApiContext } from '#api/context.ts';
import { countNestedRows } from '#api/nested-reads.ts';
import { MAX_BOARD_CARDS } from '#contract/limits.ts';
import { requireProject } from '#core/access/permissions.ts';
import { countTasks, idsOfColumns } from '#core/tasks/read-board.ts';
import { OPEN_TASK_STATUSES, TASK_STATUSES } from '#core/tasks/transitions.ts';
import type { TaskStatus } from '#core/tasks/transitions.ts';
import type { Task } from '#prisma/generated/client/client.ts';
import { actorOf, builder } from './builder.ts';
import { TaskStatusEnum } from './enums.ts';
import { loadInBatch, pathOf } from './lists/batch.ts';
import { readConnection, selectionOf } from './lists/connection.ts';
import { compareRows, parsePage, toConnection } from './lists/keyset.ts';
import type { Connection, Order, PageArgs } from './lists/keyset.ts';
import { PRIORITY, UPDATED_AT, withDirection } from './lists/order-by.ts';
import { TaskConnection, TaskType } from './tasks.ts';

interface Column {
  projectId: string;
  status: TaskStatus;
}
/** A column of a page of cards; a board's open columns together have what a screen can show. */
const CARDS = { size: 200, maxSize: MAX_BOARD_CARDS };

const BoardColumnType = builder.objectRef<Column>('BoardColumn').implement({
  description: 'The tasks of a project that have one status.',
  fields: (t) => ({
    status: t.expose('status', { type: TaskStatusEnum, description: 'The status.' }),
    taskCount: t.int({
      description: 'How many tasks have it, also when fewer are shown.',
      resolve: ({ projectId, status }, _args, context) =>
        loadInBatch(context, `task counts of ${projectId}`, status, async (statuses) => {
          const counts = await countTasks(context.core, projectId, statuses);
          return statuses.map((each) => counts.get(each) ?? 0);
        }),
    }),
    tasks: t.connection(
      {
        type: TaskType,
        extensions: { length: CARDS.size },
        description: `Open ones by priority then age, the order in which work is taken; DONE and CANCELED ones by when they last changed, the newest first. ${CARDS.size} if \`first\` is not given, at most ${CARDS.maxSize}.`,
        resolve: (column, page, context, info) => readCards(column, page, context, info),
      },
      TaskConnection,
    ),
  }),
});

builder.queryField('board', (t) =>
  t.field({
    type: [BoardColumnType],
    nullable: true,
    extensions: { length: TASK_STATUSES.length },
    description: 'The tasks of a project by status, in the order of the life cycle.',
    authScopes: { signedIn: true },
    args: {
      projectId: t.arg.id({ required: true, description: 'The project.' }),
      statuses: t.arg({
        type: [TaskStatusEnum],
        description: 'Only these columns; without it everything but DONE and CANCELED.',
      }),
    },
    resolve: async (_root, { projectId, statuses }, context) => {
      await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
      return [...new Set(statuses ?? OPEN_TASK_STATUSES)].map((status) => ({ projectId, status }));
    },
  }),
);

const orderOf = (status: TaskStatus): Order =>
  OPEN_TASK_STATUSES.includes(status) ? withDirection(PRIORITY, 'asc') : withDirection(UPDATED_AT, 'desc');

async function readCards(
  { projectId, status }: Column,
  args: PageArgs,
  context: ApiContext,
  info: GraphQLResolveInfo,
): Promise<Connection<Task>> {
  const page = parsePage(args, orderOf(status), CARDS);
  // A cursor is one column's own.
  if (page.after ?? page.before)
    return readConnection(context, info, args, {
      typeName: 'Task',
      rows: context.core.db.task,
      order: page.order,
      where: { projectId, status },
      limits: CARDS,
    });
  return loadInBatch(context, pathOf(info), status, async (statuses) => {
    countNestedRows(context, info, statuses.length * page.size);
    const ids = await idsOfColumns(context.core, projectId, statuses, {
      limit: page.size + 1,
      end: page.isBackward ? 'last' : 'first',
    });
    const found = await context.core.db.task.findMany({
      ...selectionOf(context, info, 'Task', page.order, ['status', 'priority', 'updatedAt']),
      where: { id: { in: ids } },
    });
    return statuses.map((each) => {
      const ofColumn = { ...page, order: orderOf(each) };
      const cards = found.filter((task) => task.status === each).sort(compareRows(ofColumn));
      return toConnection(cards, ofColumn);
    });
  });
}
