import { OF_READER } from '#api/reader-fields-rule.ts';
import { formatShortId } from '#contract/short-ids.ts';
import { TASK_TRANSITIONS } from '#core/tasks/transitions.ts';
import type { Task, TaskEvent } from '#prisma/generated/client/client.ts';
import { ARTIFACTS_OF_TASK, ArtifactConnection, ArtifactType } from './artifacts.ts';
import { builder, REVISION } from './builder.ts';
import { RequestSourceEnum, TaskEventTypeEnum, TaskStatusEnum, TaskTypeEnum } from './enums.ts';
import { connectionOf } from './lists/connection.ts';
import { inOrder, nestedConnection } from './lists/nested-connection.ts';
import type { NestedList } from './lists/nested-connection.ts';
import { CREATED_AT, orderByOf } from './lists/order-by.ts';
import { findDeleteRefusal } from './project-rights.ts';
import { RUNS_OF_TASK, RunConnection, RunType } from './runs.ts';
import { LIVE_STATUSES } from '#core/runs/statuses.ts';
import { loadTaskSpend, SpendType } from './spend.ts';
import { loadWaitingReason, WHEN_READ } from './waiting-reason.ts';

export const TaskEventEntry = builder.prismaObject('TaskEvent', {
  name: 'TaskEvent',
  description: "One entry of a task's audit trail. It can not be changed, and goes only with its task.",
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
const TaskEventConnection = connectionOf('TaskEvent', TaskEventEntry);
const taskEventOrder = orderByOf('TaskEvent', { CREATED_AT }, { field: 'CREATED_AT', direction: 'desc' });
const EVENTS_OF_TASK: NestedList<TaskEvent> = {
  typeName: 'TaskEvent',
  rows: ({ db }) => db.taskEvent,
  table: 'task_events',
  parent: { field: 'taskId', column: 'task_id' },
  key: { field: 'id', column: 'id', kind: 'id', direction: 'desc' },
};
const FOLLOW_UPS_OF_TASK: NestedList<Task> = {
  typeName: 'Task',
  rows: ({ db }) => db.task,
  table: 'tasks',
  parent: { field: 'parentTaskId', column: 'parent_task_id' },
  key: { field: 'id', column: 'id', kind: 'id', direction: 'desc' },
};

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
  // Its texts may be long, and a board has many cards: only what is asked for is read.
  select: { id: true },
  description: 'Something to be done in a project.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    shortId: t.string({
      select: { number: true, project: { select: { key: true } } },
      description:
        'What people call it: the key of its project and its number, for example SHOP-12. It is taken wherever the id of a task is, without regard to case, also with a key that the project has had before.',
      resolve: ({ number, project }) => formatShortId({ key: project.key, number }),
    }),
    number: t.exposeInt('number', { description: 'Counted per project from 1; never given twice, never changed.' }),
    revision: t.exposeInt('revision', { description: REVISION }),
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
    waitingReason: t.string({
      nullable: true,
      select: { id: true, status: true, heldBy: true },
      description: `Why it is queued and does not run; null: about to start, or not queued. ${WHEN_READ}`,
      resolve: ({ id, status, heldBy }, _args, context) =>
        loadWaitingReason(context, { type: 'task', id, status, heldBy }),
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
    spend: t.field({
      type: SpendType,
      select: { id: true },
      description: 'What all attempts at it have used.',
      resolve: ({ id }, _args, context) => loadTaskSpend(context, id),
    }),
    feedback: t.exposeString('feedback', {
      nullable: true,
      description: 'What the last reviewer wanted different; null: never sent back.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When it last changed.' }),
    viewerDeleteRefusal: t.string({
      extensions: OF_READER,
      nullable: true,
      select: { id: true, createdByUserId: true, project: { select: { id: true, status: true } } },
      description:
        'Why deleteTask would refuse who asks, in words to show; null: he may. Who asked for a task may until somebody has begun it.',
      resolve: (task, _args, context, info) => findDeleteRefusal(task, context, info),
    }),
    project: t.relation('project', { description: 'The project it belongs to.' }),
    agent: t.relation('agent', {
      nullable: true,
      description: 'The agent it is for; null: not planned yet, or the project has none of that name.',
    }),
    parent: t.relation('parent', { nullable: true, description: 'The finished task this one follows up; null: none.' }),
    runs: t.connection(
      {
        type: RunType,
        description: 'Its runs, newest first.',
        resolve: (task, page, context, info) => nestedConnection(RUNS_OF_TASK, task.id, page, context, info),
      },
      RunConnection,
    ),
    liveRun: t.field({
      type: RunType,
      nullable: true,
      select: (_args, _context, nestedSelection) =>
        ({
          runs: nestedSelection({
            where: { status: { in: [...LIVE_STATUSES] } },
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
    artifacts: t.connection(
      {
        type: ArtifactType,
        description: 'Files its runs have made, newest first.',
        resolve: (task, page, context, info) => nestedConnection(ARTIFACTS_OF_TASK, task.id, page, context, info),
      },
      ArtifactConnection,
    ),
    events: t.connection(
      {
        type: TaskEventEntry,
        description: 'The audit trail.',
        args: { orderBy: t.arg(taskEventOrder.arg) },
        resolve: (task, { orderBy, ...page }, context, info) =>
          nestedConnection(inOrder(EVENTS_OF_TASK, orderBy), task.id, page, context, info),
      },
      TaskEventConnection,
    ),
  }),
});

export const TaskConnection = connectionOf('Task', TaskType);
builder.prismaObjectField(TaskType, 'followUps', (t) =>
  t.connection(
    {
      type: TaskType,
      description: 'Tasks that follow this one up, newest first.',
      resolve: (task, page, context, info) => nestedConnection(FOLLOW_UPS_OF_TASK, task.id, page, context, info),
    },
    TaskConnection,
  ),
);
