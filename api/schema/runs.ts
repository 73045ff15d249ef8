import { readerOf } from '#core/agents/agent-config.ts';
import { countNestedRead } from '#api/nested-reads.ts';
import { STREAM_DIGITS_TEXT, streamOf, type LogStream } from '#contract/log-streams.ts';
import { projectScope, requireProject } from '#core/access/permissions.ts';
import { MAX_ACTIVITY_PAGE_ENTRIES, MAX_LOG_PAGE_LINES } from '#core/config/limits.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import { isUuid } from '#core/platform/ids.ts';
import { cancelRun } from '#core/runs/cancel-run.ts';
import type { LogBatch } from '#core/runs/append-logs.ts';
import { readActivity } from '#core/runs/follow-activity.ts';
import { readLines } from '#core/runs/follow-logs.ts';
import { runFilter } from '#core/runs/list-runs.ts';
import { whyNotMessaged } from '#core/runs/send-run-message.ts';
import type { AgentRun } from '#prisma/generated/client/client.ts';
import { ARTIFACTS_OF_RUN, ArtifactConnection, ArtifactType } from './artifacts.ts';
import { taskIdIn } from './arguments.ts';
import { actorOf, builder, REVISION } from './builder.ts';
import { AgentReaderEnum, LogStreamEnum, RunKindEnum, RunReasonEnum, RunStatusEnum, ThenTaskEnum } from './enums.ts';
import { TASK_ERRORS } from './errors.ts';
import { connectionOf, readConnection } from './lists/connection.ts';
import { nestedConnection } from './lists/nested-connection.ts';
import type { NestedList } from './lists/nested-connection.ts';
import { CREATED_AT, orderByOf } from './lists/order-by.ts';
import { RunActivityBatchType } from './run-activity.ts';
import { MESSAGES_OF_RUN, RunMessageConnection, RunMessageType } from './run-message-type.ts';
import { PERMISSIONS_OF_RUN, RunPermissionConnection, RunPermissionType } from './run-permission-type.ts';
import { loadWaitingReason, WHEN_READ } from './waiting-reason.ts';

const LogLine = builder
  .objectRef<{ seq: number; stream: LogStream; message: string; createdAt: string }>('RunLogLine')
  .implement({
    description: "One line of a run's log.",
    fields: (t) => ({
      seq: t.exposeInt('seq', { description: 'Its number: 0, 1, 2 … without gaps.' }),
      stream: t.expose('stream', { type: LogStreamEnum, description: 'Where it came from.' }),
      message: t.exposeString('message', {
        description: 'Its text, as the program wrote it (ANSI colours included), masked.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was stored.' }),
    }),
  });

export const RunLogBatchType = builder.objectRef<LogBatch>('RunLogBatch').implement({
  description:
    'Lines of a run that follow each other. The packed form (`firstSeq`, `streams`, `messages`) is the quick one.',
  fields: (t) => ({
    firstSeq: t.exposeInt('firstSeq', { description: 'The number of the first line; the others count on.' }),
    streams: t.exposeString('streams', { description: `${STREAM_DIGITS_TEXT}.` }),
    messages: t.exposeStringList('messages', { description: 'The texts.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When the first of them was stored.' }),
    lines: t.field({
      type: [LogLine],
      description: 'The same, a line each.',
      resolve: (batch) =>
        batch.messages.map((message, i) => ({
          seq: batch.firstSeq + i,
          message,
          stream: streamOf(batch.streams.charAt(i)),
          createdAt: batch.createdAt,
        })),
    }),
  }),
});

