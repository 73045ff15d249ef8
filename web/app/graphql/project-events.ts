import { graphql } from './gql/gql.ts';

/**
 * Everything that happens in a project, in one subscription. Each event brings the changed entity as it stands now, with the fields that pages
 * show of it; the cache puts them in place, and `applyProjectEvent` puts new ones into the lists.
 */
export const ProjectEvents_Subscription = graphql(`
  subscription ProjectEvents($projectId: ID!, $after: String) {
    projectEvents(projectId: $projectId, after: $after) {
      __typename
      projectId
      cursor
      ... on ProjectUpdatedEvent {
        patch
        project {
          id
          revision
          name
          description
          status
          defaultRepoPath
          retention {
            runLogDays
            eventDays
            artifactDays
            recordingDays
          }
          updatedAt
        }
      }
      ... on ProjectStateUpdatedEvent {
        project {
          id
          revision
          stateVersion
          updatedAt
        }
      }
      ... on ProjectMemberCreatedEvent {
        entityId
      }
      ... on ProjectMemberUpdatedEvent {
        member {
          id
          role
        }
      }
      ... on ProjectMemberDeletedEvent {
        entityId
      }
      ... on TaskCreatedEvent {
        task {
          id
          revision
          ...Board_Task
        }
      }
      ... on TaskUpdatedEvent {
        task {
          id
          revision
          description
          acceptanceCriteria
          feedback
          agentReason
          ...Board_Task
        }
      }
      ... on TaskDeletedEvent {
        entityId
      }
      ... on ProjectDeletedEvent {
        entityId
      }
      ... on TaskEventAppendedEvent {
        entityId
        eventId
        eventType
        payload
        createdAt
      }
      ... on AgentCreatedEvent {
        agent {
          id
          revision
          name
          type
          isEnabled
          updatedAt
        }
      }
      ... on AgentUpdatedEvent {
        agent {
          id
          revision
          name
          type
          isEnabled
          config
          parkedUntil
          signInNeededSince
          parkedWords
          updatedAt
        }
      }
      ... on AgentRunCreatedEvent {
        run {
          ...EventRun_Run
        }
      }
      ... on AgentRunStartedEvent {
        run {
          ...EventRun_Run
        }
      }
      ... on AgentRunUpdatedEvent {
        run {
          ...EventRun_Run
        }
      }
      ... on AgentRunCompletedEvent {
        run {
          ...EventRun_Run
        }
      }
      ... on AgentRunPermissionAskedEvent {
        patch
        run {
          ...EventRun_Run
        }
      }
      ... on AgentRunPermissionAnsweredEvent {
        run {
          ...EventRun_Run
        }
      }
      ... on AgentRunMessageSentEvent {
        run {
          id
          revision
        }
      }
      ... on AgentRunMessageDeliveredEvent {
        run {
          id
          revision
        }
      }
      ... on AgentRunLogAppendedEvent {
        entityId
        lastSeq
        lastMessage
      }
      ... on AgentRunActivityAppendedEvent {
        entityId
        lastSeq
        doing
      }
      ... on ArtifactCreatedEvent {
        patch
        artifact {
          id
          kind
          name
          size
          url
          removedAt
          createdAt
        }
      }
      ... on ConversationCreatedEvent {
        conversation {
          id
          title
          createdAt
        }
      }
      ... on ConversationMessageCreatedEvent {
        message {
          id
          revision
          conversationId
          ...ChatMessage_Message
        }
      }
      ... on ConversationMessageUpdatedEvent {
        message {
          id
          revision
          ...ChatMessage_Message
        }
      }
      ... on RecordingCreatedEvent {
        recording {
          id
          revision
          ...RecordingItem_Recording
        }
      }
      ... on RecordingUpdatedEvent {
        recording {
          ...EventRecording_Recording
        }
      }
      ... on RecordingTranscribedEvent {
        recording {
          ...EventRecording_Recording
        }
      }
      ... on RecordingProgressedEvent {
        entityId
        progress
      }
      ... on RecordingDeletedEvent {
        entityId
      }
      ... on OrchestratorCycleStartedEvent {
        cycle {
          ...OrchestratorButton_Cycle
        }
      }
      ... on OrchestratorCyclePhaseEvent {
        cycle {
          ...OrchestratorButton_Cycle
        }
      }
      ... on OrchestratorCycleCompletedEvent {
        cycle {
          ...OrchestratorButton_Cycle
        }
      }
      ... on RunnerStatusChangedEvent {
        runner {
          id
          revision
          name
          connection
          capacity
          isDraining
          lastSeenAt
        }
      }
    }
  }
`);

// Used by name in the subscription above. What may be long is asked for again by who shows it.
graphql(`
  fragment EventRecording_Recording on Recording {
    id
    revision
    reason
    engine
    size
    url
    editedAt
    ...RecordingItem_Recording
  }
`);

// Used by name in the subscription above.
graphql(`
  fragment EventRun_Run on Run {
    id
    revision
    canBeMessaged
    ...RunRow_Run
    ...RunFacts_Run
    ...TaskResult_Run
    task {
      id
      revision
      result {
        id
        revision
      }
      ...Board_Task
    }
  }
`);
