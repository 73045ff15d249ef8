import type { Cache, OptimisticMutationConfig, UpdatesConfig } from '@urql/exchange-graphcache';
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

interface TaskAnswer {
  task?: { id: string; status: string };
}

/** What they change is told by other fields than their answers'. */
const RUNNER_MUTATIONS = [
  'grantRepository',
  'revokeRepository',
  'lookForRepositories',
  'removeWorkFolder',
  'updateRunner',
];
const TASK_MUTATIONS = [
  'startTask',
  'transitionTask',
  'blockTask',
  'retryTask',
  'cancelTask',
  'approveTask',
  'sendBackTask',
];

/** Everything that a mutation or an event changes beyond the entities in its answer: the lists. */
export const cacheUpdates: UpdatesConfig = {
  Mutation: {
    ...Object.fromEntries(TASK_MUTATIONS.map((name) => [name, placeMovedTask(name)])),
    createTask(result, args, cache) {
      const { task } = (result['createTask'] ?? {}) as TaskAnswer;
      const { projectId } = args['input'] as { projectId: string };
      if (task) placeOnBoards(cache, projectId, { __typename: 'Task', id: task.id, status: task.status });
    },
    sendMessage(result, args, cache) {
      const { message } = (result['sendMessage'] ?? {}) as { message?: { id: string } };
      const { conversationId } = args['input'] as { conversationId: string };
      if (message)
        addToConnections(
          cache,
          { __typename: 'Conversation', id: conversationId },
          'messages',
          { __typename: 'Message', id: message.id },
          { at: 'start' },
        );
    },
    createProject: (_result, _args, cache) => forget(cache, 'Query', ['projects', 'repositories']),
    archiveProject: (_result, _args, cache) => forget(cache, 'Query', ['projects']),
    deleteTask(result, _args, cache) {
      const { deletion } = (result['deleteTask'] ?? {}) as { deletion?: { entityId: string; projectId: string } };
      if (deletion) forgetTask(cache, deletion.projectId, deletion.entityId);
    },
    deleteProject: (_result, _args, cache) => forget(cache, 'Query', ['projects', 'repositories']),
    createConversation(result, args, cache) {
      const { conversation } = (result['createConversation'] ?? {}) as { conversation?: { id: string } };
      const { projectId } = args['input'] as { projectId: string };
      if (conversation)
        addToConnections(
          cache,
          'Query',
          'conversations',
          { __typename: 'Conversation', id: conversation.id },
          { at: 'start', matches: (found) => found['projectId'] === projectId },
        );
    },
    createRunner: (_result, _args, cache) => forget(cache, 'Query', ['runners']),
    ...Object.fromEntries(RUNNER_MUTATIONS.map((name) => [name, forgetRunnerPages])),
    createMembership: (_result, args, cache) =>
      forgetMembers(cache, (args['input'] as { projectId: string }).projectId),
    removeMembership(result, _args, cache) {
      const { projectId } = (result['removeMembership'] ?? {}) as { projectId?: string };
      if (projectId) forgetMembers(cache, projectId);
    },
    createUser: (_result, _args, cache) => forget(cache, 'Query', ['users']),
    createAgent(_result, args, cache) {
      const { projectId } = args['input'] as { projectId: string };
      forget(cache, { __typename: 'Project', id: projectId }, ['agents']);
    },
    saveState: (_result, args, cache) => forgetState(cache, (args['input'] as { projectId: string }).projectId),
    rollBackState: (_result, args, cache) => forgetState(cache, (args['input'] as { projectId: string }).projectId),
  },
  Subscription: {
    projectEvents(result, _args, cache) {
      forgetAsks(cache);
      applyProjectEvent(cache, result['projectEvents'] as Parameters<typeof applyProjectEvent>[1]);
    },
  },
};

/**
 * What was asked for by its ids (waiting-reasons.ts) is shown by other lists: the cache need not grow by a list each time.
 * Not an update of `Query.runs` itself: graphcache would write what an alias of it holds over the field of that name.
 */
function forgetAsks(cache: Cache): void {
  forget(cache, 'Query', ['tasks', 'runs'], (args) => Array.isArray((args['filter'] as { ids?: unknown } | null)?.ids));
}

function forgetRunnerPages(_result: unknown, _args: unknown, cache: Cache): void {
  forget(cache, 'Query', ['runner', 'repositories']);
}

function placeMovedTask(mutation: string) {
  return (result: Record<string, unknown>, _args: unknown, cache: Cache): void => {
    const { task } = (result[mutation] ?? {}) as TaskAnswer;
    const projectId = task ? projectOfTask(cache, task.id) : null;
    if (task && projectId) placeOnBoards(cache, projectId, { __typename: 'Task', id: task.id, status: task.status });
  };
}

const moved =
  (payload: string, to: (input: Record<string, unknown>) => object) =>
  (args: Record<string, unknown>): never => {
    const input = args['input'] as Record<string, unknown>;
    return { __typename: payload, task: { __typename: 'Task', id: input['taskId'], ...to(input) } } as never;
  };

/** Ids that the server has not given yet. */
export const PENDING_PREFIX = 'pending-';
let pendingCount = 0;

/** What the page shows in the moment of a click, until the server has answered. A refusal takes it back. */
export const optimisticAnswers: OptimisticMutationConfig = {
  transitionTask: moved('TransitionTaskPayload', (input) => ({
    status: input['to'],
    blockedReason: null,
    waitingReason: null,
  })),
  blockTask: moved('BlockTaskPayload', (input) => ({
    status: 'BLOCKED',
    blockedReason: input['reason'],
    waitingReason: null,
  })),
  startTask: moved('StartTaskPayload', () => ({ status: 'QUEUED', heldBy: null, waitingReason: null })),
  retryTask: moved('RetryTaskPayload', () => ({ status: 'QUEUED' })),
  cancelTask: moved('CancelTaskPayload', () => ({
    status: 'CANCELED',
    liveRun: null,
    blockedReason: null,
    waitingReason: null,
  })),
  sendBackTask: moved('SendBackTaskPayload', (input) => ({ status: 'QUEUED', feedback: input['feedback'] })),
  sendMessage(args) {
    const input = args['input'] as { conversationId: string; content: string };
    return {
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
        createdAt: new Date().toISOString(),
        relatedTasks: [],
      },
    };
  },
};
