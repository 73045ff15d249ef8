import { createRunner, replaceUnusedToken, rotateRunnerToken, setRunnerEnabled } from '#core/runners/create-runner.ts';
import { registerRunner } from '#core/runners/connection.ts';
import { updateRunner } from '#core/runners/update-runner.ts';
import { appendRunLogs } from '#core/runs/append-logs.ts';
import { claimRun } from '#core/runs/claim-run.ts';
import type { ClaimedRun } from '#core/runs/build-run-spec.ts';
import { completeRun } from '#core/runs/complete-run.ts';
import { heartbeatRuns } from '#core/runs/heartbeat.ts';
import { requestLanding } from '#core/runs/landing.ts';
import { reportLanding } from '#core/runs/report-landing.ts';
import type { LeaseState } from '#core/runs/heartbeat.ts';
import { ConflictError, InvalidInputError, LeaseLostError } from '#core/errors/errors.ts';
import type { AgentRun, Runner } from '#prisma/generated/client/client.ts';
import { builder, runnerOf, userOf } from './builder.ts';
import { emptyForNull, givenFields } from './changes.ts';
import { RunStatusEnum } from './enums.ts';
import { COMMON_ERRORS, RUNNER_ERRORS } from './errors.ts';
import { connectionOf, readConnection } from './lists/connection.ts';
import { RunnerType } from './runner-type.ts';
import { IDEMPOTENCY_KEY, once } from './once.ts';

const RunnerConnection = connectionOf('Runner', RunnerType);
builder.queryField('runners', (t) =>
  t.connection(
    {
      type: RunnerType,
      nullable: true,
      description: 'The runners, by name: all for administrators, those that serve your projects for others.',
      authScopes: { signedIn: true },
      resolve: (_root, page, context, info) => {
        const user = userOf(context);
        const mine = {
          OR: [
            { allProjects: true },
            { projects: { some: { project: { members: { some: { userId: user.userId } } } } } },
          ],
        };
        return readConnection(context, info, page, {
          typeName: 'Runner',
          rows: context.core.db.runner,
          order: [{ field: 'name', direction: 'asc', kind: 'text' }],
          where: user.isAdmin ? {} : mine,
        });
      },
    },
    RunnerConnection,
  ),
);

const RunnerTokenPayload = (name: string, description: string) =>
  builder.objectRef<{ runner: Runner; token: string }>(name).implement({
    description,
    fields: (t) => ({
      runner: t.field({ type: RunnerType, description: 'The runner.', resolve: (payload) => payload.runner }),
      token: t.exposeString('token', { description: "Put it into the runner's runner.json. Shown this once." }),
    }),
  });
