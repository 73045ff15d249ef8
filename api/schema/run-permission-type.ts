import { PERMISSION_DECISIONS, PERMISSION_STATUSES } from '#contract/run-input.ts';
import type { ToolKind } from '#contract/activity.ts';
import type { RunPermission } from '#prisma/generated/client/client.ts';
import { builder, REVISION } from './builder.ts';
import { enumOf } from './enums.ts';
import { connectionOf } from './lists/connection.ts';
import type { NestedList } from './lists/nested-connection.ts';
import { ToolKindEnum } from './run-activity.ts';

const PermissionStatusEnum = enumOf(
  'RunPermissionStatus',
  'Where a question of an agent stands. EXPIRED: nobody answered in time. CANCELED: its agent waits no more, or its run has ended.',
  PERMISSION_STATUSES,
);
export const PermissionDecisionEnum = enumOf(
  'PermissionDecision',
  'What an agent is told. ALLOW_ONCE: it may do it this one time.',
  PERMISSION_DECISIONS,
);

export const RunPermissionType = builder.prismaObject('RunPermission', {
  name: 'RunPermission',
  description: 'What an agent asks before it does it.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    revision: t.exposeInt('revision', { description: REVISION }),
    title: t.exposeString('title', { description: 'What it wants to do, in a line.' }),
    toolKind: t.field({
      type: ToolKindEnum,
      description: 'What the tool is for.',
      select: { toolKind: true },
      // Only these are taken (ask-permission.ts).
      resolve: ({ toolKind }) => toolKind as ToolKind,
    }),
    target: t.exposeString('target', {
      nullable: true,
      description: 'The command, file or address it is about; null: it does not say.',
    }),
    detail: t.exposeString('detail', {
      nullable: true,
      description: 'The whole command, or the change as a diff, masked; null: there is no more to tell.',
    }),
    status: t.expose('status', { type: PermissionStatusEnum, description: 'Where it stands.' }),
    whenUnanswered: t.expose('whenUnanswered', {
      type: PermissionDecisionEnum,
      description: 'What its agent is told when nobody answers in time.',
    }),
    answeredBy: t.exposeString('answeredBy', {
      nullable: true,
      description: 'Who allowed or denied it, by name; null: nobody.',
    }),
    askedAt: t.expose('askedAt', { type: 'DateTime', description: 'When it was asked.' }),
    answeredAt: t.expose('answeredAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was no longer open; null: it is.',
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'Until when it can be answered.' }),
  }),
});
export const RunPermissionConnection = connectionOf('RunPermission', RunPermissionType);
export const PERMISSIONS_OF_RUN: NestedList<RunPermission> = {
  typeName: 'RunPermission',
  rows: ({ db }) => db.runPermission,
  table: 'run_permissions',
  parent: { field: 'runId', column: 'run_id' },
  key: { field: 'id', column: 'id', kind: 'id', direction: 'asc' },
};
