import type { GraphQLResolveInfo } from 'graphql';
import type { ApiContext } from '#api/context.ts';
import { countNestedRead } from '#api/nested-reads.ts';
import { PERMISSIONS, rightsIn } from '#core/access/permissions.ts';
import type { Permission } from '#core/access/permissions.ts';
import { isOwnAndUntouched } from '#core/tasks/delete-task.ts';
import type { Project, Task } from '#prisma/generated/client/client.ts';
import { actorOf, builder } from './builder.ts';
import { loadInBatch } from './lists/batch.ts';

const ProjectPermissionEnum = builder.enumType('ProjectPermission', {
  description: 'What can be done in a project by those whose role allows it.',
  values: Object.fromEntries(PERMISSIONS.map((value) => [value.replace(':', '_').toUpperCase(), { value }])) as Record<
    Uppercase<Permission>,
    { value: Permission }
  >,
});

export const ProjectRightType = builder
  .objectRef<{ permission: Permission; refusal: string | null }>('ProjectRight')
  .implement({
    description: 'Whether who asks may do something in a project.',
    fields: (t) => ({
      permission: t.expose('permission', { type: ProjectPermissionEnum, description: 'What is asked.' }),
      refusal: t.exposeString('refusal', {
        nullable: true,
        description: 'Why it would be refused, in words to show; null: it is allowed.',
      }),
    }),
  });

/** What who asks may do in a project he sees; the roles of all projects of an operation are read together. */
export async function loadRights(context: ApiContext, project: Pick<Project, 'id' | 'status'>) {
  const actor = actorOf(context);
  const role =
    actor.kind !== 'user' || actor.isAdmin
      ? null
      : await loadInBatch(context, 'roles in projects', project.id, async (projectIds) => {
          const members = await context.core.db.projectMember.findMany({
            where: { userId: actor.userId, projectId: { in: projectIds } },
          });
          const roles = new Map(members.map((member) => [member.projectId, member.role]));
          return projectIds.map((id) => roles.get(id) ?? null);
        });
  return rightsIn(actor, project, role);
}

/** Why somebody may not delete a task; null: he may. */
export async function findDeleteRefusal(
  task: Pick<Task, 'id' | 'createdByUserId'> & { project: Pick<Project, 'id' | 'status'> },
  context: ApiContext,
  info: GraphQLResolveInfo,
): Promise<string | null> {
  const rights = new Map((await loadRights(context, task.project)).map((right) => [right.permission, right.refusal]));
  const refusal = rights.get('task:delete') ?? null;
  if (refusal === null || rights.get('task:write') !== null) return refusal;
  countNestedRead(context, info);
  return (await isOwnAndUntouched(context.core.db, actorOf(context), task)) ? null : refusal;
}
