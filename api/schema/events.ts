import { eventFeed } from '#api/fan-out/event-feed.ts';
import { requireProject } from '#core/access/permissions.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import * as catalogue from '#core/events/catalogue.ts';
import type { EventEnvelope } from '#core/events/define-event.ts';
import { AgentType } from './agents.ts';
import { ArtifactType } from './artifacts.ts';
import { oneByOne } from '#core/platform/abortable.ts';
import { actorOf, builder } from './builder.ts';
import { ConversationType, MessageType } from './conversations.ts';
import { CycleType } from './cycles.ts';
import { TaskEventTypeEnum } from './enums.ts';
import { MemberType } from './member-type.ts';
import { ProjectType } from './projects.ts';
import { RecordingType } from './recordings.ts';
import { RunnerType } from './runner-type.ts';
import { RunType } from './runs.ts';
import { TaskType } from './tasks.ts';

/** `agent.run.started` → `AgentRunStartedEvent`. */
const typeName = (eventType: string): string =>
  `${eventType
    .split('.')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')}Event`;

const ProjectEvent = builder.interfaceRef<EventEnvelope>('ProjectEvent').implement({
  description:
    'Something that happened in a project. Keep the cursor: following after it again misses nothing and repeats nothing.',
  fields: (t) => ({
    type: t.exposeString('type', { description: 'Dotted, past tense: task.updated, agent.run.completed …' }),
    ts: t.expose('ts', { type: 'DateTime', description: 'When it happened.' }),
    projectId: t.exposeID('projectId', { description: 'The project.' }),
    cursor: t.exposeString('cursor', {
      nullable: true,
      description:
        'Counts the events of the project, in commit order, without gaps; null for notices, which are not stored.',
    }),
    entityId: t.id({ description: 'The thing that changed.', resolve: (event) => event.entity.id }),
    patch: t.field({
      type: 'JSON',
      description: 'The changed fields in camelCase, enum values in lower_snake; enough to update a cache.',
      resolve: (event) => event.entity.patch,
    }),
  }),
  resolveType: (event) => typeName(event.type),
});

const declare = (definition: { type: string }, description: string) =>
  builder.objectRef<EventEnvelope>(typeName(definition.type)).implement({ description, interfaces: [ProjectEvent] });
const AS_IT_STANDS = 'as it stands now; null when it is gone.';

for (const event of [
  declare(catalogue.projectUpdated, 'The project changed: its name, status, repository …'),
  declare(
    catalogue.projectStateUpdated,
    'The state document has a new version, or its newest one has followed the facts; the patch has `version` and `contentHash`.',
  ),
]) {
  builder.objectField(event, 'project', (t) =>
    t.prismaField({
      type: ProjectType,
      nullable: true,
      description: `The project ${AS_IT_STANDS}`,
      resolve: (query, { entity }, _args, { core }) =>
        core.db.project.findUnique({ ...query, where: { id: entity.id } }),
    }),
  );
}

declare(catalogue.projectDeleted, 'The project is gone, and this is its last event.');
for (const event of [
  declare(catalogue.memberCreated, 'Somebody belongs to the project now.'),
  declare(catalogue.memberUpdated, 'A member has another role.'),
]) {
  builder.objectField(event, 'member', (t) =>
    t.prismaField({
      type: MemberType,
      nullable: true,
      description: `The membership ${AS_IT_STANDS}`,
      resolve: (query, { entity }, _args, { core }) =>
        core.db.projectMember.findUnique({ ...query, where: { id: entity.id } }),
    }),
  );
}
declare(catalogue.memberDeleted, 'Somebody does not belong to the project any more; the patch has `userId`.');
declare(catalogue.taskDeleted, 'A task is gone, with its runs; its follow-ups stand by themselves.');
const taskEventAppended = declare(catalogue.taskEventAppended, 'The audit trail of a task has a new entry.');
for (const event of [
  declare(catalogue.taskCreated, 'A task was added.'),
  declare(catalogue.taskUpdated, 'A task changed.'),
  taskEventAppended,
]) {
  builder.objectField(event, 'task', (t) =>
    t.prismaField({
      type: TaskType,
      nullable: true,
      description: `The task ${AS_IT_STANDS}`,
      resolve: (query, { entity }, _args, { core }) => core.db.task.findUnique({ ...query, where: { id: entity.id } }),
    }),
  );
}
interface TaskEventPatch {
  eventId: string;
  eventType: 'created';
  payload: unknown;
  createdAt: string;
}
const taskEventPatch = (event: EventEnvelope): TaskEventPatch => event.entity.patch as unknown as TaskEventPatch;
builder.objectFields(taskEventAppended, (t) => ({
  eventId: t.id({ description: "The entry's id.", resolve: (event) => taskEventPatch(event).eventId }),
  eventType: t.field({
    type: TaskEventTypeEnum,
    description: 'What it records.',
    resolve: (event) => taskEventPatch(event).eventType,
  }),
  payload: t.field({ type: 'JSON', description: 'Its details.', resolve: (event) => taskEventPatch(event).payload }),
  createdAt: t.field({
    type: 'DateTime',
    description: 'When it happened.',
    resolve: (event) => taskEventPatch(event).createdAt,
  }),
}));

