import type { ApiContext } from '#api/context.ts';
import { commentOnTask } from '#core/tasks/comment-on-task.ts';
import { createTask } from '#core/tasks/create-task.ts';
import { followUpTask } from '#core/tasks/follow-up-task.ts';
import { taskScope } from '#core/tasks/list-tasks.ts';
import { startTask } from '#core/tasks/start-task.ts';
import { approveTask } from '#core/tasks/approve-task.ts';
import { retryTask } from '#core/tasks/retry-task.ts';
import { sendBackTask } from '#core/tasks/send-back-task.ts';
import { transitionTask } from '#core/tasks/transition-task.ts';
import { updateTask } from '#core/tasks/update-task.ts';
import type { AgentRun, Task } from '#prisma/generated/client/client.ts';
import { actorOf, builder } from './builder.ts';
import { emptyForNull, givenFields } from './changes.ts';
import { TaskStatusEnum, TaskTypeEnum } from './enums.ts';
import { TASK_ERRORS } from './errors.ts';
import { RunType } from './runs.ts';
import { TaskType } from './tasks.ts';
import { IDEMPOTENCY_KEY, once } from './once.ts';

interface TaskPayload {
  task: Task;
}
/** Most mutations of a task answer with the task alone; each has its own type, with room to grow. */
function taskPayload(name: string, description: string) {
  return builder.objectRef<TaskPayload>(name).implement({
    description,
    fields: (t) => ({
      task: t.field({ type: TaskType, description: 'The task as it stands now.', resolve: (payload) => payload.task }),
    }),
  });
}