export const RunType = builder.prismaObject('AgentRun', {
  name: 'Run',
  description: 'One attempt of an agent at a task, or the merge of an approved one.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    revision: t.exposeInt('revision', { description: REVISION }),
    kind: t.expose('kind', { type: RunKindEnum, description: 'What it is for.' }),
    attempt: t.exposeInt('attempt', { description: 'Counts the runs of this kind of the task, from 1.' }),
    status: t.expose('status', { type: RunStatusEnum, description: 'Where it stands.' }),
    reason: t.expose('reason', {
      type: RunReasonEnum,
      nullable: true,
      description: 'Why it ended; null while it is live.',
    }),
    message: t.exposeString('message', {
      nullable: true,
      description: 'Why it ended, as a sentence; null while it is live.',
    }),
    waitingReason: t.string({
      nullable: true,
      select: { id: true, status: true },
      description: `Why it has not started; null: about to, or started. ${WHEN_READ}`,
      resolve: ({ id, status }, _args, context) => loadWaitingReason(context, { type: 'run', id, status }),
    }),
    baseBranch: t.exposeString('baseBranch', {
      nullable: true,
      description: 'The branch it starts from and is merged into; null: not known before it ran.',
    }),
    branch: t.exposeString('branch', { nullable: true, description: 'The branch it writes; null: not started.' }),
    baseCommit: t.exposeString('baseCommit', {
      nullable: true,
      description: 'The commit it started from; null: not known.',
    }),
    headCommit: t.exposeString('headCommit', { nullable: true, description: 'The commit it made; null: none.' }),
    cancelRequestedBy: t.exposeString('cancelRequestedBy', {
      nullable: true,
      description: 'Who asked to stop it, by name; null: nobody.',
    }),
    cancelRequestedAt: t.expose('cancelRequestedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When somebody asked to stop it; null: nobody.',
    }),
    landingAt: t.expose('landingAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When its runner was given the last word to merge: until the run has ended it can not be canceled; null: not yet, or no merge.',
    }),
    landingIsMerged: t.exposeBoolean('landingIsMerged', {
      nullable: true,
      description: 'What its runner found when the outcome of a merge was unknown; null: not told, or never unknown.',
    }),
    lineCount: t.exposeInt('lineCount', { description: 'Lines of its log that were stored.' }),
    activityCount: t.exposeInt('activityCount', {
      description: 'Entries of its activity that were stored; 0 too for an agent whose output nobody reads.',
    }),
    doing: t.exposeString('doing', {
      nullable: true,
      description:
        'What its agent does at the moment, in words: "Running npm test"; null: it does not say, or has ended.',
    }),
    logRemovedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When retention removed the lines of its log and its activity; null: they are there, or there were none.',
      select: { logRemovedAt: true, lineCount: true, activityCount: true },
      resolve: ({ logRemovedAt, lineCount, activityCount }) => (lineCount + activityCount > 0 ? logRemovedAt : null),
    }),
    sandboxNote: t.exposeString('sandboxNote', {
      nullable: true,
      description: 'Why it was not sandboxed; null: it was, or has not started.',
    }),
    isResumed: t.boolean({
      description: 'It was to go on in the session of the attempt before, where its agent remembers what it did.',
      select: { resumedSessionId: true },
      resolve: ({ resumedSessionId }) => resumedSessionId !== null,
    }),
    exitCode: t.exposeInt('exitCode', {
      nullable: true,
      description: 'Of the last command; null: none ended by itself.',
    }),
    summary: t.exposeString('summary', {
      nullable: true,
      description: 'What the agent says it did; null: nothing said.',
    }),
    question: t.exposeString('question', {
      nullable: true,
      description: 'What the agent asks in its last words, cut short at the start; null: nothing.',
    }),
    reader: t.field({
      type: AgentReaderEnum,
      description:
        'Whose stream its agent prints, as the agent is configured now. For all but PLAIN what stands in standard error is no sign of a failure.',
      select: { agent: { select: { configJson: true } } },
      resolve: ({ agent }) => readerOf(agent.configJson),
    }),
    metrics: t.expose('metrics', {
      type: 'JSON',
      nullable: true,
      description: 'RunMetrics of the contract; null before it ended.',
    }),
    model: t.exposeString('model', {
      nullable: true,
      description: 'The model that its agent was configured with when it was claimed; null: none was named.',
    }),
    costUsd: t.float({
      nullable: true,
      select: { costUsd: true },
      description: 'What it cost in US dollars; null: not known, which is not 0.',
      resolve: ({ costUsd }) => (costUsd === null ? null : Number(costUsd)),
    }),
    costIsEstimated: t.exposeBoolean('costIsEstimated', {
      nullable: true,
      description: 'By the price of its model (modelPrices); false: its program says so. Null: the cost is not known.',
    }),
    canBeMessaged: t.boolean({
      description: 'Whether its agent hears what people say to it now (sendRunMessage).',
      select: { status: true, kind: true, takesInput: true, cancelRequestedAt: true },
      resolve: (run) => whyNotMessaged(run) === null,
    }),
    takesInput: t.exposeBoolean('takesInput', {
      description: 'Its agent is run live: it asks while it works, and hears what people say.',
    }),
    openPermission: t.field({
      type: RunPermissionType,
      nullable: true,
      select: (_args, _context, nestedSelection) =>
        ({
          permissions: nestedSelection({ where: { status: 'pending' }, orderBy: { id: 'asc' }, take: 1 }),
        }) as never,
      description: 'What its agent asks and waits for, the oldest if it is more than one; null: nothing.',
      resolve: (run) => (run as unknown as { permissions: never[] }).permissions[0] ?? null,
    }),
    permissions: t.connection(
      {
        type: RunPermissionType,
        description: 'What its agent has asked, newest last.',
        resolve: (run, page, context, info) => nestedConnection(PERMISSIONS_OF_RUN, run.id, page, context, info),
      },
      RunPermissionConnection,
    ),
    messages: t.connection(
      {
        type: RunMessageType,
        description: 'What people have said to its agent, newest last.',
        resolve: (run, page, context, info) => nestedConnection(MESSAGES_OF_RUN, run.id, page, context, info),
      },
      RunMessageConnection,
    ),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was scheduled.' }),
    notBefore: t.expose('notBefore', {
      type: 'DateTime',
      nullable: true,
      description: 'A retry is not started before this; null: at once.',
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When a runner claimed it; null: not yet.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ended; null: not yet.',
    }),
    leaseExpiresAt: t.expose('leaseExpiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Until when its runner need not be heard; null: not started.',
    }),
    agent: t.relation('agent', { description: 'Who works.' }),
    task: t.relation('task', { nullable: true, description: 'What it works for; null for maintenance.' }),
    runner: t.relation('runner', { nullable: true, description: 'Where it works; null: not started.' }),
    project: t.relation('project', { description: 'The project it belongs to.' }),
    artifacts: t.connection(
      {
        type: ArtifactType,
        description: 'Files it made, newest first.',
        resolve: (run, page, context, info) => nestedConnection(ARTIFACTS_OF_RUN, run.id, page, context, info),
      },
      ArtifactConnection,
    ),
    logs: t.field({
      type: RunLogBatchType,
      nullable: true,
      description: 'A page of its log; null when there are no lines after the number, or retention has removed them.',
      select: { id: true, logRemovedAt: true },
      args: {
        afterSeq: t.arg.int({ description: 'Lines after this number; -1 (the default) for the start.' }),
        limit: t.arg.int({ description: `How many, at most ${MAX_LOG_PAGE_LINES}; 500 if not given.` }),
      },
      resolve: async (run, { afterSeq, limit }, context, info) => {
        countNestedRead(context, info);
        const count = limit ?? 500;
        if (count < 1 || count > MAX_LOG_PAGE_LINES)
          throw new InvalidInputError([{ path: ['limit'], message: `Between 1 and ${MAX_LOG_PAGE_LINES}` }]);
        if (run.logRemovedAt) return null;
        return readLines(context.core, run.id, afterSeq ?? -1, count);
      },
    }),
    activity: t.field({
      type: RunActivityBatchType,
      nullable: true,
      description:
        'A page of what its agent does; null when there are no entries after the number, or retention has removed them.',
      select: { id: true, logRemovedAt: true },
      args: {
        afterSeq: t.arg.int({ description: 'Entries after this number; -1 (the default) for the start.' }),
        first: t.arg.int({ description: `How many, at most ${MAX_ACTIVITY_PAGE_ENTRIES}; as many if not given.` }),
      },
      resolve: async (run, { afterSeq, first }, context, info) => {
        countNestedRead(context, info);
        const count = first ?? MAX_ACTIVITY_PAGE_ENTRIES;
        if (count < 1 || count > MAX_ACTIVITY_PAGE_ENTRIES)
          throw new InvalidInputError([{ path: ['first'], message: `Between 1 and ${MAX_ACTIVITY_PAGE_ENTRIES}` }]);
        if (run.logRemovedAt) return null;
        return readActivity(context.core, run.id, afterSeq ?? -1, count);
      },
    }),
  }),
});
export const RunConnection = connectionOf('Run', RunType);
export const RUNS_OF_TASK: NestedList<AgentRun> = {
  typeName: 'Run',
  rows: ({ db }) => db.agentRun,
  table: 'agent_runs',
  parent: { field: 'taskId', column: 'task_id' },
  key: { field: 'id', column: 'id', kind: 'id', direction: 'desc' },
};