const CreateRunnerInput = builder.inputType('CreateRunnerInput', {
  description: 'A new runner.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Unique on this system.' }),
    labels: t.stringList({ description: 'Granted: what it has or can do.' }),
    capacity: t.int({ description: 'The limit of runs at once, whatever it says; 2 if not given.' }),
    projectIds: t.idList({ description: 'The projects it serves; without it every project.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
builder.mutationField('createRunner', (t) =>
  t.field({
    type: RunnerTokenPayload('CreateRunnerPayload', 'The runner was added.'),
    nullable: true,
    description:
      'Adds a runner and its token (administrators only). Repeated with its idempotency key, the runner is the same and has a new token: the former one ends. Once the runner has come with its token, that stays, and the call is a ConflictError: `rotateRunnerToken` gives it another one.',
    authScopes: { admin: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: CreateRunnerInput, required: true, description: 'The runner.' }) },
    resolve: async (_root, { input }, context) =>
      once(
        context,
        'createRunner',
        input,
        {
          idOf: ({ runner }: { runner: Runner; token: string }) => runner.id,
          // Its token is known to nobody else and kept nowhere: who did not get it is given another one.
          find: (id) => replaceUnusedToken(context.core, userOf(context), id),
        },
        (core) =>
          createRunner(core, userOf(context), {
            name: input.name,
            labels: input.labels ?? [],
            capacity: input.capacity ?? 2,
            projectIds: input.projectIds ?? null,
          }),
      ),
  }),
);
const RotateRunnerTokenInput = builder.inputType('RotateRunnerTokenInput', {
  description: 'Whose token to replace.',
  fields: (t) => ({ runnerId: t.id({ required: true, description: 'The runner.' }) }),
});
builder.mutationField('rotateRunnerToken', (t) =>
  t.field({
    type: RunnerTokenPayload('RotateRunnerTokenPayload', 'The runner has a new token; the old ones have ended.'),
    nullable: true,
    description: 'Gives a runner a new token (administrators only).',
    authScopes: { admin: true },
    errors: { types: [...COMMON_ERRORS] },
    args: { input: t.arg({ type: RotateRunnerTokenInput, required: true, description: 'The runner.' }) },
    resolve: async (_root, { input }, context) => rotateRunnerToken(context.core, userOf(context), input.runnerId),
  }),
);
const SetRunnerEnabledPayload = builder.objectRef<{ runner: Runner }>('SetRunnerEnabledPayload').implement({
  description: 'The runner was enabled or disabled.',
  fields: (t) => ({
    runner: t.field({
      type: RunnerType,
      description: 'The runner as it stands now.',
      resolve: (payload) => payload.runner,
    }),
  }),
});
const SetRunnerEnabledInput = builder.inputType('SetRunnerEnabledInput', {
  description: 'Which runner, and whether it is to be heard.',
  fields: (t) => ({
    runnerId: t.id({ required: true, description: 'The runner.' }),
    isEnabled: t.boolean({ required: true, description: 'False: it is refused.' }),
  }),
});
builder.mutationField('setRunnerEnabled', (t) =>
  t.field({
    type: SetRunnerEnabledPayload,
    nullable: true,
    description: 'Enables or disables a runner (administrators only).',
    authScopes: { admin: true },
    errors: { types: [...COMMON_ERRORS] },
    args: { input: t.arg({ type: SetRunnerEnabledInput, required: true, description: 'The runner.' }) },
    resolve: async (_root, { input }, context) => ({
      runner: await setRunnerEnabled(context.core, userOf(context), input.runnerId, input.isEnabled),
    }),
  }),
);
const UpdateRunnerInput = builder.inputType('UpdateRunnerInput', {
  description: 'What to change; what is not given stays.',
  fields: (t) => ({
    runnerId: t.id({ required: true, description: 'The runner.' }),
    labels: t.stringList({ description: 'The labels that are granted to it; they replace those it had; null: none.' }),
    capacity: t.int({ description: 'The limit of runs at once; null: no limit, as many as the runner says.' }),
    projectIds: t.idList({ description: 'The projects it serves; null: every project.' }),
  }),
});
const UpdateRunnerPayload = builder.objectRef<{ runner: Runner }>('UpdateRunnerPayload').implement({
  description: 'The runner was changed.',
  fields: (t) => ({
    runner: t.field({
      type: RunnerType,
      description: 'The runner as it stands now.',
      resolve: (payload) => payload.runner,
    }),
  }),
});
builder.mutationField('updateRunner', (t) =>
  t.field({
    type: UpdateRunnerPayload,
    nullable: true,
    description: 'Changes the labels, the limit and the projects of a runner (administrators only).',
    authScopes: { admin: true },
    errors: { types: [...COMMON_ERRORS] },
    args: { input: t.arg({ type: UpdateRunnerInput, required: true, description: 'The changes.' }) },
    resolve: async (_root, { input }, context) => ({
      runner: await updateRunner(context.core, userOf(context), {
        ...givenFields(input),
        labels: emptyForNull(input.labels, []),
      }),
    }),
  }),
);

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
    streams: t.string({ required: true, description: 'A digit a line: 1 stdout, 2 stderr, 3 system.' }),
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
