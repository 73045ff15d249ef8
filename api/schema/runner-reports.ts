import { InvalidInputError } from '#core/errors/errors.ts';
import { answerRepositoryCheck, reportRepositories } from '#core/repositories/report-repositories.ts';
import { reportPrograms } from '#core/runners/report-programs.ts';
import { reportWorkFolders } from '#core/work-folders/report-work-folders.ts';
import type { WorkFolderVerdict } from '#core/work-folders/report-work-folders.ts';
import { builder, runnerOf } from './builder.ts';

/** What runners tell of their machines: shapes of the contract, checked when they arrive. */
const Received = (name: string) =>
  builder.objectRef<{ isReceived: boolean }>(name).implement({
    description: 'The server has it.',
    fields: (t) => ({ isReceived: t.exposeBoolean('isReceived', { description: 'Always true.' }) }),
  });
const requestIdField = 'The request it answers; without it, nobody asked.';

const ReportRepositoriesInput = builder.inputType('ReportRepositoriesInput', {
  description: "The repositories under a runner's roots.",
  fields: (t) => ({
    requestId: t.id({ description: requestIdField }),
    report: t.field({ type: 'JSON', required: true, description: 'RepositoryReport of the contract.' }),
  }),
});
builder.mutationField('reportRepositories', (t) =>
  t.field({
    type: Received('ReportRepositoriesPayload'),
    nullable: true,
    description: 'For runners: tells which repositories are under its roots, at each start and when asked.',
    authScopes: { runner: true },
    errors: { types: [InvalidInputError] },
    args: { input: t.arg({ type: ReportRepositoriesInput, required: true, description: 'What it found.' }) },
    resolve: async (_root, { input }, context) => {
      await reportRepositories(context.core, runnerOf(context), {
        requestId: input.requestId ?? null,
        report: input.report as never,
      });
      return { isReceived: true };
    },
  }),
);

const ReportProgramsInput = builder.inputType('ReportProgramsInput', {
  description: "The agents' programs on a runner's machine.",
  fields: (t) => ({
    report: t.field({ type: 'JSON', required: true, description: 'ProgramReport of the contract.' }),
  }),
});
builder.mutationField('reportPrograms', (t) =>
  t.field({
    type: Received('ReportProgramsPayload'),
    nullable: true,
    description: "For runners: tells which agents' programs it has, at each start and when it is to look around again.",
    authScopes: { runner: true },
    errors: { types: [InvalidInputError] },
    args: { input: t.arg({ type: ReportProgramsInput, required: true, description: 'What it found.' }) },
    resolve: async (_root, { input }, context) => {
      await reportPrograms(context.core, runnerOf(context), { report: input.report as never });
      return { isReceived: true };
    },
  }),
);

const AnswerRepositoryCheckInput = builder.inputType('AnswerRepositoryCheckInput', {
  description: 'What a runner says of a path.',
  fields: (t) => ({
    requestId: t.id({ required: true, description: 'The request it answers.' }),
    check: t.field({ type: 'JSON', required: true, description: 'RepositoryCheck of the contract.' }),
  }),
});
builder.mutationField('answerRepositoryCheck', (t) =>
  t.field({
    type: Received('AnswerRepositoryCheckPayload'),
    nullable: true,
    description: 'For runners: answers about a path. What nobody asked, or waits for any more, changes nothing.',
    authScopes: { runner: true },
    errors: { types: [InvalidInputError] },
    args: { input: t.arg({ type: AnswerRepositoryCheckInput, required: true, description: 'The answer.' }) },
    resolve: async (_root, { input }, context) => {
      await answerRepositoryCheck(context.core, runnerOf(context), {
        requestId: input.requestId,
        check: input.check as never,
      });
      return { isReceived: true };
    },
  }),
);

const WorkFolderVerdictType = builder.objectRef<WorkFolderVerdict>('WorkFolderVerdict').implement({
  description: "What the server knows of a work folder's task.",
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The folder.' }),
    task: t.exposeString('task', {
      description: 'live, open, done, canceled, archived, deleted, or unknown: it never ran on this runner.',
    }),
    isMerged: t.exposeBoolean('isMerged', { description: "The task's result is in the base branch." }),
    overForMs: t.exposeFloat('overForMs', {
      description: 'For how long it has been done, canceled, archived or deleted, in milliseconds; 0: it is not.',
    }),
  }),
});
const ReportWorkFoldersInput = builder.inputType('ReportWorkFoldersInput', {
  description: 'All work folders of a runner.',
  fields: (t) => ({
    requestId: t.id({ description: requestIdField }),
    report: t.field({ type: 'JSON', required: true, description: 'WorkFolderReport of the contract.' }),
  }),
});
const ReportWorkFoldersPayload = builder
  .objectRef<{ verdicts: WorkFolderVerdict[] }>('ReportWorkFoldersPayload')
  .implement({
    description: 'The server has it.',
    fields: (t) => ({
      verdicts: t.field({
        type: [WorkFolderVerdictType],
        description: 'One for each folder.',
        resolve: ({ verdicts }) => verdicts,
      }),
    }),
  });
builder.mutationField('reportWorkFolders', (t) =>
  t.field({
    type: ReportWorkFoldersPayload,
    nullable: true,
    description: 'For runners: tells of all its work folders, and hears which of their tasks are over.',
    authScopes: { runner: true },
    errors: { types: [InvalidInputError] },
    args: { input: t.arg({ type: ReportWorkFoldersInput, required: true, description: 'The folders.' }) },
    resolve: async (_root, { input }, context) => ({
      verdicts: await reportWorkFolders(context.core, runnerOf(context), {
        requestId: input.requestId ?? null,
        report: input.report as never,
      }),
    }),
  }),
);
