import type { ApiContext } from '#api/context.ts';
import { projectScope, requireProject } from '#core/access/permissions.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { rollBackState, saveState } from '#core/state-document/save-state.ts';
import { diffStateVersions } from '#core/state-document/diff-versions.ts';
import type { ProjectStateVersion } from '#prisma/generated/client/client.ts';
import { actorOf, builder } from './builder.ts';
import { StateFormatEnum } from './enums.ts';
import { COMMON_ERRORS } from './errors.ts';
import { connectionOf, readConnection } from './lists/connection.ts';
import { IDEMPOTENCY_KEY, once } from './once.ts';

export const StateVersionType = builder.prismaObject('ProjectStateVersion', {
  name: 'StateVersion',
  // A document may be long: it is read only when it is asked for.
  select: { id: true },
  description: "One version of a project's state document: where the project stood.",
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    version: t.int({
      description: '1, 2, 3 … without gaps in its project.',
      select: { version: true },
      resolve: (state) => Number(state.version),
    }),
    format: t.expose('stateFormat', { type: StateFormatEnum, description: 'How it is written.' }),
    content: t.exposeString('content', { description: 'The document.' }),
    contentHash: t.exposeString('contentHash', { description: 'SHA-256 of the document, in hex.' }),
    cause: t.exposeString('cause', { description: 'What made it: a cycle, a run, a person, a roll back.' }),
    createdBy: t.relation('createdBy', { nullable: true, description: 'Who saved it; null when it was generated.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    project: t.relation('project', { description: 'The project it tells of.' }),
  }),
});
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

const StatePayload = (name: string, description: string) =>
  builder.objectRef<{ stateVersion: ProjectStateVersion }>(name).implement({
    description,
    fields: (t) => ({
      stateVersion: t.field({
        type: StateVersionType,
        description: 'The newest version.',
        resolve: (payload) => payload.stateVersion,
      }),
    }),
  });
const SaveStateInput = builder.inputType('SaveStateInput', {
  description: 'A document edited by hand.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project.' }),
    content: t.string({
      required: true,
      description:
        'The whole document. Your part of it (focus, notes, pinned next actions) survives; the generated rest is rebuilt at the next change.',
    }),
    format: t.field({ type: StateFormatEnum, description: 'YAML if not given.' }),
    baseVersion: t.int({ required: true, description: 'The version you edited; a newer one means a conflict.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
builder.mutationField('saveState', (t) =>
  t.field({
    type: StatePayload('SaveStatePayload', 'The version is saved.'),
    nullable: true,
    description: 'Saves a version of the state document by hand.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: SaveStateInput, required: true, description: 'The document.' }) },
    resolve: async (_root, { input }, context) => ({
      stateVersion: await once(context, 'saveState', input, madeVersion(context), (core) =>
        saveState(core, actorOf(context), {
          projectId: input.projectId,
          content: input.content,
          format: input.format ?? 'yaml',
          baseVersion: input.baseVersion,
        }),
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

const RollBackStateInput = builder.inputType('RollBackStateInput', {
  description: 'Which version to go back to.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project.' }),
    version: t.int({ required: true, description: 'The version whose text is wanted again.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
builder.mutationField('rollBackState', (t) =>
  t.field({
    type: StatePayload('RollBackStatePayload', 'The old text is the newest version.'),
    nullable: true,
    description: 'Writes a new version with the text of an old one, and takes its human part over.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: RollBackStateInput, required: true, description: 'The version.' }) },
    resolve: async (_root, { input }, context) => ({
      stateVersion: await once(context, 'rollBackState', input, madeVersion(context), (core, fields) =>
        rollBackState(core, actorOf(context), fields),
      ),
    }),
  }),
);
