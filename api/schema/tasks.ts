import { countNestedRead } from '#api/nested-reads.ts';
import { queryFromInfo } from '@pothos/plugin-prisma';
import { MAX_BOARD_CARDS } from '#contract/limits.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import { taskFilter, taskScope } from '#core/tasks/list-tasks.ts';
import { requireProject } from '#core/access/permissions.ts';
import { isUuid } from '#core/platform/ids.ts';
import { TASK_TRANSITIONS } from '#core/tasks/transitions.ts';
import type { Prisma, Task, TaskEvent } from '#prisma/generated/client/client.ts';
import { actorOf, builder } from './builder.ts';
import { omitLongTexts } from './omit-long-texts.ts';
import { connectionOf, decodeCursor, pageArgs, pageSize, toPage } from './connection.ts';
import { RequestSourceEnum, TaskEventTypeEnum, TaskStatusEnum, TaskTypeEnum } from './enums.ts';
import { RunType } from './runs.ts';

export const TaskEventEntry = builder.prismaObject('TaskEvent', {
  name: 'TaskEvent',
  description: "One entry of a task's audit trail. It can not be changed or removed.",
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    eventType: t.expose('eventType', { type: TaskEventTypeEnum, description: 'What it records.' }),
    payload: t.expose('payload', {
      type: 'JSON',
      description: 'The details: who (actor), and by type from, to, why, text, artifactId …; statuses in lower_snake.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it happened.' }),
  }),
});
const TaskEventConnection = connectionOf<TaskEvent>('TaskEvent', TaskEventEntry);

interface DiffSize {
  filesChanged: number;
  additions: number;
  deletions: number;
}
const DiffStats = builder.objectRef<DiffSize>('DiffStats').implement({
  description: 'How large a diff is.',
  fields: (t) => ({
    filesChanged: t.exposeInt('filesChanged', { description: 'Files that differ.' }),
    additions: t.exposeInt('additions', { description: 'Lines added.' }),
    deletions: t.exposeInt('deletions', { description: 'Lines removed.' }),
  }),
});

/** A runner wrote it: numbers count, anything else does not. */
function parseDiffStats(metadata: unknown): DiffSize | null {
  const stats = (metadata ?? {}) as Record<string, unknown>;
  const { filesChanged, additions, deletions } = stats;
  return Number.isSafeInteger(filesChanged) && Number.isSafeInteger(additions) && Number.isSafeInteger(deletions)
    ? (stats as unknown as DiffSize)
    : null;
}

export const TaskType = builder.prismaObject('Task', {
  description: 'Something to be done in a project.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    title: t.exposeString('title', { description: 'What is to be done, in a line.' }),
    description: t.exposeString('description', {
      description: 'The words it was asked for with, and what the planner added.',
    }),
    acceptanceCriteria: t.exposeStringList('acceptanceCriteria', { description: 'What must hold when it is done.' }),
    type: t.expose('type', { type: TaskTypeEnum, description: 'What kind of work it is.' }),
    priority: t.exposeInt('priority', { description: '1 (first) to 5.' }),
    status: t.expose('status', { type: TaskStatusEnum, description: 'Where it stands.' }),
    allowedTransitions: t.field({
      type: [TaskStatusEnum],
      select: { status: true },
      description: "The statuses the life cycle's table allows next. IN_PROGRESS is set by a run, never by hand.",
      resolve: (task) => [...TASK_TRANSITIONS[task.status]],
    }),
    requestedBy: t.expose('requestedBy', { type: RequestSourceEnum, description: 'Where the ask came from.' }),
    agentName: t.exposeString('agentName', {
      nullable: true,
      description: 'The agent that is wanted, also when the project has none of that name; null: not planned yet.',
    }),
    agentReason: t.exposeString('agentReason', {
      nullable: true,
      description: 'The rule or hint that chose the agent; null: not planned yet.',
    }),
    waitingReason: t.exposeString('waitingReason', {
      nullable: true,
      description: 'Why it is queued and does not run; null: about to start, or not queued.',
    }),
    blockedReason: t.exposeString('blockedReason', {
      nullable: true,
      description: 'Why it is blocked; null unless it is.',
    }),
    heldBy: t.exposeString('heldBy', {
      nullable: true,
      description: 'Who stopped it: it is queued, and held until a person starts it (startTask); null: not held.',
    }),
    heldAt: t.expose('heldAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is held; null: not held.',
    }),
    feedback: t.exposeString('feedback', {
      nullable: true,
      description: 'What the last reviewer wanted different; null: never sent back.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    project: t.relation('project', { description: 'The project it belongs to.' }),
    agent: t.relation('agent', {
      nullable: true,
      description: 'The agent it is for; null: not planned yet, or the project has none of that name.',
    }),
    parent: t.relation('parent', { nullable: true, description: 'The finished task this one follows up; null: none.' }),
    followUps: t.relation('followUps', {
      description: 'Tasks that follow this one up.',
      query: { orderBy: { id: 'asc' }, take: 50 },
    }),
    runs: t.relation('runs', {
      description: 'Its runs, newest first, at most 100.',
      query: { orderBy: { id: 'desc' }, take: 100 },
    }),
    liveRun: t.field({
      type: RunType,
      nullable: true,
      select: (_args, _context, nestedSelection) =>
        ({
          runs: nestedSelection({
            where: { status: { in: ['pending', 'started', 'streaming'] } },
            orderBy: { id: 'desc' },
            take: 1,
          }),
        }) as never,
      description: 'The run that waits or works for it now; null: none.',
      resolve: (task) => (task as unknown as { runs: never[] }).runs[0] ?? null,
    }),
    result: t.relation('resultRun', {
      nullable: true,
      description:
        'The attempt that ended last: while the task needs review, what is reviewed are its diff, its report and its summary; null: none has ended.',
    }),
    diffStats: t.field({
      type: DiffStats,
      nullable: true,
      select: {
        resultRun: { select: { artifacts: { where: { kind: 'diff' }, take: 1, select: { metadata: true } } } },
      },
      description: 'How large the diff of the attempt is that ended last; null: none has ended, or it changed nothing.',
      resolve: (task) => parseDiffStats(task.resultRun?.artifacts[0]?.metadata),
    }),
    artifacts: t.relation('artifacts', {
      description: 'Files its runs have made, newest first, at most 100.',
      query: { orderBy: { id: 'desc' }, take: 100 },
    }),
    events: t.field({
      type: TaskEventConnection,
      description: 'The audit trail, oldest first.',
      args: { first: t.arg.int(pageArgs.first), after: t.arg.string(pageArgs.after) },
      resolve: async (task, { first, after }, context, info) => {
        countNestedRead(context, info);
        const size = pageSize(first);
        const [id] = decodeCursor(after, ['id']) ?? [];
        const rows = await context.core.db.taskEvent.findMany({
          where: { taskId: task.id, ...(id ? { id: { gt: id } } : {}) },
          orderBy: { id: 'asc' },
          take: size + 1,
        });
        return toPage(rows, size, (row) => [row.id]);
      },
    }),
  }),
});
const TaskConnection = connectionOf<Task>('Task', TaskType);