builder.queryField('run', (t) =>
  t.prismaField({
    type: RunType,
    nullable: true,
    description: 'One run; null when it is missing or not yours.',
    authScopes: { signedIn: true },
    args: { id: t.arg.id({ required: true, description: "The run's id." }) },
    resolve: async (query, _root, { id }, context) =>
      isUuid(id)
        ? context.core.db.agentRun.findFirst({ ...query, where: { id, project: projectScope(actorOf(context)) } })
        : null,
  }),
);
const RunFilterInput = builder.inputType('RunFilter', {
  description: 'All that is given must hold.',
  fields: (t) => ({
    ids: t.idList({ description: 'One of these, at most 200.' }),
    statuses: t.field({ type: [RunStatusEnum], description: 'One of these.' }),
    isLive: t.boolean({ description: 'True: only those that wait or work. False: only those that have ended.' }),
    kinds: t.field({ type: [RunKindEnum], description: 'One of these.' }),
    agentIds: t.idList({ description: 'Of one of these agents, at most 200.' }),
    taskIds: t.idList({ description: 'For one of these tasks, by their ids or short ids; at most 200.' }),
    runnerIds: t.idList({ description: 'On one of these runners, at most 200.' }),
  }),
});
const runOrder = orderByOf('Run', { CREATED_AT }, { field: 'CREATED_AT', direction: 'desc' });
builder.queryField('runs', (t) =>
  t.connection(
    {
      type: RunType,
      nullable: true,
      description: 'The runs of a project.',
      authScopes: { signedIn: true },
      args: {
        projectId: t.arg.id({ required: true, description: 'The project.' }),
        filter: t.arg({ type: RunFilterInput, description: 'Which of them.' }),
        orderBy: t.arg(runOrder.arg),
      },
      resolve: async (_root, { projectId, filter, orderBy, ...page }, context, info) => {
        const { taskIds, ...ofRuns } = filter ?? {};
        await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
        return readConnection(context, info, page, {
          typeName: 'Run',
          rows: context.core.db.agentRun,
          order: runOrder.keys(orderBy),
          where: {
            ...runFilter(projectId, ofRuns),
            ...(taskIds ? { taskId: await taskIdIn(context, taskIds, ['filter', 'taskIds']) } : {}),
          },
        });
      },
    },
    RunConnection,
  ),
);

