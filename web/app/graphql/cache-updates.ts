import type { Cache, Data, OptimisticMutationResolver, UpdateResolver, UpdatesConfig } from '@urql/exchange-graphcache';
import { applyProjectEvent } from './apply-project-event.ts';
import {
  addToConnections,
  forget,
  forgetMembers,
  forgetState,
  forgetTask,
  placeOnBoards,
  projectOfTask,
} from './cache-lists.ts';
import { QUERY, ref } from './cache-refs.ts';
import type { CachedFields } from './gql/graphcache-schema.ts';
import type * as gql from './gql/graphql.ts';

/** Everything that a mutation changes beyond the entities in its answer: the lists. */
const mutationUpdates = {
  startTask: placeMovedTask,
  transitionTask: placeMovedTask,
  blockTask: placeMovedTask,
  retryTask: placeMovedTask,
  cancelTask: placeMovedTask,
  approveTask: placeMovedTask,
  sendBackTask: placeMovedTask,
  createTask({ createTask: answer }: gql.CreateTaskMutation, { input }: gql.CreateTaskMutationVariables, cache: Cache) {
    if (answer?.__typename === 'CreateTaskPayload') placeOnBoards(cache, input.projectId, answer.task.id);
  },
  sendMessage(
    { sendMessage: answer }: gql.SendMessageMutation,
    { input }: gql.SendMessageMutationVariables,
    cache: Cache,
  ) {
    if (answer?.__typename !== 'SendMessagePayload') return;
    addToConnections(cache, ref('Conversation', input.conversationId), 'messages', ref('Message', answer.message.id), {
      at: 'start',
    });
  },
  sendRunMessage: (_answer: unknown, { input }: gql.SendRunMessageMutationVariables, cache: Cache) =>
    forget(cache, ref('Run', input.runId), ['messages']),
  createRecording(
    { createRecording: answer }: gql.CreateRecordingMutation,
    { input }: gql.CreateRecordingMutationVariables,
    cache: Cache,
  ) {
    if (answer?.__typename !== 'CreateRecordingPayload') return;
    addToConnections(cache, QUERY, 'recordings', ref('Recording', answer.recording.id), {
      at: 'start',
      matches: (args) => args['projectId'] === input.projectId,
    });
  },
  createProject: (_answer: unknown, _args: unknown, cache: Cache) => forget(cache, QUERY, ['projects', 'repositories']),
  archiveProject: (_answer: unknown, _args: unknown, cache: Cache) => forget(cache, QUERY, ['projects']),
  deleteTask({ deleteTask: answer }: gql.DeleteTaskMutation, _args: unknown, cache: Cache) {
    if (answer?.__typename === 'DeleteTaskPayload')
      forgetTask(cache, answer.deletion.projectId, answer.deletion.entityId);
  },
  deleteProject: (_answer: unknown, _args: unknown, cache: Cache) => forget(cache, QUERY, ['projects', 'repositories']),
  createRunner: (_answer: unknown, _args: unknown, cache: Cache) => forget(cache, QUERY, ['runners']),
  grantRepository: forgetRunnerPages,
  revokeRepository: forgetRunnerPages,
  lookForRepositories: forgetRunnerPages,
  removeWorkFolder: forgetRunnerPages,
  updateRunner: forgetRunnerPages,
  createMembership: (_answer: unknown, { input }: gql.CreateMembershipMutationVariables, cache: Cache) =>
    forgetMembers(cache, input.projectId),
  removeMembership({ removeMembership: answer }: gql.RemoveMembershipMutation, _args: unknown, cache: Cache) {
    if (answer?.__typename !== 'RemoveMembershipPayload') return;
    forgetMembers(cache, answer.projectId);
    // Perhaps it was the person's own.
    forget(cache, QUERY, ['projects']);
  },
  createUser: (_answer: unknown, _args: unknown, cache: Cache) => forget(cache, QUERY, ['users']),
  saveState: (_answer: unknown, { input }: gql.SaveStateMutationVariables, cache: Cache) =>
    forgetState(cache, input.projectId),
  rollBackState: (_answer: unknown, { input }: gql.RollBackStateMutationVariables, cache: Cache) =>
    forgetState(cache, input.projectId),
} satisfies { [Name in CachedFields['Mutation']]?: UpdateResolver };