for (const event of [
  declare(catalogue.agentCreated, 'An agent was added.'),
  declare(catalogue.agentUpdated, 'An agent changed.'),
]) {
  builder.objectField(event, 'agent', (t) =>
    t.prismaField({
      type: AgentType,
      nullable: true,
      description: `The agent ${AS_IT_STANDS}`,
      resolve: (query, { entity }, _args, { core }) => core.db.agent.findUnique({ ...query, where: { id: entity.id } }),
    }),
  );
}

for (const event of [
  declare(catalogue.runCreated, 'A run was scheduled.'),
  declare(catalogue.runStarted, 'A runner has claimed a run.'),
  declare(
    catalogue.runUpdated,
    'A run that waits got another agent, or its time has come; somebody asked to stop it; its merge went on.',
  ),
  declare(catalogue.runPermissionAsked, 'The agent of a run asks for something, and waits for the answer.'),
  declare(
    catalogue.runPermissionAnswered,
    'A question of a run is no longer open: allowed, denied, expired, or canceled by its agent. When a run ends, that closes its questions.',
  ),
  declare(catalogue.runMessageSent, 'Somebody has said something to the agent of a run.'),
  declare(catalogue.runMessageDelivered, 'What was said to the agent of a run has reached it.'),
  declare(catalogue.runCompleted, 'A run has ended: completed, failed, timed out or canceled.'),
]) {
  builder.objectField(event, 'run', (t) =>
    t.prismaField({
      type: RunType,
      nullable: true,
      description: `The run ${AS_IT_STANDS}`,
      resolve: (query, { entity }, _args, { core }) =>
        core.db.agentRun.findUnique({ ...query, where: { id: entity.id } }),
    }),
  );
}
interface LogPatch {
  lastSeq: number;
  count: number;
  lastMessage: string;
}
const logPatch = (event: EventEnvelope): LogPatch => event.entity.patch as unknown as LogPatch;
builder.objectFields(
  declare(
    catalogue.runLogAppended,
    'A notice that a run has written, a few times a second at most; the lines come by `runLog`.',
  ),
  (t) => ({
    lastSeq: t.int({ description: "The newest line's number.", resolve: (event) => logPatch(event).lastSeq }),
    count: t.int({ description: 'Lines in the newest batch.', resolve: (event) => logPatch(event).count }),
    lastMessage: t.string({
      description: 'The start of the newest line.',
      resolve: (event) => logPatch(event).lastMessage,
    }),
  }),
);

builder.objectFields(
  declare(
    catalogue.runActivityAppended,
    "A notice that a run's agent does something else, a few times a second at most; the entries come by `runActivity`.",
  ),
  (t) => ({
    lastSeq: t.int({
      description: "The newest entry's number.",
      resolve: ({ entity }) => entity.patch['lastSeq'] as number,
    }),
    doing: t.string({
      nullable: true,
      description: 'What it does now, in words; null: it does not say.',
      resolve: ({ entity }) => entity.patch['doing'] as string | null,
    }),
  }),
);

