import { countNestedRead } from '#api/nested-reads.ts';
import { MAX_DIFF_BYTES } from '#contract/limits.ts';
import { projectScope, requireProject } from '#core/access/permissions.ts';
import { readFileRange } from '#core/storage/disk-storage.ts';
import { uploadArtifact } from '#core/artifacts/upload-artifact.ts';
import { PayloadTooLargeError } from '#core/errors/errors.ts';
import { isUuid } from '#core/platform/ids.ts';
import type { Artifact } from '#prisma/generated/client/client.ts';
import { parseId, taskIdIn } from './arguments.ts';
import { actorOf, builder, runnerOf } from './builder.ts';
import { ArtifactKindEnum } from './enums.ts';
import { RUNNER_ERRORS } from './errors.ts';
import { connectionOf, readConnection } from './lists/connection.ts';
import type { NestedList } from './lists/nested-connection.ts';
import { CREATED_AT, orderByOf } from './lists/order-by.ts';

const MAX_INLINE_BYTES = 2 * 1024 * 1024;

export const ArtifactType = builder.prismaObject('Artifact', {
  description: 'A file that a run has made.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    kind: t.expose('kind', { type: ArtifactKindEnum, description: 'What it is.' }),
    name: t.exposeString('name', { description: 'Its display name.' }),
    mimeType: t.exposeString('mimeType', { description: 'Its type.' }),
    size: t.int({
      description: 'Its size in bytes.',
      select: { size: true },
      resolve: (artifact) => Number(artifact.size),
    }),
    sha256: t.exposeString('sha256', { description: 'SHA-256 of its bytes, in hex.' }),
    metadata: t.expose('metadata', {
      type: 'JSON',
      description: 'By kind; a diff has filesChanged, additions, deletions.',
    }),
    url: t.string({
      description: 'Where it can be downloaded, on this origin, by whoever may see the project.',
      select: { id: true },
      resolve: (artifact) => `/files/artifacts/${artifact.id}`,
    }),
    text: t.string({
      nullable: true,
      description: `The text of a diff, patch or report of up to ${MAX_INLINE_BYTES} bytes; null for everything else, which is downloaded, and for what retention has removed.`,
      select: { kind: true, size: true, storagePath: true, removedAt: true },
      resolve: async (artifact, _args, context, info) => {
        countNestedRead(context, info);
        if (
          artifact.removedAt !== null ||
          artifact.kind === 'screenshot' ||
          artifact.kind === 'test_results' ||
          Number(artifact.size) > MAX_INLINE_BYTES
        )
          return null;
        const chunks: Buffer[] = [];
        for await (const chunk of readFileRange(context.core.dataDirectory, artifact.storagePath))
          chunks.push(chunk as Buffer);
        return Buffer.concat(chunks).toString();
      },
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was stored.' }),
    removedAt: t.expose('removedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When retention removed its content; null: it is there.',
    }),
    project: t.relation('project', { description: 'The project it belongs to.' }),
    task: t.relation('task', { nullable: true, description: 'The task it was made for; null: none.' }),
    run: t.relation('run', { nullable: true, description: 'The run that made it; null: none.' }),
  }),
});
export const ArtifactConnection = connectionOf('Artifact', ArtifactType);
const artifactsOf = (field: 'taskId' | 'runId', column: string): NestedList<Artifact> => ({
  typeName: 'Artifact',
  rows: ({ db }) => db.artifact,
  table: 'artifacts',
  parent: { field, column },
  key: { field: 'id', column: 'id', kind: 'id', direction: 'desc' },
});
export const ARTIFACTS_OF_TASK = artifactsOf('taskId', 'task_id');
export const ARTIFACTS_OF_RUN = artifactsOf('runId', 'run_id');

