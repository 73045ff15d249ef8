import { ForbiddenError, NotFoundError } from '#core/errors/errors.ts';
import { isUuid } from '#core/platform/ids.ts';
import type { Queryable } from '#core/platform/db.ts';
import type { Prisma, Project } from '#prisma/generated/client/client.ts';
import type { Actor } from './actor.ts';

/** What may be done in a project, and the least role it takes. */
const ROLE_FOR = {
  'project:read': 'viewer',
  'conversation:write': 'maintainer',
  'task:write': 'maintainer',
  /** What is still live can be stopped in an archived project too. */
  'run:stop': 'maintainer',
  'state:write': 'maintainer',
  'agent:write': 'owner',
  'task:delete': 'owner',
  'project:write': 'owner',
  'project:delete': 'owner',
} as const;
export type Permission = keyof typeof ROLE_FOR;
const ALLOWED_IN_ARCHIVED: readonly Permission[] = ['project:read', 'project:write', 'project:delete', 'run:stop'];
const RANK = { viewer: 0, maintainer: 1, owner: 2 } as const;

/** The projects an actor may see; every list and every lookup starts from it. What is being deleted nobody sees. */
export function projectScope(actor: Actor): Prisma.ProjectWhereInput {
  const there = { deletingAt: null };
  if (actor.kind === 'system') return there;
  if (actor.kind === 'runner') return actor.allProjects ? there : { ...there, id: { in: actor.projectIds } };
  return actor.isAdmin ? there : { ...there, members: { some: { userId: actor.userId } } };
}

/**
 * The project, if the actor may do this in it.
 * @throws NotFoundError when it is missing or not the actor's, ForbiddenError when the role is too low
 */
export async function requireProject(
  db: Queryable,
  actor: Actor,
  projectId: string,
  permission: Permission,
): Promise<Project> {
  const project = isUuid(projectId)
    ? await db.project.findFirst({ where: { AND: [{ id: projectId }, projectScope(actor)] } })
    : null;
  if (!project) throw new NotFoundError('project', projectId);
  if (actor.kind === 'user' && !actor.isAdmin) {
    const member = await db.projectMember.findUnique({
      where: { projectId_userId: { projectId, userId: actor.userId } },
    });
    if (!member) throw new NotFoundError('project', projectId);
    if (RANK[member.role] < RANK[ROLE_FOR[permission]])
      throw new ForbiddenError(`This takes the role ${ROLE_FOR[permission]}; yours is ${member.role}.`);
  }
  if (actor.kind === 'runner' && permission !== 'project:read')
    throw new ForbiddenError('A runner may only do the work it has claimed.');
  if (project.status === 'archived' && !ALLOWED_IN_ARCHIVED.includes(permission)) {
    throw new ForbiddenError('This project is archived: it can be read, but not changed.');
  }
  return project;
}

/** @throws ForbiddenError unless the person administers the system */
export function requireAdmin(actor: Actor): void {
  if (actor.kind === 'system') return;
  if (actor.kind !== 'user' || !actor.isAdmin) throw new ForbiddenError('Only an administrator may do this.');
}
