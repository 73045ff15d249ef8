import type { Cache } from '@urql/exchange-graphcache';
import { graphql } from './gql/gql.ts';
import type { ProjectEventsSubscription } from './gql/graphql.ts';
import {
  addToConnections,
  forget,
  forgetMembers,
  forgetRecording,
  forgetRights,
  forgetState,
  forgetTask,
  forgetTaskCounts,
  placeOnBoards,
} from './cache-lists.ts';
import { QUERY, readField, ref, type Ref } from './cache-refs.ts';

type ProjectEventData = ProjectEventsSubscription['projectEvents'];

const WrittenTaskEvent = graphql(`
  fragment WrittenTaskEvent on TaskEvent {
    id
    eventType
    payload
    createdAt
  }
`);

const LogGrowth = graphql(`
  fragment LogGrowth on Run {
    id
    lineCount
  }
`);

const ActivityGrowth = graphql(`
  fragment ActivityGrowth on Run {
    id
    activityCount
  }
`);

const TranscriptionProgress = graphql(`
  fragment TranscriptionProgress on Recording {
    id
    progress
  }
`);

/** Puts what an event tells of into the lists that pages show; the entities themselves are in the cache already. */
export function applyProjectEvent(cache: Cache, event: ProjectEventData): void {
  const { projectId } = event;
  const ofProject = (args: Record<string, unknown>): boolean => args['projectId'] === projectId;
  switch (event.__typename) {
    case 'TaskCreatedEvent':
    case 'TaskUpdatedEvent':
      if (event.task) placeOnBoards(cache, projectId, event.task.id);
      break;
    case 'TaskDeletedEvent':
      forgetTask(cache, projectId, event.entityId);
      break;
    case 'ProjectUpdatedEvent':
      // What one may do in an archived project is less. Others' rights are not in an event, so it is asked again.
      if ('status' in (event.patch as object)) forgetRights(cache, projectId);
      break;
    case 'ProjectMemberCreatedEvent':
    case 'ProjectMemberDeletedEvent':
      forgetMembers(cache, projectId);
      break;
    case 'ProjectMemberUpdatedEvent':
      // Perhaps it is his own role; who reads, events do not know.
      forgetRights(cache, projectId);
      break;
    case 'ProjectDeletedEvent':
      forget(cache, QUERY, ['projects']);
      break;
    case 'TaskEventAppendedEvent': {
      const entry = {
        __typename: 'TaskEvent' as const,
        id: event.eventId,
        eventType: event.eventType,
        payload: event.payload,
        createdAt: event.createdAt,
      };
      cache.writeFragment(WrittenTaskEvent, entry);
      addToConnections(cache, ref('Task', event.entityId), 'events', entry, { at: 'start' });
      if (event.eventType === 'CREATED' || event.eventType === 'STATUS_CHANGED') forgetTaskCounts(cache, projectId);
      break;
    }
    case 'AgentCreatedEvent':
      if (event.agent)
        addToConnections(cache, ref('Project', projectId), 'agents', ref('Agent', event.agent.id), { at: 'end' });
      break;
    case 'AgentRunCreatedEvent':
    case 'AgentRunStartedEvent':
    case 'AgentRunUpdatedEvent':
    case 'AgentRunCompletedEvent': {
      const runId = idOf(event.run);
      if (!runId) break;
      const run = ref('Run', runId);
      if (event.__typename === 'AgentRunCompletedEvent') {
        forgetSpend(cache, projectId, run);
        forgetTalk(cache, runId);
      }
      addToConnections(cache, QUERY, 'runs', run, {
        at: 'start',
        matches: (args) => ofProject(args) && (!args['filter'] || (isOfLiveRuns(args) && isLive(cache, run))),
      });
      const taskKey = readField(cache, run, 'task');
      const taskId = typeof taskKey === 'string' ? taskKey.slice('Task:'.length) : null;
      if (taskId) {
        // What was begun, who asked for it can not take back any more.
        if (event.__typename === 'AgentRunStartedEvent') forget(cache, ref('Task', taskId), ['viewerDeleteRefusal']);
        placeOnBoards(cache, projectId, taskId);
        addToConnections(cache, ref('Task', taskId), 'runs', run, { at: 'start' });
      }
      break;
    }
    case 'AgentRunPermissionAskedEvent':
    case 'AgentRunPermissionAnsweredEvent':
    case 'AgentRunMessageSentEvent':
    case 'AgentRunMessageDeliveredEvent': {
      const runId = idOf(event.run);
      if (runId) forgetTalk(cache, runId);
      break;
    }
    case 'AgentRunLogAppendedEvent':
      growLog(cache, event.entityId, event.lastSeq + 1);
      break;
    case 'AgentRunActivityAppendedEvent':
      growActivity(cache, event.entityId, event.lastSeq + 1);
      break;
    case 'ArtifactCreatedEvent': {
      const { runId } = event.patch as { runId?: string | null };
      if (runId && event.artifact)
        addToConnections(cache, ref('Run', runId), 'artifacts', ref('Artifact', event.artifact.id), { at: 'start' });
      break;
    }
    case 'ConversationCreatedEvent':
      if (event.conversation)
        addToConnections(cache, QUERY, 'conversations', ref('Conversation', event.conversation.id), {
          at: 'start',
          matches: ofProject,
        });
      break;
    case 'ConversationMessageCreatedEvent':
      if (event.message)
        addToConnections(
          cache,
          ref('Conversation', event.message.conversationId),
          'messages',
          ref('Message', event.message.id),
          { at: 'start' },
        );
      break;
    case 'RecordingCreatedEvent':
      if (event.recording)
        addToConnections(cache, QUERY, 'recordings', ref('Recording', event.recording.id), {
          at: 'start',
          matches: ofProject,
        });
      break;
    case 'RecordingUpdatedEvent':
    case 'RecordingTranscribedEvent': {
      const recordingId = idOf(event.recording);
      if (!recordingId) break;
      forget(cache, ref('Recording', recordingId), ['transcript', 'segments', 'tasks', 'removedAt']);
      forget(cache, QUERY, ['searchRecordings'], ofProject);
      break;
    }
    case 'RecordingProgressedEvent':
      cache.writeFragment(TranscriptionProgress, { id: event.entityId, progress: event.progress });
      break;
    case 'RecordingDeletedEvent':
      forgetRecording(cache, projectId, event.entityId);
      break;
    case 'OrchestratorCycleStartedEvent':
    case 'OrchestratorCyclePhaseEvent':
    case 'OrchestratorCycleCompletedEvent': {
      const cycleId = idOf(event.cycle);
      if (cycleId)
        addToConnections(cache, QUERY, 'orchestratorCycles', ref('OrchestratorCycle', cycleId), {
          at: 'start',
          matches: ofProject,
        });
      break;
    }
    case 'ProjectStateUpdatedEvent':
      forgetState(cache, projectId);
      break;
    default:
      break;
  }
}

