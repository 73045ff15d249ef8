import { ConflictError, InvalidInputError, LeaseLostError } from '#core/errors/errors.ts';
import { requestLanding } from '#core/runs/landing.ts';
import { reportLanding } from '#core/runs/report-landing.ts';
import type { AgentRun } from '#prisma/generated/client/client.ts';
import { builder, runnerOf } from './builder.ts';

const RequestLandingInput = builder.inputType('RequestLandingInput', {
  description: 'A merge that is ready, with its base branch locked.',
  fields: (t) => ({
    runId: t.id({ required: true, description: 'The merge run.' }),
    leaseToken: t.string({ required: true, description: 'The lease of this attempt.' }),
    baseCommit: t.string({ required: true, description: 'Where the base branch is.' }),
    mergeCommit: t.string({
      required: true,
      description: 'Where it is to go; the same when everything is merged already.',
    }),
  }),
});
const RequestLandingPayload = builder.objectRef<AgentRun>('RequestLandingPayload').implement({
  description: 'The last word: the base branch may move. Until the run has ended it can not be canceled.',
  fields: (t) => ({
    runId: t.exposeID('id', { description: 'The run.' }),
    landingAt: t.expose('landingAt', {
      type: 'DateTime',
      nullable: true,
      description: "When it was given, by the server's clock; it is good for seconds.",
    }),
  }),
});
builder.mutationField('requestLanding', (t) =>
  t.field({
    type: RequestLandingPayload,
    nullable: true,
    description:
      'For runners: asks for the last word, right before an approved commit moves its base. May be asked again.',
    authScopes: { runner: true },
    errors: { types: [InvalidInputError, LeaseLostError, ConflictError] },
    args: { input: t.arg({ type: RequestLandingInput, required: true, description: 'The merge.' }) },
    resolve: async (_root, { input }, context) => requestLanding(context.core, runnerOf(context), input),
  }),
);

const ReportLandingInput = builder.inputType('ReportLandingInput', {
  description: 'How a merge went, as the repository shows it.',
  fields: (t) => ({
    runId: t.id({ required: true, description: 'The merge run.' }),
    leaseToken: t.string({ required: true, description: 'The lease it was made under.' }),
    isMerged: t.boolean({ required: true, description: 'Whether the base branch holds what was approved.' }),
    headCommit: t.string({ description: 'The commit that brought it there; null: not merged.' }),
    note: t.string({
      description:
        'What else people have to know, at most 4,000 characters: a checkout that is behind its branch, and what to do there.',
    }),
  }),
});
const ReportLandingPayload = builder.objectRef<AgentRun>('ReportLandingPayload').implement({
  description: 'It was heard.',
  fields: (t) => ({ runId: t.exposeID('id', { description: 'The run.' }) }),
});
builder.mutationField('reportLanding', (t) =>
  t.field({
    type: ReportLandingPayload,
    nullable: true,
    description:
      'For runners: tells how a merge went whose lease was lost after the last word. The same again is harmless.',
    authScopes: { runner: true },
    errors: { types: [InvalidInputError, LeaseLostError] },
    args: { input: t.arg({ type: ReportLandingInput, required: true, description: 'What was found.' }) },
    resolve: async (_root, { input }, context) =>
      reportLanding(context.core, runnerOf(context), {
        ...input,
        headCommit: input.headCommit ?? null,
        note: input.note ?? null,
      }),
  }),
);