const TaskFilterInput = builder.inputType('TaskFilter', {
  description: 'All that is given must hold.',
  fields: (t) => ({
    statuses: t.field({ type: [TaskStatusEnum], description: 'One of these.' }),
    types: t.field({ type: [TaskTypeEnum], description: 'One of these.' }),
    priorities: t.intList({ description: 'One of these.' }),
    agentIds: t.idList({ description: 'Given to one of these.' }),
    text: t.string({ description: 'Words in title or description, without regard to case.' }),
  }),
});
const TaskSortEnum = builder.enumType('TaskSort', {
  description: 'The order of a list of tasks.',
  values: { PRIORITY: { description: 'Priority, then age.' }, NEWEST: { description: 'Newest first.' } } as const,
});

builder.queryField('task', (t) =>
  t.prismaField({
    type: TaskType,
    nullable: true,
    description: 'One task; null when it is missing or not yours.',
    authScopes: { signedIn: true },
    args: { id: t.arg.id({ required: true, description: "The task's id." }) },
    resolve: async (query, _root, { id }, context) =>
      isUuid(id)
        ? context.core.db.task.findFirst({ ...query, where: { AND: [{ id }, taskScope(actorOf(context))] } })
        : null,
  }),
);

builder.queryField('tasks', (t) =>
  t.field({
    type: TaskConnection,
    description: 'The tasks of a project.',
    authScopes: { signedIn: true },
    args: {
      projectId: t.arg.id({ required: true, description: 'The project.' }),
      filter: t.arg({ type: TaskFilterInput, description: 'Which of them.' }),
      sort: t.arg({ type: TaskSortEnum, description: 'In which order; PRIORITY if not given.' }),
      first: t.arg.int(pageArgs.first),
      after: t.arg.string(pageArgs.after),
    },
    resolve: async (_root, { projectId, filter, sort, first, after }, context, info) => {
      const { core } = context;
      await requireProject(core.db, actorOf(context), projectId, 'project:read');
      const size = pageSize(first);
      const byPriority = sort !== 'NEWEST';
      const query = queryFromInfo({ context, info, typeName: 'Task', paths: [['nodes'], ['edges', 'node']] });
      const rows = (await core.db.task.findMany({
        ...query,
        ...omitLongTexts(info),
        where: { AND: [taskFilter(projectId, filter ?? {}), behind(byPriority, after)] },
        orderBy: byPriority ? [{ priority: 'asc' }, { id: 'asc' }] : { id: 'desc' },
        take: size + 1,
      })) as Task[];
      return toPage(rows, size, (row) => (byPriority ? [row.priority, row.id] : [row.id]));
    },
  }),
);

function behind(byPriority: boolean, after: string | null | undefined): Prisma.TaskWhereInput {
  if (!byPriority) {
    const [id] = decodeCursor(after, ['id']) ?? [];
    return id ? { id: { lt: id } } : {};
  }
  const keys = decodeCursor(after, ['number', 'id']);
  if (!keys) return {};
  const [priority, id] = keys;
  if (priority < 1 || priority > 5)
    throw new InvalidInputError([{ path: ['after'], message: 'Not a cursor of this list' }]);
  return { OR: [{ priority: { gt: priority } }, { priority, id: { gt: id } }] };
}

builder.queryField('board', (t) =>
  t.prismaField({
    type: [TaskType],
    description: `The light cards of a board, by priority then age, at most ${MAX_BOARD_CARDS}.`,
    authScopes: { signedIn: true },
    args: {
      projectId: t.arg.id({ required: true, description: 'The project.' }),
      statuses: t.arg({
        type: [TaskStatusEnum],
        description: 'Only these columns; without it everything but DONE and CANCELED.',
      }),
    },
    resolve: async (query, _root, { projectId, statuses }, context, info) => {
      await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
      const cards = await context.core.db.task.findMany({
        ...query,
        ...omitLongTexts(info),
        where: { projectId, status: statuses ? { in: statuses } : { notIn: ['done', 'canceled'] } },
        orderBy: [{ priority: 'asc' }, { id: 'asc' }],
        take: MAX_BOARD_CARDS,
      });
      return cards;
    },
  }),
);
