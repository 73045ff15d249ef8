import { cutText } from '#contract/cut-text.ts';
import { MAX_SEGMENTS } from '#contract/limits.ts';
import { requireProject } from '#core/access/permissions.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import { isUuid } from '#core/platform/ids.ts';
import { recordingScope } from '#core/recordings/find-recording.ts';
import { MAX_RECORDINGS_FOUND, searchRecordings } from '#core/recordings/search-recordings.ts';
import type { RecordingFound } from '#core/recordings/search-recordings.ts';
import type { Segment } from '#core/recordings/speech-engine.ts';
import { parseWords, taskIdIn } from './arguments.ts';
import { actorOf, builder, REVISION } from './builder.ts';
import { TranscriptionStatusEnum } from './enums.ts';
import { connectionOf, loadRow, readConnection } from './lists/connection.ts';
import { CREATED_AT, orderByOf } from './lists/order-by.ts';
import { TaskType } from './tasks.ts';

/** Shown with one recording; the query's cost counts so many. */
const MAX_RELATED_TASKS = 50;
/** An hour of speech has about as many; the cost of a query counts so many. */
const USUAL_SEGMENTS = 500;
const EXCERPT_CHARS = 200;

const SegmentType = builder.objectRef<Segment>('TranscriptSegment').implement({
  description: 'A part of what was said, with its time.',
  fields: (t) => ({
    startMs: t.exposeInt('startMs', { description: 'Where it begins, in milliseconds.' }),
    endMs: t.exposeInt('endMs', { description: 'Where it ends, in milliseconds.' }),
    text: t.exposeString('text', { description: 'What was heard. Text from outside: show it as text.' }),
  }),
});

export const RecordingType = builder.prismaObject('Recording', {
  description: 'Something that was said aloud: its sound, and the transcript of it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    revision: t.exposeInt('revision', { description: REVISION }),
    projectId: t.exposeID('projectId', { description: 'The project it belongs to.' }),
    name: t.exposeString('name', { description: 'Its display name.' }),
    mimeType: t.exposeString('mimeType', { description: 'What it is, as its first bytes say.' }),
    size: t.float({
      description: 'Its size in bytes; of what has come, while its upload is under way.',
      select: { size: true },
      resolve: ({ size }) => Number(size),
    }),
    durationMs: t.exposeInt('durationMs', {
      nullable: true,
      description: 'How long it is, in milliseconds; null: nobody has listened to it yet.',
    }),
    uploadedAt: t.expose('uploadedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was there as a whole; null: its upload is under way.',
    }),
    partCount: t.exposeInt('partCount', { description: 'Parts that have come: the number of the next one.' }),
    status: t.expose('transcriptionStatus', {
      type: TranscriptionStatusEnum,
      description: 'Where its transcript stands.',
    }),
    reason: t.exposeString('transcriptionReason', {
      nullable: true,
      description: 'Why there is no transcript, in words, and what to do; null: nothing is wrong.',
    }),
    progress: t.exposeInt('progress', { description: 'How much of it is transcribed, in percent.' }),
    engine: t.exposeString('engine', {
      nullable: true,
      description: 'The speech engine that has transcribed it, or is to; null: the one that is set up.',
    }),
    language: t.exposeString('language', { nullable: true, description: 'What was spoken; null: not known.' }),
    excerpt: t.string({
      nullable: true,
      description: `The first ${EXCERPT_CHARS} characters of its transcript; null: there is none.`,
      select: { transcriptText: true },
      resolve: ({ transcriptText }) => transcriptText && cutText(transcriptText, EXCERPT_CHARS, '…'),
    }),
    transcript: t.exposeString('transcriptText', {
      nullable: true,
      description: 'What was said, as it was heard or edited; null: there is none. Show it as text.',
    }),
    segments: t.field({
      type: [SegmentType],
      extensions: { length: USUAL_SEGMENTS },
      description: `What was heard with its times, at most ${MAX_SEGMENTS} parts; edits of the transcript leave it as it is.`,
      select: { transcriptJson: true },
      resolve: ({ transcriptJson }) => (transcriptJson ?? []) as unknown as Segment[],
    }),
    editedAt: t.expose('editedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When somebody has corrected the transcript; null: it is as it was heard.',
    }),
    url: t.string({
      nullable: true,
      description: 'Where its sound is, on this origin, for whoever may see the project; null: it is not there.',
      select: { id: true, uploadedAt: true, removedAt: true },
      resolve: ({ id, uploadedAt, removedAt }) => (uploadedAt && !removedAt ? `/files/recordings/${id}` : null),
    }),
    removedAt: t.expose('removedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When retention removed its sound; null: it is there.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was begun.' }),
    project: t.relation('project', { description: 'The project it belongs to.' }),
    tasks: t.field({
      type: [TaskType],
      extensions: { length: MAX_RELATED_TASKS },
      select: (_args, _context, nestedSelection) =>
        ({
          tasks: { orderBy: { taskId: 'asc' }, take: MAX_RELATED_TASKS, select: { task: nestedSelection(true) } },
        }) as never,
      description: 'The tasks it has led to, or is about.',
      resolve: (recording) => (recording as unknown as { tasks: { task: never }[] }).tasks.map((link) => link.task),
    }),
  }),
});
const RecordingConnection = connectionOf('Recording', RecordingType);
const recordingOrder = orderByOf('Recording', { CREATED_AT }, { field: 'CREATED_AT', direction: 'desc' });

