import { builder } from './builder.ts';
import { enumOf } from './enums.ts';
import { parseId } from './arguments.ts';
import { connectionOf, readConnection } from './lists/connection.ts';
import { CREATED_AT, orderByOf } from './lists/order-by.ts';

const AccessChangeKindEnum = enumOf(
  'AccessChangeKind',
  'Which right was changed: the role in a project, whether somebody administers the system, whether they can sign in.',
  ['project_role', 'is_admin', 'is_active'],
);
const AccessChangeType = builder.prismaObject('AccessChange', {
  description: 'Who gave or took which right to whom. It stays, also when the project goes.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    kind: t.expose('kind', { type: AccessChangeKindEnum, description: 'Which right.' }),
    userId: t.exposeID('userId', { description: 'Whose.' }),
    email: t.exposeString('email', { description: 'Whose, by address.' }),
    projectId: t.exposeID('projectId', { nullable: true, description: 'Where; null: in the whole system.' }),
    before: t.exposeString('before', { nullable: true, description: 'As it was; null: there was none.' }),
    after: t.exposeString('after', { nullable: true, description: 'As it is since; null: there is none.' }),
    changedBy: t.exposeString('changedBy', { description: 'Who changed it, by name.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When.' }),
  }),
});
const AccessChangeConnection = connectionOf('AccessChange', AccessChangeType);
const accessChangeOrder = orderByOf('AccessChange', { CREATED_AT }, { field: 'CREATED_AT', direction: 'desc' });

builder.queryField('accessChanges', (t) =>
  t.connection(
    {
      type: AccessChangeType,
      nullable: true,
      description: 'Every change of what people may do (administrators only).',
      authScopes: { admin: true },
      args: {
        userId: t.arg.id({ description: 'Of this account only.' }),
        projectId: t.arg.id({ description: 'In this project only, which may be gone itself.' }),
        orderBy: t.arg(accessChangeOrder.arg),
      },
      resolve: (_root, { userId, projectId, orderBy, ...page }, context, info) =>
        readConnection(context, info, page, {
          typeName: 'AccessChange',
          rows: context.core.db.accessChange,
          order: accessChangeOrder.keys(orderBy),
          where: {
            ...(userId ? { userId: parseId(userId, 'userId') } : {}),
            ...(projectId ? { projectId: parseId(projectId, 'projectId') } : {}),
          },
        }),
    },
    AccessChangeConnection,
  ),
);