/** What has ended counts: whoever shows what was spent asks again. */
function forgetSpend(cache: Cache, projectId: string, run: Ref<'Run'>): void {
  forget(cache, ref('Project', projectId), ['spend']);
  for (const type of ['Task', 'Agent'] as const) {
    const key = readField(cache, run, type === 'Task' ? 'task' : 'agent');
    if (typeof key === 'string') forget(cache, ref(type, key.slice(type.length + 1)), ['spend']);
  }
}

/** What its agent asks and is told: who shows that asks again. */
function forgetTalk(cache: Cache, runId: string): void {
  forget(cache, ref('Run', runId), ['permissions', 'messages']);
}

/** A live run's console follows it by itself; of one that has ended this is the tail that a lost runner brought back. */
function growLog(cache: Cache, runId: string, lineCount: number): void {
  const run = ref('Run', runId);
  const known = readField(cache, run, 'lineCount');
  if (readField(cache, run, 'status') === 'TIMED_OUT' && typeof known === 'number' && known < lineCount)
    cache.writeFragment(LogGrowth, { id: runId, lineCount });
}

/** Who shows the activity follows it; the others want to know that there is some. */
function growActivity(cache: Cache, runId: string, activityCount: number): void {
  if (readField(cache, ref('Run', runId), 'activityCount') === 0)
    cache.writeFragment(ActivityGrowth, { id: runId, activityCount });
}

/** The list of what works or waits. A run that has ended may stay in it: it says itself that it has. */
function isOfLiveRuns(args: Record<string, unknown>): boolean {
  const filter = args['filter'] as Record<string, unknown>;
  return Object.keys(filter).length === 1 && filter['isLive'] === true;
}

function isLive(cache: Cache, run: Ref<'Run'>): boolean {
  const status = readField(cache, run, 'status');
  return status === 'PENDING' || status === 'STARTED' || status === 'STREAMING';
}

/** Masked fragments keep their id from the type; it is there all the same. */
function idOf(entity: object | null): string | null {
  return entity && 'id' in entity && typeof entity.id === 'string' ? entity.id : null;
}