const CancelRunPayload = builder.objectRef<{ run: AgentRun }>('CancelRunPayload').implement({
  description: 'The run ends: at once when it had not started, else when its programs have.',
  fields: (t) => ({
    run: t.field({ type: RunType, description: 'The run as it stands now.', resolve: (payload) => payload.run }),
  }),
});
const CancelRunInput = builder.inputType('CancelRunInput', {
  description: 'Which run to stop, and what becomes of its task.',
  fields: (t) => ({
    runId: t.id({ required: true, description: 'The run.' }),
    thenTask: t.field({
      type: ThenTaskEnum,
      description:
        'What becomes of its task; PUT_BACK if not given. Of a merge that is stopped, PUT_BACK leaves the task in review.',
    }),
  }),
});
builder.mutationField('cancelRun', (t) =>
  t.field({
    type: CancelRunPayload,
    nullable: true,
    description:
      "Stops a live run: its programs get SIGTERM, and SIGKILL after the agent's grace. It is no failure: its task is put back and held, or canceled, as you say.",
    authScopes: { signedIn: true },
    errors: { types: [...TASK_ERRORS] },
    args: { input: t.arg({ type: CancelRunInput, required: true, description: 'The run.' }) },
    resolve: async (_root, { input }, context) => ({
      run: await cancelRun(context.core, actorOf(context), input.runId, input.thenTask ?? 'put_back'),
    }),
  }),
);