export const cacheUpdates: UpdatesConfig = {
  Mutation: mutationUpdates,
  Subscription: {
    projectEvents({ projectEvents: event }: gql.ProjectEventsSubscription, _args, cache) {
      forgetAsks(cache);
      applyProjectEvent(cache, event);
    },
  },
};

/**
 * What was asked for by its ids (waiting-reasons.ts) is shown by other lists: the cache need not grow by a list each time.
 * Not an update of `Query.runs` itself: graphcache would write what an alias of it holds over the field of that name.
 */
function forgetAsks(cache: Cache): void {
  forget(cache, QUERY, ['tasks', 'runs'], (args) => Array.isArray((args['filter'] as { ids?: unknown } | null)?.ids));
}

function forgetRunnerPages(_answer: unknown, _args: unknown, cache: Cache): void {
  forget(cache, QUERY, ['runner', 'repositories']);
}

/** Where it stands is what its answer says, or, of one that was refused, what was so before. */
function placeMovedTask(_answer: unknown, { input }: { input: { taskId: string } }, cache: Cache): void {
  const projectId = projectOfTask(cache, input.taskId);
  if (projectId) placeOnBoards(cache, projectId, input.taskId);
}

/** Ids that the server has not given yet. */
export const PENDING_PREFIX = 'pending-';
let pendingCount = 0;

const moved = (payload: keyof CachedFields, taskId: string, changes: MovedFields): Data => ({
  __typename: payload,
  task: { __typename: 'Task', id: taskId, ...changes },
});
type MovedFields = Partial<Record<CachedFields['Task'], string | null>> & { status: gql.TaskStatus };

/** What the page shows in the moment of a click, until the server has answered. A refusal takes it back. */
export const optimisticAnswers = {
  transitionTask: ({ input }: gql.TransitionTaskMutationVariables) =>
    moved('TransitionTaskPayload', input.taskId, { status: input.to, blockedReason: null, waitingReason: null }),
  blockTask: ({ input }: gql.BlockTaskMutationVariables) =>
    moved('BlockTaskPayload', input.taskId, { status: 'BLOCKED', blockedReason: input.reason, waitingReason: null }),
  startTask: ({ input }: gql.StartTaskMutationVariables) =>
    moved('StartTaskPayload', input.taskId, { status: 'QUEUED', heldBy: null, waitingReason: null }),
  retryTask: ({ input }: gql.RetryTaskMutationVariables) =>
    moved('RetryTaskPayload', input.taskId, { status: 'QUEUED' }),
  cancelTask: ({ input }: gql.CancelTaskMutationVariables) =>
    moved('CancelTaskPayload', input.taskId, {
      status: 'CANCELED',
      liveRun: null,
      blockedReason: null,
      waitingReason: null,
    }),
  sendBackTask: ({ input }: gql.SendBackTaskMutationVariables) =>
    moved('SendBackTaskPayload', input.taskId, { status: 'QUEUED', feedback: input.feedback }),
  answerPermission: ({ input }: gql.AnswerPermissionMutationVariables): Data => ({
    __typename: 'AnswerPermissionPayload',
    permission: {
      __typename: 'RunPermission',
      id: input.permissionId,
      status: input.decision === 'DENY' ? 'DENIED' : 'ALLOWED',
    },
  }),
  sendMessage: ({ input }: gql.SendMessageMutationVariables): Data => ({
    __typename: 'SendMessagePayload',
    message: {
      __typename: 'Message',
      id: `${PENDING_PREFIX}${++pendingCount}`,
      role: 'USER',
      content: input.content,
      revision: 0,
      contentFormat: 'PLAIN',
      conversationId: input.conversationId,
      answersId: null,
      recordingId: null,
      createdAt: new Date().toISOString(),
      relatedTasks: [],
    },
  }),
} satisfies { [Name in CachedFields['Mutation']]?: OptimisticMutationResolver };
