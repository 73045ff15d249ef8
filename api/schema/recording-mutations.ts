import type { ApiContext } from '#api/context.ts';
import { MAX_RECORDING_BYTES, MAX_RECORDING_PART_BYTES, MAX_TRANSCRIPT_CHARS } from '#contract/limits.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { createRecording } from '#core/recordings/create-recording.ts';
import { deleteRecording } from '#core/recordings/delete-recording.ts';
import { editTranscript } from '#core/recordings/edit-transcript.ts';
import { recordingScope } from '#core/recordings/find-recording.ts';
import { finishRecording } from '#core/recordings/finish-recording.ts';
import { linkRecording, makeTaskOfRecording, unlinkRecording } from '#core/recordings/recording-tasks.ts';
import { requestTranscription } from '#core/recordings/request-transcription.ts';
import { taskScope } from '#core/tasks/list-tasks.ts';
import type { Recording, Task } from '#prisma/generated/client/client.ts';
import { actorOf, builder } from './builder.ts';
import { COMMON_ERRORS } from './errors.ts';
import { IDEMPOTENCY_KEY, once } from './once.ts';
import { RecordingType } from './recordings.ts';
import { TaskType } from './tasks.ts';

const ERRORS = { types: [...COMMON_ERRORS, ConflictError] };

/** Most mutations of a recording answer with the recording alone; each has its own type, with room to grow. */
function recordingPayload(name: string, description: string) {
  return builder.objectRef<{ recording: Recording }>(name).implement({
    description,
    fields: (t) => ({
      recording: t.field({
        type: RecordingType,
        description: 'The recording as it stands now.',
        resolve: ({ recording }) => recording,
      }),
    }),
  });
}

const findMine = (context: ApiContext, id: string): Promise<Recording | null> =>
  context.core.db.recording.findFirst({ where: { id, ...recordingScope(actorOf(context)) } });

const CreateRecordingInput = builder.inputType('CreateRecordingInput', {
  description: 'A recording that is about to be sent.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project it belongs to.' }),
    conversationId: t.id({
      description: "Where its transcript is said; without it, in the project's newest conversation.",
    }),
    name: t.string({ required: true, description: 'What it is called, at most 120 characters.' }),
    mimeType: t.string({ required: true, description: 'Webm, ogg, mp4 (m4a), wav or mp3; its first bytes decide.' }),
    size: t.float({
      description: `In bytes, at most ${MAX_RECORDING_BYTES}; null while it is still being recorded.`,
    }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
builder.mutationField('createRecording', (t) =>
  t.field({
    type: recordingPayload('CreateRecordingPayload', 'The upload is open.'),
    nullable: true,
    description: `Opens the upload of a recording. Send its bytes with PUT to /files/recordings/{id}/parts/{number}, from 0, at most ${MAX_RECORDING_PART_BYTES} each, then finish it within a day. GET /files/recordings/{id}/parts says how far it is.`,
    authScopes: { signedIn: true },
    errors: ERRORS,
    args: { input: t.arg({ type: CreateRecordingInput, required: true, description: 'The recording.' }) },
    resolve: async (_root, { input }, context) => ({
      recording: await once(
        context,
        'createRecording',
        input,
        { idOf: (recording: Recording) => recording.id, find: (id) => findMine(context, id) },
        (core, { conversationId, size, ...fields }) =>
          createRecording(core, actorOf(context), {
            ...fields,
            conversationId: conversationId ?? null,
            size: size ?? null,
          }),
      ),
    }),
  }),
);

const FinishRecordingInput = builder.inputType('FinishRecordingInput', {
  description: 'An upload whose parts have all been sent.',
  fields: (t) => ({
    recordingId: t.id({ required: true, description: 'The recording.' }),
    partCount: t.int({ required: true, description: 'How many parts were sent.' }),
    isTranscribed: t.boolean({ description: 'False: later, when somebody asks for it. True if not given.' }),
  }),
});
builder.mutationField('finishRecording', (t) =>
  t.field({
    type: recordingPayload('FinishRecordingPayload', 'The recording is there, and waits to be transcribed.'),
    nullable: true,
    description:
      "Ends an upload. The transcript is said in the conversation, as yours. A ConflictError's `current` is the number of the first part that has not come.",
    authScopes: { signedIn: true },
    errors: ERRORS,
    args: { input: t.arg({ type: FinishRecordingInput, required: true, description: 'The upload.' }) },
    resolve: async (_root, { input }, context) => ({
      recording: await finishRecording(context.core, actorOf(context), {
        ...input,
        isTranscribed: input.isTranscribed ?? true,
      }),
    }),
  }),
);

const TranscribeRecordingInput = builder.inputType('TranscribeRecordingInput', {
  description: 'Which recording, and by what.',
  fields: (t) => ({
    recordingId: t.id({ required: true, description: 'The recording.' }),
    engine: t.string({ description: 'The name of a speech engine; without it, the one that is set up.' }),
  }),
});
builder.mutationField('transcribeRecording', (t) =>
  t.field({
    type: recordingPayload('TranscribeRecordingPayload', 'It waits to be transcribed.'),
    nullable: true,
    description: 'Has a recording transcribed: now, again, or by another engine. It is not said again.',
    authScopes: { signedIn: true },
    errors: ERRORS,
    args: { input: t.arg({ type: TranscribeRecordingInput, required: true, description: 'Which recording.' }) },
    resolve: async (_root, { input }, context) => ({
      recording: await requestTranscription(context.core, actorOf(context), {
        recordingId: input.recordingId,
        engine: input.engine ?? null,
      }),
    }),
  }),
);

const EditTranscriptInput = builder.inputType('EditTranscriptInput', {
  description: 'A transcript, corrected.',
  fields: (t) => ({
    recordingId: t.id({ required: true, description: 'The recording.' }),
    text: t.string({
      required: true,
      description: `All of the transcript, at most ${MAX_TRANSCRIPT_CHARS} characters.`,
    }),
  }),
});
builder.mutationField('editTranscript', (t) =>
  t.field({
    type: recordingPayload('EditTranscriptPayload', 'The transcript is corrected.'),
    nullable: true,
    description: 'Corrects a transcript. What was heard keeps its times, and nothing is said again.',
    authScopes: { signedIn: true },
    errors: ERRORS,
    args: { input: t.arg({ type: EditTranscriptInput, required: true, description: 'The transcript.' }) },
    resolve: async (_root, { input }, context) => ({
      recording: await editTranscript(context.core, actorOf(context), input),
    }),
  }),
);

const RecordingTaskInput = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({
      recordingId: t.id({ required: true, description: 'The recording.' }),
      taskId: t.id({ required: true, description: 'A task of the same project, by its id or its short id.' }),
    }),
  });