builder.queryField('artifact', (t) =>
  t.prismaField({
    type: ArtifactType,
    nullable: true,
    description: 'One file; null when it is missing or not yours.',
    authScopes: { signedIn: true },
    args: { id: t.arg.id({ required: true, description: "The file's id." }) },
    resolve: async (query, _root, { id }, context) =>
      isUuid(id)
        ? context.core.db.artifact.findFirst({ ...query, where: { id, project: projectScope(actorOf(context)) } })
        : null,
  }),
);
const ArtifactFilterInput = builder.inputType('ArtifactFilter', {
  description: 'All that is given must hold.',
  fields: (t) => ({
    kinds: t.field({ type: [ArtifactKindEnum], description: 'One of these.' }),
    taskId: t.id({ description: 'Made for this task, by its id or its short id.' }),
    runId: t.id({ description: 'Made by this run.' }),
  }),
});
const artifactOrder = orderByOf('Artifact', { CREATED_AT }, { field: 'CREATED_AT', direction: 'desc' });
builder.queryField('artifacts', (t) =>
  t.connection(
    {
      type: ArtifactType,
      nullable: true,
      description: 'The files that the runs of a project have made.',
      authScopes: { signedIn: true },
      args: {
        projectId: t.arg.id({ required: true, description: 'The project.' }),
        filter: t.arg({ type: ArtifactFilterInput, description: 'Which of them.' }),
        orderBy: t.arg(artifactOrder.arg),
      },
      resolve: async (_root, { projectId, filter, orderBy, ...page }, context, info) => {
        await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
        return readConnection(context, info, page, {
          typeName: 'Artifact',
          rows: context.core.db.artifact,
          order: artifactOrder.keys(orderBy),
          where: {
            projectId,
            ...(filter?.kinds ? { kind: { in: filter.kinds } } : {}),
            ...(filter?.taskId ? { taskId: await taskIdIn(context, [filter.taskId], ['taskId']) } : {}),
            ...(filter?.runId ? { runId: parseId(filter.runId, 'runId') } : {}),
          },
        });
      },
    },
    ArtifactConnection,
  ),
);

const UploadArtifactInput = builder.inputType('UploadArtifactInput', {
  description: 'A file of a run that works.',
  fields: (t) => ({
    runId: t.id({ required: true, description: 'The run.' }),
    leaseToken: t.string({ required: true, description: 'The lease of this attempt.' }),
    kind: t.field({ type: ArtifactKindEnum, required: true, description: 'What it is.' }),
    name: t.string({ required: true, description: 'Its display name.' }),
    metadata: t.field({ type: 'JSON', description: 'A flat object with more about it.' }),
    file: t.field({ type: 'File', required: true, description: `The file, at most ${MAX_DIFF_BYTES} bytes.` }),
  }),
});
const UploadArtifactPayload = builder.objectRef<{ artifact: Artifact }>('UploadArtifactPayload').implement({
  description: 'The file is stored.',
  fields: (t) => ({
    artifact: t.field({ type: ArtifactType, description: 'The file.', resolve: (payload) => payload.artifact }),
  }),
});
builder.mutationField('uploadArtifact', (t) =>
  t.field({
    type: UploadArtifactPayload,
    nullable: true,
    description:
      'For runners: stores a file of a run. Sending the same kind and name again answers with what is stored.',
    authScopes: { runner: true },
    errors: { types: [...RUNNER_ERRORS] },
    args: { input: t.arg({ type: UploadArtifactInput, required: true, description: 'The file.' }) },
    resolve: async (_root, { input }, context) => {
      const { file, metadata, ...fields } = input;
      if (file.size > MAX_DIFF_BYTES)
        throw new PayloadTooLargeError(`The file is larger than ${MAX_DIFF_BYTES} bytes.`, MAX_DIFF_BYTES);
      const content = file.stream() as unknown as AsyncIterable<Uint8Array>;
      return {
        artifact: await uploadArtifact(
          context.core,
          runnerOf(context),
          { ...fields, metadata: (metadata ?? {}) as Record<string, never> },
          content,
        ),
      };
    },
  }),
);