const CreateTaskInput = builder.inputType('CreateTaskInput', {
  description: 'A new task.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project it is for.' }),
    title: t.string({ required: true, description: 'What is to be done, at most 200 characters.' }),
    description: t.string({ description: 'More about it, at most 20,000 characters.' }),
    acceptanceCriteria: t.stringList({ description: 'What must hold when it is done, at most 20.' }),
    type: t.field({ type: TaskTypeEnum, description: 'What kind of work; CODE_CHANGE if not given.' }),
    priority: t.int({ description: '1 (first) to 5; 3 if not given.' }),
    agentId: t.id({ description: 'Who is to do it; without it the orchestrator chooses.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
builder.mutationField('createTask', (t) =>
  t.field({
    type: taskPayload('CreateTaskPayload', 'The task was added.'),
    nullable: true,
    description:
      'Adds a queued task. With an agent its run is scheduled at once; without one the orchestrator considers it in its next cycle.',
    authScopes: { signedIn: true },
    errors: { types: [...TASK_ERRORS] },
    args: { input: t.arg({ type: CreateTaskInput, required: true, description: 'The task.' }) },
    resolve: async (_root, { input }, context) => ({
      task: await once(context, 'createTask', input, madeTask(context), (core, fields) =>
        createTask(core, actorOf(context), withoutNulls({ ...fields, requestedBy: 'api' as const })),
      ),
    }),
  }),
);

const UpdateTaskInput = builder.inputType('UpdateTaskInput', {
  description: 'What to change; what is not given stays. Null clears what can be empty, and is refused for the rest.',
  fields: (t) => ({
    taskId: t.id({ required: true, description: 'The task, by its id or its short id.' }),
    title: t.string({ description: 'At most 200 characters.' }),
    description: t.string({ description: 'At most 20,000 characters; null: none.' }),
    acceptanceCriteria: t.stringList({ description: 'Replaces all of them; null: none.' }),
    type: t.field({ type: TaskTypeEnum, description: 'What kind of work.' }),
    priority: t.int({ description: '1 (first) to 5.' }),
    agentId: t.id({ description: 'Gives the task to this agent; not while a run of it works.' }),
  }),
});
builder.mutationField('updateTask', (t) =>
  t.field({
    type: taskPayload('UpdateTaskPayload', 'The task was changed.'),
    nullable: true,
    description: 'Changes what a task says, or who does it.',
    authScopes: { signedIn: true },
    errors: { types: [...TASK_ERRORS] },
    args: { input: t.arg({ type: UpdateTaskInput, required: true, description: 'The changes.' }) },
    resolve: async (_root, { input }, context) => ({
      task: await updateTask(context.core, actorOf(context), {
        ...givenFields(input),
        description: emptyForNull(input.description, ''),
        acceptanceCriteria: emptyForNull(input.acceptanceCriteria, []),
      }),
    }),
  }),
);

const TransitionTaskInput = builder.inputType('TransitionTaskInput', {
  description: 'Where to move a task.',
  fields: (t) => ({
    taskId: t.id({ required: true, description: 'The task, by its id or its short id.' }),
    to: t.field({ type: TaskStatusEnum, required: true, description: 'The status it is to have.' }),
    reason: t.string({ description: 'Why; needed for BLOCKED. It is written on the audit trail.' }),
  }),
});
builder.mutationField('transitionTask', (t) =>
  t.field({
    type: taskPayload('TransitionTaskPayload', 'The task was moved.'),
    nullable: true,
    description:
      'Moves a task along an allowed transition. Queueing schedules its next run; blocking and canceling stop its runs.',
    authScopes: { signedIn: true },
    errors: { types: [...TASK_ERRORS] },
    args: { input: t.arg({ type: TransitionTaskInput, required: true, description: 'Where to.' }) },
    resolve: async (_root, { input }, context) => ({
      task: await transitionTask(context.core, actorOf(context), {
        taskId: input.taskId,
        to: input.to,
        reason: input.reason ?? null,
      }),
    }),
  }),
);

const BlockTaskInput = builder.inputType('BlockTaskInput', {
  description: 'What to block and why.',
  fields: (t) => ({
    taskId: t.id({ required: true, description: 'The task, by its id or its short id.' }),
    reason: t.string({ required: true, description: 'Why it can not go on.' }),
  }),
});
builder.mutationField('blockTask', (t) =>
  t.field({
    type: taskPayload('BlockTaskPayload', 'The task is blocked.'),
    nullable: true,
    description: 'Blocks a queued task, with a reason on the audit trail.',
    authScopes: { signedIn: true },
    errors: { types: [...TASK_ERRORS] },
    args: { input: t.arg({ type: BlockTaskInput, required: true, description: 'The task and the reason.' }) },
    resolve: async (_root, { input }, context) => ({
      task: await transitionTask(context.core, actorOf(context), { ...input, to: 'blocked' }),
    }),
  }),
);

/** Some mutations need the task alone; each has its own input, with room to grow. */
function taskInput(name: string, description: string) {
  return builder.inputType(name, {
    description,
    fields: (t) => ({ taskId: t.id({ required: true, description: 'The task, by its id or its short id.' }) }),
  });
}
builder.mutationField('cancelTask', (t) =>
  t.field({
    type: taskPayload('CancelTaskPayload', 'The task is canceled.'),
    nullable: true,
    description: 'Cancels a task and stops its runs.',
    authScopes: { signedIn: true },
    errors: { types: [...TASK_ERRORS] },
    args: {
      input: t.arg({
        type: taskInput('CancelTaskInput', 'Which task to cancel.'),
        required: true,
        description: 'The task.',
      }),
    },
    resolve: async (_root, { input }, context) => ({
      task: await transitionTask(context.core, actorOf(context), { ...input, to: 'canceled' }),
    }),
  }),
);
builder.mutationField('startTask', (t) =>
  t.field({
    type: taskPayload('StartTaskPayload', 'The task is no longer held.'),
    nullable: true,
    description: 'Starts a task that is held: its next run waits for a runner.',
    authScopes: { signedIn: true },
    errors: { types: [...TASK_ERRORS] },
    args: {
      input: t.arg({
        type: taskInput('StartTaskInput', 'Which held task to start.'),
        required: true,
        description: 'The task.',
      }),
    },
    resolve: async (_root, { input }, context) => ({ task: await startTask(context.core, actorOf(context), input) }),
  }),
);
builder.mutationField('retryTask', (t) =>
  t.field({
    type: taskPayload('RetryTaskPayload', 'The task is queued again.'),
    nullable: true,
    description: 'Queues a failed task again, or starts one that is held.',
    authScopes: { signedIn: true },
    errors: { types: [...TASK_ERRORS] },
    args: {
      input: t.arg({
        type: taskInput('RetryTaskInput', 'Which failed task to queue again.'),
        required: true,
        description: 'The task.',
      }),
    },
    resolve: async (_root, { input }, context) => ({ task: await retryTask(context.core, actorOf(context), input) }),
  }),
);

const CommentOnTaskInput = builder.inputType('CommentOnTaskInput', {
  description: 'A comment.',
  fields: (t) => ({
    taskId: t.id({ required: true, description: 'The task, by its id or its short id.' }),
    text: t.string({ required: true, description: 'What to say, at most 20,000 characters.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
builder.mutationField('commentOnTask', (t) =>
  t.field({
    type: taskPayload('CommentOnTaskPayload', 'The comment is on the audit trail.'),
    nullable: true,
    description: 'Adds a comment to the audit trail.',
    authScopes: { signedIn: true },
    errors: { types: [...TASK_ERRORS] },
    args: { input: t.arg({ type: CommentOnTaskInput, required: true, description: 'The comment.' }) },
    resolve: async (_root, { input }, context) => {
      const { find } = madeTask(context);
      return once(
        context,
        'commentOnTask',
        input,
        {
          idOf: ({ task }: TaskPayload) => task.id,
          find: async (id) => {
            const task = await find(id);
            return task && { task };
          },
        },
        (core, fields) => commentOnTask(core, actorOf(context), fields),
      );
    },
  }),
);

const ApproveTaskPayload = builder
  .objectRef<{ task: Task; mergeRun: AgentRun | null }>('ApproveTaskPayload')
  .implement({
    description: 'The work is approved.',
    fields: (t) => ({
      task: t.field({
        type: TaskType,
        description: 'The task; it is DONE when its merge has succeeded.',
        resolve: (payload) => payload.task,
      }),
      mergeRun: t.field({
        type: RunType,
        nullable: true,
        description: 'The run that merges the branch; null when there was nothing to merge.',
        resolve: (payload) => payload.mergeRun,
      }),
    }),
  });
builder.mutationField('approveTask', (t) =>
  t.field({
    type: ApproveTaskPayload,
    nullable: true,
    description: 'Approves what the last run made: its branch is merged into the base, and the task is done.',
    authScopes: { signedIn: true },
    errors: { types: [...TASK_ERRORS] },
    args: {
      input: t.arg({
        type: taskInput('ApproveTaskInput', 'Whose work to approve.'),
        required: true,
        description: 'The task.',
      }),
    },
    resolve: async (_root, { input }, context) => approveTask(context.core, actorOf(context), input),
  }),
);

const SendBackTaskInput = builder.inputType('SendBackTaskInput', {
  description: 'What should be different.',
  fields: (t) => ({
    taskId: t.id({ required: true, description: 'The task, by its id or its short id.' }),
    feedback: t.string({ required: true, description: "It is in the next run's prompt." }),
  }),
});
builder.mutationField('sendBackTask', (t) =>
  t.field({
    type: taskPayload('SendBackTaskPayload', 'The task runs again, with the feedback.'),
    nullable: true,
    description: 'Sends a task back: it runs again with the feedback, on the branch of its last run.',
    authScopes: { signedIn: true },
    errors: { types: [...TASK_ERRORS] },
    args: { input: t.arg({ type: SendBackTaskInput, required: true, description: 'The task and the feedback.' }) },
    resolve: async (_root, { input }, context) => ({ task: await sendBackTask(context.core, actorOf(context), input) }),
  }),
);

const FollowUpTaskInput = builder.inputType('FollowUpTaskInput', {
  description: 'A task that follows a finished one.',
  fields: (t) => ({
    taskId: t.id({ required: true, description: 'The finished task, by its id or its short id.' }),
    title: t.string({ description: "What is to be done; the finished task's title if not given." }),
    description: t.string({ description: "More about it; the finished task's if not given." }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
builder.mutationField('followUpTask', (t) =>
  t.field({
    type: taskPayload('FollowUpTaskPayload', 'The follow-up was added.'),
    nullable: true,
    description: 'Reopens a finished task as a new one that is linked to it.',
    authScopes: { signedIn: true },
    errors: { types: [...TASK_ERRORS] },
    args: { input: t.arg({ type: FollowUpTaskInput, required: true, description: 'The follow-up.' }) },
    resolve: async (_root, { input }, context) => ({
      task: await once(context, 'followUpTask', input, madeTask(context), (core, fields) =>
        followUpTask(core, actorOf(context), withoutNulls(fields)),
      ),
    }),
  }),
);

/** A task that an earlier call has made, or has said something of. */
function madeTask(context: ApiContext) {
  const scope = taskScope(actorOf(context));
  return {
    idOf: (task: Task) => task.id,
    find: (id: string) => context.core.db.task.findFirst({ where: { AND: [{ id }, scope] } }),
  };
}

/** Where something is made, null means the same as absent: the default. */
function withoutNulls<T extends object>(input: T): { [K in keyof T]: Exclude<T[K], null> } {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null && value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], null>;
  };
}
