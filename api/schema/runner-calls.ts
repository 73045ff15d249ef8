import { MAX_ACTIVITY_BATCH_BYTES, MAX_ACTIVITY_BATCH_ENTRIES } from '#contract/activity.ts';
import { STREAM_DIGITS_TEXT } from '#contract/log-streams.ts';
import { InvalidInputError } from '#core/errors/errors.ts';
import { registerRunner } from '#core/runners/connection.ts';
import { appendRunActivity } from '#core/runs/append-activity.ts';
import { appendRunLogs } from '#core/runs/append-logs.ts';
import type { ClaimedRun } from '#core/runs/build-run-spec.ts';
import { claimRun } from '#core/runs/claim-run.ts';
import { completeRun } from '#core/runs/complete-run.ts';
import { heartbeatRuns } from '#core/runs/heartbeat.ts';
import type { LeaseState } from '#core/runs/heartbeat.ts';
import type { AgentRun, Runner } from '#prisma/generated/client/client.ts';
import { builder, runnerOf } from './builder.ts';
import { RunStatusEnum } from './enums.ts';
import { RUNNER_ERRORS } from './errors.ts';
import { RunnerType } from './runner-type.ts';

const RegisterRunnerInput = builder.inputType('RegisterRunnerInput', {
  description: 'What the runner is and can do.',
  fields: (t) => ({
    version: t.string({ required: true, description: 'Of its program.' }),
    labels: t.stringList({ required: true, description: 'What it asks to be given; an administrator grants labels.' }),
    capacity: t.int({ required: true, description: 'Runs it takes at once.' }),
    isDraining: t.boolean({ description: 'True: it takes nothing new.' }),
    sandboxNote: t.string({
      description: 'Why its runs are not sandboxed; null: they are. Not given: it does not say.',
    }),
  }),
});
const RegisterRunnerPayload = builder.objectRef<{ runner: Runner }>('RegisterRunnerPayload').implement({
  description: 'The runner is known.',
  fields: (t) => ({
    runner: t.field({
      type: RunnerType,
      description: 'The runner as it stands now.',
      resolve: (payload) => payload.runner,
    }),
  }),
});
builder.mutationField('registerRunner', (t) =>
  t.field({
    type: RegisterRunnerPayload,
    nullable: true,
    description: 'For runners: says what it is, at each start.',
    authScopes: { runner: true },
    errors: { types: [InvalidInputError] },
    args: { input: t.arg({ type: RegisterRunnerInput, required: true, description: 'What it is.' }) },
    resolve: async (_root, { input }, context) => ({
      runner: await registerRunner(context.core, runnerOf(context), {
        ...input,
        isDraining: input.isDraining ?? false,
      }),
    }),
  }),
);

const ClaimedRunType = builder.objectRef<ClaimedRun>('ClaimedRun').implement({
  description: "A run that is now this runner's.",
  fields: (t) => ({
    spec: t.expose('spec', {
      type: 'JSON',
      description: 'RunSpec of the contract: all there is to know for this attempt.',
    }),
    leaseExpiresAt: t.expose('leaseExpiresAt', {
      type: 'DateTime',
      description: "By the server's clock; renewed by heartbeats.",
    }),
  }),
});
const ClaimRunInput = builder.inputType('ClaimRunInput', {
  description: 'A claim, by its id.',
  fields: (t) => ({
    claimId: t.id({
      description:
        "A UUIDv7 of the runner's own. Sent again, because the answer was lost, it gets the same run under the same lease.",
    }),
  }),
});
const ClaimRunPayload = builder.objectRef<{ claimed: ClaimedRun | null }>('ClaimRunPayload').implement({
  description: 'What there was to claim.',
  fields: (t) => ({
    claimed: t.field({
      type: ClaimedRunType,
      nullable: true,
      description: 'The run; null: there is none that this runner may work on now.',
      resolve: (payload) => payload.claimed,
    }),
  }),
});
builder.mutationField('claimRun', (t) =>
  t.field({
    type: ClaimRunPayload,
    nullable: true,
    description: 'For runners: takes the next run it may work on.',
    authScopes: { runner: true },
    errors: { types: [InvalidInputError] },
    args: { input: t.arg({ type: ClaimRunInput, required: true, description: 'The claim.' }) },
    resolve: async (_root, { input }, context) => ({
      claimed: await claimRun(context.core, runnerOf(context), input.claimId ?? null),
    }),
  }),
);