builder.objectField(declare(catalogue.artifactCreated, 'A run has made a file.'), 'artifact', (t) =>
  t.prismaField({
    type: ArtifactType,
    nullable: true,
    description: `The file ${AS_IT_STANDS}`,
    resolve: (query, { entity }, _args, { core }) =>
      core.db.artifact.findUnique({ ...query, where: { id: entity.id } }),
  }),
);
builder.objectField(declare(catalogue.conversationCreated, 'A conversation was opened.'), 'conversation', (t) =>
  t.prismaField({
    type: ConversationType,
    nullable: true,
    description: `The conversation ${AS_IT_STANDS}`,
    resolve: (query, { entity }, _args, { core }) =>
      core.db.conversation.findUnique({ ...query, where: { id: entity.id } }),
  }),
);
for (const event of [
  declare(catalogue.messageCreated, 'Something was said.'),
  declare(catalogue.messageUpdated, 'A message was read, led to tasks, or a task that it is about is gone.'),
]) {
  builder.objectField(event, 'message', (t) =>
    t.prismaField({
      type: MessageType,
      nullable: true,
      description: `The message ${AS_IT_STANDS}`,
      resolve: (query, { entity }, _args, { core }) =>
        core.db.message.findUnique({ ...query, where: { id: entity.id } }),
    }),
  );
}
for (const event of [
  declare(catalogue.recordingCreated, 'The upload of a recording has begun.'),
  declare(
    catalogue.recordingUpdated,
    'A recording is there as a whole, its transcription went on, or what belongs to it was changed.',
  ),
  declare(catalogue.recordingTranscribed, 'A recording has a transcript.'),
]) {
  builder.objectField(event, 'recording', (t) =>
    t.prismaField({
      type: RecordingType,
      nullable: true,
      description: `The recording ${AS_IT_STANDS}`,
      resolve: (query, { entity }, _args, { core }) =>
        core.db.recording.findUnique({ ...query, where: { id: entity.id } }),
    }),
  );
}
declare(catalogue.recordingDeleted, 'A recording is gone, with its transcript.');
builder.objectField(
  declare(catalogue.recordingProgressed, 'A notice of how far a transcription is, every few seconds at most.'),
  'progress',
  (t) => t.int({ description: 'In percent.', resolve: ({ entity }) => entity.patch['progress'] as number }),
);
for (const event of [
  declare(catalogue.cycleStarted, 'The orchestrator has begun a cycle.'),
  declare(catalogue.cyclePhase, 'A cycle has reached its next phase.'),
  declare(catalogue.cycleCompleted, 'A cycle has ended.'),
]) {
  builder.objectField(event, 'cycle', (t) =>
    t.prismaField({
      type: CycleType,
      nullable: true,
      description: `The cycle ${AS_IT_STANDS}`,
      resolve: (query, { entity }, _args, { core }) =>
        core.db.orchestratorCycle.findUnique({ ...query, where: { id: entity.id } }),
    }),
  );
}
builder.objectField(
  declare(
    catalogue.runnerStatusChanged,
    'A runner came, went, or changed what it takes: its capacity, labels, projects, or the repositories that it was granted.',
  ),
  'runner',
  (t) =>
    t.prismaField({
      type: RunnerType,
      nullable: true,
      description: `The runner ${AS_IT_STANDS}`,
      resolve: (query, { entity }, _args, { core }) =>
        core.db.runner.findUnique({ ...query, where: { id: entity.id } }),
    }),
);
declare(
  catalogue.runnerLoadChanged,
  'A notice: a run of another project took the last place of a runner that this one waits for, or gave it back; the patch has `isFull`.',
);
declare(
  { type: 'resync' },
  'You are too far behind to be sent what happened: load everything anew, then follow after this cursor.',
);

builder.subscriptionField('projectEvents', (t) =>
  t.field({
    type: ProjectEvent,
    description:
      'Everything that happens in a project, in order, each once. With `after`, what you missed comes first.',
    authScopes: { signedIn: true },
    args: {
      projectId: t.arg.id({ required: true, description: 'The project.' }),
      after: t.arg.string({ description: 'The last cursor you have; without it only what happens from now on.' }),
    },
    subscribe: async (_root, { projectId, after }, context) => {
      await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
      const cursor = parseCursor(after);
      const feed = eventFeed(context.core, projectId);
      const events =
        context.followShared?.(feed, cursor, context) ?? oneByOne(feed.follow(cursor ?? (await feed.head()).position));
      return context.rights.whileAllowed(actorOf(context), projectId, events);
    },
    resolve: (event: EventEnvelope) => event,
  }),
);

function parseCursor(after: string | null | undefined): bigint | null {
  if (after === null || after === undefined) return null;
  if (!/^\d{1,18}$/.test(after))
    throw new InvalidInputError([{ path: ['after'], message: 'A cursor is the one an event or `eventCursor` gave' }]);
  return BigInt(after);
}