builder.mutationField('linkRecording', (t) =>
  t.field({
    type: recordingPayload('LinkRecordingPayload', 'The recording is about the task.'),
    nullable: true,
    description: 'Says that a recording is about a task.',
    authScopes: { signedIn: true },
    errors: ERRORS,
    args: {
      input: t.arg({
        type: RecordingTaskInput('LinkRecordingInput', 'A recording and what it is about.'),
        required: true,
        description: 'Both of them.',
      }),
    },
    resolve: async (_root, { input }, context) => ({
      recording: await linkRecording(context.core, actorOf(context), input),
    }),
  }),
);
builder.mutationField('unlinkRecording', (t) =>
  t.field({
    type: recordingPayload('UnlinkRecordingPayload', 'The recording is not about the task.'),
    nullable: true,
    description: 'Says that a recording is not about a task.',
    authScopes: { signedIn: true },
    errors: ERRORS,
    args: {
      input: t.arg({
        type: RecordingTaskInput('UnlinkRecordingInput', 'A recording and what it is not about.'),
        required: true,
        description: 'Both of them.',
      }),
    },
    resolve: async (_root, { input }, context) => ({
      recording: await unlinkRecording(context.core, actorOf(context), input),
    }),
  }),
);

const MakeTaskOfRecordingInput = builder.inputType('MakeTaskOfRecordingInput', {
  description: 'Which recording.',
  fields: (t) => ({
    recordingId: t.id({ required: true, description: 'A recording with a transcript.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
interface TaskOfRecording {
  task: Task;
  recording: Recording;
}
const MakeTaskOfRecordingPayload = builder.objectRef<TaskOfRecording>('MakeTaskOfRecordingPayload').implement({
  description: 'The task is there; the orchestrator finds its agent in its next cycle.',
  fields: (t) => ({
    task: t.field({ type: TaskType, description: 'The task.', resolve: ({ task }) => task }),
    recording: t.field({
      type: RecordingType,
      description: 'The recording, which is about the task now.',
      resolve: ({ recording }) => recording,
    }),
  }),
});
builder.mutationField('makeTaskOfRecording', (t) =>
  t.field({
    type: MakeTaskOfRecordingPayload,
    nullable: true,
    description: 'Makes one task of a transcript, as it is.',
    authScopes: { signedIn: true },
    errors: ERRORS,
    args: { input: t.arg({ type: MakeTaskOfRecordingInput, required: true, description: 'Which recording.' }) },
    resolve: async (_root, { input }, context) =>
      once(
        context,
        'makeTaskOfRecording',
        input,
        {
          idOf: ({ task }: TaskOfRecording) => task.id,
          find: async (id) => {
            const task = await context.core.db.task.findFirst({
              where: { AND: [{ id }, taskScope(actorOf(context))] },
            });
            const recording = await findMine(context, input.recordingId);
            return task && recording && { task, recording };
          },
        },
        (core, fields) => makeTaskOfRecording(core, actorOf(context), fields),
      ),
  }),
);

const DeleteRecordingInput = builder.inputType('DeleteRecordingInput', {
  description: 'Which recording.',
  fields: (t) => ({ recordingId: t.id({ required: true, description: 'The recording.' }) }),
});
const DeleteRecordingPayload = builder.objectRef<{ recordingId: string }>('DeleteRecordingPayload').implement({
  description: 'The recording is gone.',
  fields: (t) => ({ recordingId: t.exposeID('recordingId', { description: 'What its id was.' }) }),
});
builder.mutationField('deleteRecording', (t) =>
  t.field({
    type: DeleteRecordingPayload,
    nullable: true,
    description:
      'Deletes a recording with its sound and its transcript; what was said in the conversation stays. For who made it, and for owners.',
    authScopes: { signedIn: true },
    errors: ERRORS,
    args: { input: t.arg({ type: DeleteRecordingInput, required: true, description: 'Which recording.' }) },
    resolve: async (_root, { input }, context) => {
      const { id } = await deleteRecording(context.core, actorOf(context), input);
      return { recordingId: id };
    },
  }),
);