const HeldRunInput = builder.inputType('HeldRunInput', {
  description: 'A run the runner holds.',
  fields: (t) => ({
    runId: t.id({ required: true, description: 'The run.' }),
    leaseToken: t.string({ required: true, description: 'The lease of this attempt.' }),
  }),
});
const LeaseStateType = builder.objectRef<LeaseState>('LeaseState').implement({
  description: 'How a lease stands after a heartbeat.',
  fields: (t) => ({
    runId: t.exposeID('runId', { description: 'The run.' }),
    isHeld: t.exposeBoolean('isHeld', { description: "False: it is no longer this runner's; it must stop it." }),
    isCancelRequested: t.exposeBoolean('isCancelRequested', { description: 'True: it is to be stopped.' }),
    hasInput: t.exposeBoolean('hasInput', {
      description: 'True: something was said to it that was not taken yet (takeRunInput).',
    }),
    leaseMs: t.exposeInt('leaseMs', { description: 'How long it is held from now, in milliseconds.' }),
  }),
});
const HeartbeatRunsInput = builder.inputType('HeartbeatRunsInput', {
  description: 'All runs that a runner holds.',
  fields: (t) => ({
    runs: t.field({ type: [HeldRunInput], required: true, description: 'The runs, at most 200.' }),
  }),
});
const HeartbeatRunsPayload = builder.objectRef<{ leases: LeaseState[] }>('HeartbeatRunsPayload').implement({
  description: 'The leases are renewed, but for those that are not held any more.',
  fields: (t) => ({
    leases: t.field({
      type: [LeaseStateType],
      description: 'One for each run, in their order.',
      resolve: (payload) => payload.leases,
    }),
  }),
});
builder.mutationField('heartbeatRuns', (t) =>
  t.field({
    type: HeartbeatRunsPayload,
    nullable: true,
    description: 'For runners: renews the leases of all its live runs at once.',
    authScopes: { runner: true },
    errors: { types: [InvalidInputError] },
    args: { input: t.arg({ type: HeartbeatRunsInput, required: true, description: 'The runs.' }) },
    resolve: async (_root, { input }, context) => ({
      leases: await heartbeatRuns(context.core, runnerOf(context), input.runs),
    }),
  }),
);

const AppendRunLogsInput = builder.inputType('AppendRunLogsInput', {
  description: 'Lines of a run that follow each other, packed.',
  fields: (t) => ({
    runId: t.id({ required: true, description: 'The run.' }),
    leaseToken: t.string({ required: true, description: 'The lease of this attempt.' }),
    firstSeq: t.int({ required: true, description: 'The number of the first line.' }),
    streams: t.string({ required: true, description: `${STREAM_DIGITS_TEXT}.` }),
    messages: t.stringList({
      required: true,
      description: 'The texts, at most 1,000 and 256 KiB together, 16 KiB each.',
    }),
  }),
});
const AppendRunLogsPayload = builder.objectRef<{ lastSeq: number }>('AppendRunLogsPayload').implement({
  description: 'The lines are stored for good.',
  fields: (t) => ({
    lastSeq: t.exposeInt('lastSeq', { description: 'The highest stored number; the runner may forget up to it.' }),
  }),
});
builder.mutationField('appendRunLogs', (t) =>
  t.field({
    type: AppendRunLogsPayload,
    nullable: true,
    description: "For runners: appends lines to a run's log. The same again is harmless; a gap is refused.",
    authScopes: { runner: true },
    errors: { types: [...RUNNER_ERRORS] },
    args: { input: t.arg({ type: AppendRunLogsInput, required: true, description: 'The lines.' }) },
    resolve: async (_root, { input }, context) => ({
      lastSeq: await appendRunLogs(context.core, runnerOf(context), input),
    }),
  }),
);

const AppendActivityInput = builder.inputType('AppendActivityInput', {
  description: 'What the agent of a run does: entries that follow each other.',
  fields: (t) => ({
    runId: t.id({ required: true, description: 'The run.' }),
    leaseToken: t.string({ required: true, description: 'The lease of this attempt.' }),
    firstSeq: t.int({ required: true, description: 'The number of the first entry.' }),
    entries: t.field({
      type: 'JSON',
      required: true,
      description: `A list of ActivityEntry of the contract, at most ${MAX_ACTIVITY_BATCH_ENTRIES} and ${MAX_ACTIVITY_BATCH_BYTES / 1024} KiB together.`,
    }),
  }),
});
const AppendActivityPayload = builder.objectRef<{ lastSeq: number }>('AppendActivityPayload').implement({
  description: 'The entries are stored for good.',
  fields: (t) => ({
    lastSeq: t.exposeInt('lastSeq', { description: 'The highest stored number; the runner may forget up to it.' }),
  }),
});
builder.mutationField('appendActivity', (t) =>
  t.field({
    type: AppendActivityPayload,
    nullable: true,
    description:
      "For runners: appends entries to a run's activity. The same again is harmless; a gap is refused. Kinds that this server does not know are kept, and shown as OTHER.",
    authScopes: { runner: true },
    errors: { types: [...RUNNER_ERRORS] },
    args: { input: t.arg({ type: AppendActivityInput, required: true, description: 'The entries.' }) },
    resolve: async (_root, { input }, context) => ({
      lastSeq: await appendRunActivity(context.core, runnerOf(context), { ...input, entries: input.entries }),
    }),
  }),
);

const CompleteRunInput = builder.inputType('CompleteRunInput', {
  description: 'How a run ended.',
  fields: (t) => ({
    leaseToken: t.string({ required: true, description: 'The lease of this attempt.' }),
    result: t.field({ type: 'JSON', required: true, description: 'RunResult of the contract.' }),
  }),
});
const CompleteRunPayload = builder.objectRef<AgentRun>('CompleteRunPayload').implement({
  description: 'The run has ended.',
  fields: (t) => ({
    runId: t.exposeID('id', { description: 'The run.' }),
    status: t.expose('status', {
      type: RunStatusEnum,
      description: 'How it ended; CANCELED when somebody had asked for that.',
    }),
  }),
});
builder.mutationField('completeRun', (t) =>
  t.field({
    type: CompleteRunPayload,
    nullable: true,
    description: 'For runners: hands over the result, when every line is stored. The same again is harmless.',
    authScopes: { runner: true },
    errors: { types: [...RUNNER_ERRORS] },
    args: { input: t.arg({ type: CompleteRunInput, required: true, description: 'The result.' }) },
    resolve: async (_root, { input }, context) =>
      completeRun(context.core, runnerOf(context), input.leaseToken, input.result),
  }),
);
