import { z } from 'zod';
import { defineEvent } from './define-event.ts';

/** Every event of a project, with the patch it carries. Source: data.md of the design, chapter Events. */
const text = z.string();
const nullableText = z.string().nullable();
const nullableInt = z.int().nullable();
const time = z.iso.datetime({ offset: true });
const json = z.record(z.string(), z.unknown());

const card = {
  number: z.int(),
  title: text,
  type: text,
  priority: z.int(),
  status: text,
  agentId: nullableText,
  agentName: nullableText,
  blockedReason: nullableText,
  heldBy: nullableText,
  requestedBy: text,
  parentTaskId: nullableText,
  createdAt: time,
  updatedAt: time,
};
const optional = <T extends z.ZodRawShape>(shape: T) => z.object(shape).partial().shape;

export const projectUpdated = defineEvent(
  'project.updated',
  'project',
  optional({
    name: text,
    description: text,
    key: text,
    status: text,
    defaultRepoPath: nullableText,
    runLogDays: nullableInt,
    eventDays: nullableInt,
    artifactDays: nullableInt,
    recordingDays: nullableInt,
    updatedAt: time,
  }),
  { touchesState: ['name', 'key', 'status'] },
);
/** The last event of a project. */
export const projectDeleted = defineEvent('project.deleted', 'project', {});
/** Who belongs to a project, and as what. */
const member = { userId: text, role: text };
export const memberCreated = defineEvent('project.member.created', 'member', member);
export const memberUpdated = defineEvent('project.member.updated', 'member', member);
export const memberDeleted = defineEvent('project.member.deleted', 'member', { userId: text });
export const projectStateUpdated = defineEvent('project.state.updated', 'project', {
  version: z.int(),
  contentHash: text,
  createdBy: nullableText,
});
export const taskCreated = defineEvent('task.created', 'task', card, { touchesState: true });
export const taskUpdated = defineEvent(
  'task.updated',
  'task',
  optional({ ...card, description: text, acceptanceCriteria: z.array(text), feedback: nullableText }),
  { touchesState: ['title', 'priority', 'status', 'agentName', 'blockedReason', 'heldBy', 'updatedAt'] },
);
export const taskDeleted = defineEvent('task.deleted', 'task', {}, { touchesState: true });
export const taskEventAppended = defineEvent(
  'task.event.appended',
  'task',
  { eventId: text, eventType: text, payload: json, createdAt: time },
  // An approval, a hold: what is on the trail may be told in the line of a version.
  { touchesState: ({ eventType }) => eventType === 'log' },
);
export const agentCreated = defineEvent('agent.created', 'agent', { name: text, type: text, isEnabled: z.boolean() });
export const agentUpdated = defineEvent(
  'agent.updated',
  'agent',
  optional({
    name: text,
    isEnabled: z.boolean(),
    /** Its limit of use is reached until then; null: it may work. */
    parkedUntil: time.nullable(),
    /** It waits for a person to sign it in; null: it does not. */
    signInNeededSince: time.nullable(),
    updatedAt: time,
  }),
);
export const runCreated = defineEvent('agent.run.created', 'run', {
  agentId: text,
  taskId: nullableText,
  kind: text,
  attempt: z.int(),
  status: text,
  createdAt: time,
});
export const runStarted = defineEvent('agent.run.started', 'run', {
  agentId: text,
  taskId: nullableText,
  runnerId: text,
  status: text,
  startedAt: time,
});
export const runUpdated = defineEvent(
  'agent.run.updated',
  'run',
  optional({
    status: text,
    agentId: text,
    /** This time, before which it was not started, has come. */
    notBefore: time,
    cancelRequestedAt: time,
    landingAt: time,
    landingIsMerged: z.boolean(),
    message: text,
  }),
  { touchesProject: false, touchesState: ['landingIsMerged'] },
);
/** Its agent asks for something; the whole of the question is read with the run. */
export const runPermissionAsked = defineEvent(
  'agent.run.permission.asked',
  'run',
  { permissionId: text, title: text, toolKind: text, target: nullableText, expiresAt: time },
  { touchesProject: false },
);
export const runPermissionAnswered = defineEvent(
  'agent.run.permission.answered',
  'run',
  { permissionId: text, status: text, answeredBy: nullableText },
  { touchesProject: false },
);
/** What was said stands in the row: it may be long. */
export const runMessageSent = defineEvent(
  'agent.run.message.sent',
  'run',
  { messageId: text, author: text },
  { touchesProject: false },
);
export const runMessageDelivered = defineEvent(
  'agent.run.message.delivered',
  'run',
  { messageIds: z.array(text) },
  { touchesProject: false },
);
/** A notice: the lines themselves come by the run's own subscription. `lastMessage` feeds the board card. */
export const runLogAppended = defineEvent(
  'agent.run.log.appended',
  'run',
  { lastSeq: z.int(), count: z.int(), lastMessage: text },
  { touchesProject: false, isStored: false },
);
/** A notice: the agent does something else, or something at all; the entries themselves come by the run's own subscription. */
export const runActivityAppended = defineEvent(
  'agent.run.activity.appended',
  'run',
  { lastSeq: z.int(), doing: nullableText },
  { touchesProject: false, isStored: false },
);
export const runCompleted = defineEvent(
  'agent.run.completed',
  'run',
  {
    taskId: nullableText,
    status: text,
    reason: text,
    message: nullableText,
    exitCode: z.int().nullable(),
    finishedAt: time,
    summary: nullableText,
    metrics: json.nullable(),
    lineCount: z.int(),
  },
  { touchesState: true },
);
export const artifactCreated = defineEvent('artifact.created', 'artifact', {
  kind: text,
  taskId: nullableText,
  runId: nullableText,
  metadata: json,
});
export const conversationCreated = defineEvent('conversation.created', 'conversation', { title: text, mode: text });
const message = {
  conversationId: text,
  role: text,
  content: text,
  contentFormat: text,
  relatedTaskIds: z.array(text),
  createdAt: time,
};
export const messageCreated = defineEvent('conversation.message.created', 'message', message);
export const messageUpdated = defineEvent('conversation.message.updated', 'message', {
  ...optional(message),
  readAt: time.nullable(),
});
const recording = { name: text, status: text, reason: nullableText, durationMs: nullableInt, progress: z.int() };
export const recordingCreated = defineEvent('recording.created', 'recording', recording);
/** Its upload has ended, its transcription has gone on, or somebody has changed what belongs to it. */
export const recordingUpdated = defineEvent('recording.updated', 'recording', recording);
/** The text itself is read from the recording: it may be long, and events are kept. */
export const recordingTranscribed = defineEvent('recording.transcribed', 'recording', recording);
export const recordingDeleted = defineEvent('recording.deleted', 'recording', {});
/** A notice of how far a transcription is. */
export const recordingProgressed = defineEvent(
  'recording.progressed',
  'recording',
  { progress: z.int() },
  { touchesProject: false, isStored: false },
);
/** A notice, like the phases: the row says how far a cycle is, and its end is stored. */
export const cycleStarted = defineEvent(
  'orchestrator.cycle.started',
  'cycle',
  { mode: text, phase: nullableText, cause: text },
  { touchesProject: false, isStored: false },
);
export const cyclePhase = defineEvent(
  'orchestrator.cycle.phase',
  'cycle',
  { mode: text, phase: text },
  { touchesProject: false, isStored: false },
);
export const cycleCompleted = defineEvent(
  'orchestrator.cycle.completed',
  'cycle',
  { mode: text, status: text, counts: json, error: nullableText },
  { touchesProject: false },
);
export const runnerStatusChanged = defineEvent(
  'runner.status.changed',
  'runner',
  { name: text, connection: text, capacity: z.int(), isDraining: z.boolean() },
  { touchesProject: false },
);
/** A notice to the projects that wait for a runner, when a run of another project takes its last place or gives it back. */
export const runnerLoadChanged = defineEvent(
  'runner.load.changed',
  'runner',
  { isFull: z.boolean() },
  { touchesProject: false, isStored: false },
);
