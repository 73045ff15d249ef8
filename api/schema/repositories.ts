import type { RepositoryCheck, RepositoryFacts } from '#contract/repositories.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { grantRepository, revokeRepository } from '#core/repositories/grant-repository.ts';
import { listRepositories } from '#core/repositories/list-repositories.ts';
import type { RepositoryOffer } from '#core/repositories/list-repositories.ts';
import { checkRepository, lookForRepositories } from '#core/runners/look-for-repositories.ts';
import type { Runner } from '#prisma/generated/client/client.ts';
import { actorOf, builder } from './builder.ts';
import { RepositoryProblemEnum, RunnerConnectionEnum } from './enums.ts';
import { COMMON_ERRORS } from './errors.ts';
import { RunnerType } from './runner-type.ts';

export const RepositoryFactsType = builder.objectRef<RepositoryFacts>('RepositoryFacts').implement({
  description: 'What a runner tells of a repository.',
  fields: (t) => ({
    branch: t.exposeString('branch', { nullable: true, description: 'The branch that is checked out; null: none is.' }),
    remoteUrl: t.exposeString('remoteUrl', {
      nullable: true,
      description: 'The address of its first remote, without credentials; null: it has none.',
    }),
    lastCommit: t.string({
      nullable: true,
      description: 'The last commit; null: no commits yet.',
      resolve: ({ lastCommit }) => lastCommit?.hash ?? null,
    }),
    lastCommitAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was made; null: no commits yet.',
      resolve: ({ lastCommit }) => lastCommit?.at ?? null,
    }),
    lastCommitSubject: t.string({
      nullable: true,
      description: 'Its first line; null: no commits yet.',
      resolve: ({ lastCommit }) => lastCommit?.subject ?? null,
    }),
    isBare: t.exposeBoolean('isBare', { description: 'It has no checkout, so that no agent can work in it.' }),
    worktreeOf: t.exposeString('worktreeOf', {
      nullable: true,
      description: 'It is a linked worktree of the repository at this path; null: it is none.',
    }),
  }),
});

const RepositoryType = builder.objectRef<RepositoryOffer>('Repository').implement({
  description: "A repository on a runner's machine that you may choose for a project.",
  fields: (t) => ({
    runnerId: t.exposeID('runnerId', { description: 'The runner.' }),
    runnerName: t.exposeString('runnerName', { description: 'Its name.' }),
    runnerConnection: t.expose('runnerConnection', {
      type: RunnerConnectionEnum,
      description: 'Whether it can be heard.',
    }),
    path: t.exposeString('path', { description: 'Where it lies on that machine.' }),
    facts: t.expose('facts', {
      type: RepositoryFactsType,
      nullable: true,
      description: 'Null: the runner has not told of it, or does not find it any more.',
    }),
    isGranted: t.exposeBoolean('isGranted', {
      description: 'False: choosing it grants it to the project; only administrators are shown such.',
    }),
  }),
});
builder.queryField('repositories', (t) =>
  t.field({
    type: [RepositoryType],
    nullable: true,
    description:
      'What you may choose as the repository of a project: administrators everything that runners have told of, others what is granted.',
    authScopes: { signedIn: true },
    args: { projectId: t.arg.id({ description: 'For this project; without it, for one that is being made.' }) },
    resolve: async (_root, { projectId }, context) =>
      listRepositories(context.core, actorOf(context), projectId ?? null),
  }),
);