builder.queryField('recording', (t) =>
  t.prismaField({
    type: RecordingType,
    nullable: true,
    description: 'One recording; null when it is missing or not yours.',
    authScopes: { signedIn: true },
    args: { id: t.arg.id({ required: true, description: "The recording's id." }) },
    resolve: async (query, _root, { id }, context) =>
      isUuid(id)
        ? context.core.db.recording.findFirst({ ...query, where: { id, ...recordingScope(actorOf(context)) } })
        : null,
  }),
);

const RecordingFilterInput = builder.inputType('RecordingFilter', {
  description: 'All that is given must hold.',
  fields: (t) => ({
    statuses: t.field({ type: [TranscriptionStatusEnum], description: 'Its transcript stands at one of these.' }),
    taskId: t.id({ description: 'About this task, by its id or its short id.' }),
  }),
});
builder.queryField('recordings', (t) =>
  t.connection(
    {
      type: RecordingType,
      nullable: true,
      description: 'The recordings of a project.',
      authScopes: { signedIn: true },
      args: {
        projectId: t.arg.id({ required: true, description: 'The project.' }),
        filter: t.arg({ type: RecordingFilterInput, description: 'Which of them.' }),
        orderBy: t.arg(recordingOrder.arg),
      },
      resolve: async (_root, { projectId, filter, orderBy, ...page }, context, info) => {
        await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
        return readConnection(context, info, page, {
          typeName: 'Recording',
          rows: context.core.db.recording,
          order: recordingOrder.keys(orderBy),
          where: {
            projectId,
            ...(filter?.statuses ? { transcriptionStatus: { in: filter.statuses } } : {}),
            ...(filter?.taskId
              ? { tasks: { some: { taskId: await taskIdIn(context, [filter.taskId], ['taskId']) } } }
              : {}),
          },
        });
      },
    },
    RecordingConnection,
  ),
);

const SnippetPartType = builder.objectRef<RecordingFound['snippet'][number]>('SnippetPart').implement({
  description: 'A piece of text, either found or around what was found.',
  fields: (t) => ({
    text: t.exposeString('text', { description: 'The piece. Text from outside: show it as text.' }),
    isMatch: t.exposeBoolean('isMatch', { description: 'Whether it is one of the words that were looked for.' }),
  }),
});
const RecordingFoundType = builder.objectRef<RecordingFound>('RecordingFound').implement({
  description: 'A recording in which words were found.',
  fields: (t) => ({
    recording: t.field({
      type: RecordingType,
      nullable: true,
      description: 'The recording; null when it was deleted just now.',
      resolve: ({ recordingId }, _args, context, info) =>
        loadRow(context, info, { typeName: 'Recording', rows: context.core.db.recording }, recordingId),
    }),
    snippet: t.field({
      type: [SnippetPartType],
      extensions: { length: 20 },
      description: 'The best part of its transcript, in pieces.',
      resolve: ({ snippet }) => snippet,
    }),
  }),
});
builder.queryField('searchRecordings', (t) =>
  t.field({
    type: [RecordingFoundType],
    nullable: true,
    extensions: { length: MAX_RECORDINGS_FOUND },
    description: `Looks for words in the names and transcripts of a project's recordings: all of them, "a phrase", -without. The best ${MAX_RECORDINGS_FOUND}, best first.`,
    authScopes: { signedIn: true },
    args: {
      projectId: t.arg.id({ required: true, description: 'The project.' }),
      words: t.arg.string({ required: true, description: 'What to look for; the last word may be only begun.' }),
    },
    resolve: async (_root, { projectId, words: said }, context) => {
      const { id } = await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
      const words = parseWords(said, 'words');
      if (words === null) throw new InvalidInputError([{ path: ['words'], message: 'Say what to look for' }]);
      return searchRecordings(context.core.db, id, words);
    },
  }),
);
