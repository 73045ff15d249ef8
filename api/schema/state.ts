import type { ApiContext } from '#api/context.ts';
import { projectScope, requireProject } from '#core/access/permissions.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { diffStateVersions } from '#core/state/diff-versions.ts';
import type { HumanPart } from '#core/state/human-part.ts';
import { previewRollBack, rollBackState } from '#core/state/roll-back-state.ts';
import type { RollBackPreview } from '#core/state/roll-back-state.ts';
import { saveState } from '#core/state/save-state.ts';
import type { ProjectStateVersion } from '#prisma/generated/client/client.ts';
import { actorOf, builder } from './builder.ts';
import { enumOf, ProjectStatusEnum, StateFormatEnum } from './enums.ts';
import { COMMON_ERRORS } from './errors.ts';
import { connectionOf, readConnection } from './lists/connection.ts';
import { IDEMPOTENCY_KEY, once } from './once.ts';
import { StateVersionType } from './state-version-type.ts';

const StateVersionConnection = connectionOf('StateVersion', StateVersionType);

builder.queryField('stateVersion', (t) =>
  t.prismaField({
    type: StateVersionType,
    nullable: true,
    description: "A version of a project's state document; null when there is none (yet).",
    authScopes: { signedIn: true },
    args: {
      projectId: t.arg.id({ required: true, description: 'The project.' }),
      version: t.arg.int({ description: 'Its number; without it the newest.' }),
    },
    resolve: async (query, _root, { projectId, version }, context) => {
      await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
      return context.core.db.projectStateVersion.findFirst({
        ...query,
        where: {
          projectId,
          ...(version === null || version === undefined ? {} : { version }),
          project: projectScope(actorOf(context)),
        },
        orderBy: { version: 'desc' },
      });
    },
  }),
);
builder.queryField('stateVersions', (t) =>
  t.connection(
    {
      type: StateVersionType,
      nullable: true,
      description: "The versions of a project's state document, newest first.",
      authScopes: { signedIn: true },
      args: { projectId: t.arg.id({ required: true, description: 'The project.' }) },
      resolve: async (_root, { projectId, ...page }, context, info) => {
        await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
        return readConnection(context, info, page, {
          typeName: 'StateVersion',
          rows: context.core.db.projectStateVersion,
          order: [{ field: 'version', direction: 'desc', kind: 'bigint' }],
          where: { projectId },
        });
      },
    },
    StateVersionConnection,
  ),
);
builder.queryField('stateDiff', (t) =>
  t.string({
    nullable: true,
    description: 'What changed between two versions, as a unified diff; empty when nothing did.',
    authScopes: { signedIn: true },
    args: {
      projectId: t.arg.id({ required: true, description: 'The project.' }),
      from: t.arg.int({ required: true, description: 'Number of the older version.' }),
      to: t.arg.int({ required: true, description: 'Number of the newer version.' }),
    },
    resolve: async (_root, { projectId, from, to }, context) => {
      await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
      return diffStateVersions(context.core, projectId, from, to);
    },
  }),
);

const RestoredFieldEnum = enumOf('RestoredField', 'A field of the human part of a state document.', [
  'current_focus',
  'status',
  'pinned_actions',
  'notes',
]);
const RESTORED = {
  currentFocus: 'current_focus',
  status: 'status',
  pinnedActions: 'pinned_actions',
  notes: 'notes',
} as const satisfies Record<keyof HumanPart, string>;
const RollBackPreviewType = builder.objectRef<RollBackPreview>('RollBackPreview').implement({
  description: 'What a roll back would do now, for the one who asks.',
  fields: (t) => ({
    diff: t.exposeString('diff', {
      description: 'Of the document as it is and as it would be, as a unified diff; empty when it would read the same.',
    }),
    restored: t.field({
      type: [RestoredFieldEnum],
      description: 'What would be restored; empty: nothing, and a roll back is refused.',
      resolve: ({ restored }) => restored.map((field) => RESTORED[field]),
    }),
    baseVersion: t.exposeInt('baseVersion', {
      description: 'For `rollBackState`, so that it is refused when somebody was faster.',
    }),
  }),
});
builder.queryField('rollBackPreview', (t) =>
  t.field({
    type: RollBackPreviewType,
    nullable: true,
    description: 'What rolling the state document back to a version would change.',
    authScopes: { signedIn: true },
    args: {
      projectId: t.arg.id({ required: true, description: 'The project.' }),
      version: t.arg.int({ required: true, description: 'The version to go back to.' }),
    },
    resolve: (_root, args, context) => previewRollBack(context.core, actorOf(context), args),
  }),
);