const RepositoryCheckType = builder.objectRef<RepositoryCheck>('RepositoryCheck').implement({
  description: 'What a runner says of one path.',
  fields: (t) => ({
    problem: t.expose('problem', {
      type: RepositoryProblemEnum,
      nullable: true,
      description: 'What is wrong with it; null: it can be used.',
    }),
    message: t.exposeString('message', { description: 'The same as a sentence.' }),
    root: t.exposeString('root', { nullable: true, description: 'Where the repository starts; null: there is none.' }),
    subfolder: t.exposeString('subfolder', {
      description: 'The path within the repository; empty: the repository itself.',
    }),
    facts: t.expose('facts', {
      type: RepositoryFactsType,
      nullable: true,
      description: 'What is known of the repository; null: there is none.',
    }),
  }),
});
const CheckRepositoryPayload = builder.objectRef<{ check: RepositoryCheck }>('CheckRepositoryPayload').implement({
  description: 'The runner has looked.',
  fields: (t) => ({
    check: t.field({ type: RepositoryCheckType, description: 'What it says.', resolve: (payload) => payload.check }),
  }),
});
const CheckRepositoryInput = builder.inputType('CheckRepositoryInput', {
  description: 'Where to look.',
  fields: (t) => ({
    runnerId: t.id({ required: true, description: 'The runner.' }),
    path: t.string({ required: true, description: 'An absolute path on its machine.' }),
  }),
});
builder.mutationField('checkRepository', (t) =>
  t.field({
    type: CheckRepositoryPayload,
    nullable: true,
    description:
      'Has a runner look at one path, and waits for its answer (administrators only: it tells what is on the machine).',
    authScopes: { admin: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: CheckRepositoryInput, required: true, description: 'The path.' }) },
    resolve: async (_root, { input }, context) => ({
      check: await checkRepository(context.core, actorOf(context), input.runnerId, input.path),
    }),
  }),
);

const LookForRepositoriesPayload = builder.objectRef<{ runner: Runner }>('LookForRepositoriesPayload').implement({
  description: 'The runner has looked for repositories again.',
  fields: (t) => ({
    runner: t.field({ type: RunnerType, description: 'The runner.', resolve: (payload) => payload.runner }),
  }),
});
const LookForRepositoriesInput = builder.inputType('LookForRepositoriesInput', {
  description: 'Who is to look.',
  fields: (t) => ({ runnerId: t.id({ required: true, description: 'The runner.' }) }),
});
builder.mutationField('lookForRepositories', (t) =>
  t.field({
    type: LookForRepositoriesPayload,
    nullable: true,
    description:
      'Has a runner look for repositories under its roots again, and waits until it has told of them (administrators only).',
    authScopes: { admin: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: LookForRepositoriesInput, required: true, description: 'The runner.' }) },
    resolve: async (_root, { input }, context) => ({
      runner: await lookForRepositories(context.core, actorOf(context), input.runnerId),
    }),
  }),
);

const grantInput = (name: string) =>
  builder.inputType(name, {
    description: 'A repository of a runner, and who may use it.',
    fields: (t) => ({
      runnerId: t.id({ required: true, description: 'The runner.' }),
      path: t.string({ required: true, description: 'Where the repository starts.' }),
      projectId: t.id({ description: 'The project; without it every project, whoever makes it.' }),
    }),
  });
const GrantPayload = (name: string, description: string) =>
  builder
    .objectRef<{ path: string }>(name)
    .implement({ description, fields: (t) => ({ path: t.exposeString('path', { description: 'The repository.' }) }) });
builder.mutationField('grantRepository', (t) =>
  t.field({
    type: GrantPayload('GrantRepositoryPayload', 'The repository is granted.'),
    nullable: true,
    description: 'Lets a project, or every project, use a repository of a runner (administrators only).',
    authScopes: { admin: true },
    errors: { types: [...COMMON_ERRORS] },
    args: { input: t.arg({ type: grantInput('GrantRepositoryInput'), required: true, description: 'What to grant.' }) },
    resolve: async (_root, { input }, context) => {
      await grantRepository(context.core, actorOf(context), { ...input, projectId: input.projectId ?? null });
      return { path: input.path };
    },
  }),
);
builder.mutationField('revokeRepository', (t) =>
  t.field({
    type: GrantPayload('RevokeRepositoryPayload', 'The repository is no longer granted.'),
    nullable: true,
    description: 'Takes a grant back (administrators only). Runs that work go on; new ones wait and say why.',
    authScopes: { admin: true },
    errors: { types: [...COMMON_ERRORS] },
    args: {
      input: t.arg({ type: grantInput('RevokeRepositoryInput'), required: true, description: 'What to take back.' }),
    },
    resolve: async (_root, { input }, context) => {
      await revokeRepository(context.core, actorOf(context), { ...input, projectId: input.projectId ?? null });
      return { path: input.path };
    },
  }),
);
