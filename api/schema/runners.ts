import { createRunner } from '#core/runners/create-runner.ts';
import { replaceUnusedToken } from '#core/runners/replace-unused-token.ts';
import { rotateRunnerToken } from '#core/runners/rotate-runner-token.ts';
import { setRunnerEnabled } from '#core/runners/set-runner-enabled.ts';
import { updateRunner } from '#core/runners/update-runner.ts';
import { ConflictError } from '#core/errors/errors.ts';
import type { Runner } from '#prisma/generated/client/client.ts';
import { builder, userOf } from './builder.ts';
import { emptyForNull, givenFields } from './changes.ts';
import { COMMON_ERRORS } from './errors.ts';
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
