import type { ProjectMember } from '#prisma/generated/client/client.ts';
import { builder } from './builder.ts';
import { enumOf } from './enums.ts';
import { connectionOf } from './lists/connection.ts';
import type { NestedList } from './lists/nested-connection.ts';

export const ProjectRoleEnum = enumOf(
  'ProjectRole',
  'What somebody is in a project: who may look, who may also work, who may also decide about it.',
  ['viewer', 'maintainer', 'owner'],
);

export const MemberType = builder.prismaObject('ProjectMember', {
  description: 'Somebody who belongs to a project.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7, of the membership.' }),
    role: t.expose('role', { type: ProjectRoleEnum, description: 'What they are in it.' }),
    userId: t.exposeID('userId', { description: 'The account.' }),
    email: t.string({
      select: { user: { select: { email: true } } },
      description: 'The address they sign in with.',
      resolve: ({ user }) => user.email,
    }),
    isActive: t.boolean({
      select: { user: { select: { isActive: true } } },
      description: 'False: the account can not sign in.',
      resolve: ({ user }) => user.isActive,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'Since when.' }),
  }),
});
export const MemberConnection = connectionOf('ProjectMember', MemberType);
export const MEMBERS_OF_PROJECT: NestedList<ProjectMember> = {
  typeName: 'ProjectMember',
  rows: ({ db }) => db.projectMember,
  table: 'project_members',
  parent: { field: 'projectId', column: 'project_id' },
  key: { field: 'id', column: 'id', kind: 'id', direction: 'asc' },
};