const SaveStatePayload = builder.objectRef<{ stateVersion: ProjectStateVersion }>('SaveStatePayload').implement({
  description: 'The version is saved.',
  fields: (t) => ({
    stateVersion: t.field({
      type: StateVersionType,
      description: 'The newest version.',
      resolve: (payload) => payload.stateVersion,
    }),
  }),
});
const PinnedActionInput = builder.inputType('PinnedActionInput', {
  description: 'A next action to pin.',
  fields: (t) => ({
    description: t.string({ required: true, description: 'What there is to do: one line, at most 500 characters.' }),
    priority: t.int({ required: true, description: '1 first, 5 last.' }),
  }),
});
const SaveStateInput = builder.inputType('SaveStateInput', {
  description: 'Your part of the document; what is not given stays. The rest of it is generated.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project.' }),
    baseVersion: t.int({
      required: true,
      description: 'The version you looked at: what you change must be as it was there, else it is a conflict.',
    }),
    currentFocus: t.string({ description: 'Null: the document shows the task that matters most.' }),
    status: t.field({ type: ProjectStatusEnum, description: "ACTIVE or PAUSED; for the project's owners." }),
    pinnedActions: t.field({ type: [PinnedActionInput], description: 'All of them, at most 50.' }),
    notes: t.string({ description: 'At most 20,000 characters.' }),
    format: t.field({ type: StateFormatEnum, description: 'How the document is written from now on.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
builder.mutationField('saveState', (t) =>
  t.field({
    type: SaveStatePayload,
    nullable: true,
    description: 'Changes what people own of the state document, which makes a version.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: SaveStateInput, required: true, description: 'What to change.' }) },
    resolve: async (_root, { input }, context) => ({
      stateVersion: await once(context, 'saveState', input, madeVersion(context), (core, fields) =>
        saveState(core, actorOf(context), fields),
      ),
    }),
  }),
);
function madeVersion(context: ApiContext) {
  const project = projectScope(actorOf(context));
  return {
    idOf: (version: ProjectStateVersion) => version.id,
    find: (id: string) => context.core.db.projectStateVersion.findFirst({ where: { id, project } }),
  };
}

interface RolledBack {
  stateVersion: ProjectStateVersion;
  previousVersion: number;
}
const RollBackStatePayload = builder.objectRef<RolledBack>('RollBackStatePayload').implement({
  description: 'What people owned of the old version is theirs again.',
  fields: (t) => ({
    stateVersion: t.field({
      type: StateVersionType,
      description: 'The newest version.',
      resolve: (payload) => payload.stateVersion,
    }),
    previousVersion: t.exposeInt('previousVersion', {
      description: 'The newest version before: rolling back to it undoes this.',
    }),
  }),
});
const RollBackStateInput = builder.inputType('RollBackStateInput', {
  description: 'Which version to go back to.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project.' }),
    version: t.int({ required: true, description: 'The version whose human part is wanted again.' }),
    baseVersion: t.int({
      required: true,
      description: 'The version you looked at: what would be restored must be as it was there, else it is a conflict.',
    }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
builder.mutationField('rollBackState', (t) =>
  t.field({
    type: RollBackStatePayload,
    nullable: true,
    description:
      'Restores what people owned of an old version (focus, pinned actions, notes, and for owners whether the project is paused), which makes a version. Its facts are those of now.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: RollBackStateInput, required: true, description: 'The version.' }) },
    resolve: (_root, { input }, context) =>
      once(context, 'rollBackState', input, madeRollBack(context), (core, fields) =>
        rollBackState(core, actorOf(context), fields),
      ),
  }),
);
function madeRollBack(context: ApiContext) {
  const { find } = madeVersion(context);
  return {
    idOf: ({ stateVersion }: RolledBack) => stateVersion.id,
    async find(id: string): Promise<RolledBack | null> {
      const stateVersion = await find(id);
      return stateVersion && { stateVersion, previousVersion: Number(stateVersion.version) - 1 };
    },
  };
}
