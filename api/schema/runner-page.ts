import { RepositoryFacts } from '#contract/repositories.ts';
import type { WorkFolderFacts } from '#contract/repositories.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { isUuid } from '#core/platform/ids.ts';
import { readRunnerPage } from '#core/runners/read-runner-page.ts';
import type { GrantItem, KnownRepository, RunnerPage } from '#core/runners/read-runner-page.ts';
import type { WorkFolderItem } from '#core/work-folders/list-work-folders.ts';
import { removeWorkFolder } from '#core/work-folders/remove-work-folder.ts';
import { actorOf, builder } from './builder.ts';
import { TaskStatusEnum } from './enums.ts';
import { COMMON_ERRORS } from './errors.ts';
import { RepositoryFactsType } from './repositories.ts';
import { RunnerType } from './runner-type.ts';

const GrantType = builder.objectRef<GrantItem>('RepositoryGrant').implement({
  description: 'That a project, or every project, may use a repository.',
  fields: (t) => ({
    projectId: t.exposeID('projectId', { nullable: true, description: 'The project; null: every project.' }),
    projectName: t.exposeString('projectName', { nullable: true, description: 'Its name; null: every project.' }),
    grantedBy: t.exposeString('grantedBy', {
      nullable: true,
      description: 'The address of who granted it; null: the set-up, or an upgrade.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was granted.' }),
  }),
});
const KnownRepositoryType = builder.objectRef<KnownRepository>('KnownRepository').implement({
  description: 'A repository that a runner has told of, or that is granted on it.',
  fields: (t) => ({
    path: t.exposeString('path', { description: 'Where it lies.' }),
    facts: t.field({
      type: RepositoryFactsType,
      nullable: true,
      description: 'Null: the runner has not told of it.',
      resolve: ({ facts }) => (facts === null ? null : (RepositoryFacts.safeParse(facts).data ?? null)),
    }),
    seenAt: t.expose('seenAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the runner last told of it; null: never.',
    }),
    isGone: t.exposeBoolean('isGone', { description: 'The runner does not find it any more.' }),
    grants: t.field({ type: [GrantType], description: 'Who may use it.', resolve: ({ grants }) => grants }),
  }),
});
const fact =
  <K extends keyof WorkFolderFacts>(name: K) =>
  ({ facts }: WorkFolderItem): WorkFolderFacts[K] =>
    facts[name];
const WorkFolderType = builder.objectRef<WorkFolderItem>('WorkFolder').implement({
  description: "The folder of a task on a runner's machine.",
  fields: (t) => ({
    name: t.exposeString('name', { description: "Its name under the runner's folder." }),
    sizeBytes: t.float({ description: 'What it takes on the disk, in bytes.', resolve: fact('sizeBytes') }),
    repository: t.string({ description: 'The repository that the task works on.', resolve: fact('root') }),
    branch: t.string({ description: 'The branch of its last attempt.', resolve: fact('branch') }),
    attempts: t.int({ description: 'Attempts that have worked in it.', resolve: fact('attempts') }),
    createdAt: t.field({ type: 'DateTime', description: 'When it was made.', resolve: fact('createdAt') }),
    lastUsedAt: t.field({
      type: 'DateTime',
      description: 'When a run last worked in it.',
      resolve: fact('lastUsedAt'),
    }),
    keptWhy: t.string({
      nullable: true,
      description: 'Why it is kept; null: nothing special.',
      resolve: fact('keptWhy'),
    }),
    problem: t.string({
      nullable: true,
      description: 'Why it could not be removed; null: nobody tried, or it can.',
      resolve: fact('problem'),
    }),
    taskId: t.exposeID('taskId', { nullable: true, description: 'The task; null: none that ran on this runner.' }),
    taskTitle: t.exposeString('taskTitle', { nullable: true, description: 'Its title.' }),
    taskStatus: t.field({
      type: TaskStatusEnum,
      nullable: true,
      description: 'Where it stands.',
      resolve: ({ taskStatus }) => taskStatus as never,
    }),
    taskHeldBy: t.exposeString('taskHeldBy', { nullable: true, description: 'Who stopped it; null: it is not held.' }),
    projectId: t.exposeID('projectId', { nullable: true, description: "The task's project." }),
    projectName: t.exposeString('projectName', { nullable: true, description: 'Its name.' }),
    isLive: t.exposeBoolean('isLive', { description: 'A run works in it.' }),
    isMerged: t.exposeBoolean('isMerged', { description: "The task's result is in the base branch." }),
    seenAt: t.expose('seenAt', { type: 'DateTime', description: 'When the runner last told of it.' }),
  }),
});
const RunnerPageType = builder.objectRef<RunnerPage>('RunnerPage').implement({
  description: 'All there is to know of a runner, for administrators.',
  fields: (t) => ({
    id: t.id({ description: "The runner's id.", resolve: ({ runner }) => runner.id }),
    runner: t.field({ type: RunnerType, description: 'The runner.', resolve: ({ runner }) => runner }),
    projectIds: t.idList({
      description: 'The projects it serves, unless it serves every one.',
      resolve: ({ projectIds }) => projectIds,
    }),
    repositories: t.field({
      type: [KnownRepositoryType],
      description: 'Its repositories by path.',
      resolve: ({ repositories }) => repositories,
    }),
    repositoriesSeenAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it last told of its repositories; null: never.',
      resolve: ({ runner }) => runner.repositoriesSeenAt,
    }),
    workFolders: t.field({
      type: [WorkFolderType],
      description: 'Its work folders, the largest first.',
      resolve: ({ workFolders }) => workFolders,
    }),
    workFoldersSeenAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it last told of its work folders; null: never.',
      resolve: ({ runner }) => runner.workFoldersSeenAt,
    }),
  }),
});
builder.queryField('runner', (t) =>
  t.field({
    type: RunnerPageType,
    nullable: true,
    description: 'One runner with its repositories and work folders (administrators only); null when it is missing.',
    authScopes: { admin: true },
    args: { id: t.arg.id({ required: true, description: "The runner's id." }) },
    resolve: async (_root, { id }, context) => (isUuid(id) ? readRunnerPage(context.core, actorOf(context), id) : null),
  }),
);

const RemoveWorkFolderPayload = builder.objectRef<{ name: string }>('RemoveWorkFolderPayload').implement({
  description: 'The folder is gone.',
  fields: (t) => ({ name: t.exposeString('name', { description: 'Its name.' }) }),
});
const RemoveWorkFolderInput = builder.inputType('RemoveWorkFolderInput', {
  description: 'Which folder to remove.',
  fields: (t) => ({
    runnerId: t.id({ required: true, description: 'The runner.' }),
    name: t.string({ required: true, description: "The folder's name." }),
  }),
});
builder.mutationField('removeWorkFolder', (t) =>
  t.field({
    type: RemoveWorkFolderPayload,
    nullable: true,
    description:
      "Has a runner remove a task's folder now, unless a run works in it (administrators only). Branches stay.",
    authScopes: { admin: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: RemoveWorkFolderInput, required: true, description: 'The folder.' }) },
    resolve: async (_root, { input: { runnerId, name } }, context) => {
      await removeWorkFolder(context.core, actorOf(context), runnerId, name);
      return { name };
    },
  }),
);
