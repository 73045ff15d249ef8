import { ForbiddenError, NotFoundError } from '#core/errors/errors.ts';
import { isUuid } from '#core/platform/ids.ts';
import type { Queryable } from '#core/platform/db.ts';
import type { Prisma, Project, ProjectRole } from '#prisma/generated/client/client.ts';
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
  'member:write': 'owner',
  'deletion:read': 'owner',
} as const;
export type Permission = keyof typeof ROLE_FOR;
export const PERMISSIONS = Object.keys(ROLE_FOR) as [Permission, ...Permission[]];
const ALLOWED_IN_ARCHIVED: readonly Permission[] = [
  'project:read',
  'project:write',
  'project:delete',
  'member:write',
  'deletion:read',
  'run:stop',
];
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
  const role = await roleIn(db, actor, projectId);
  if (role === null) throw new NotFoundError('project', projectId);
  const refusal = refusalOf(actor, role, project.status, permission);
  if (refusal !== null) throw new ForbiddenError(refusal);
  return project;
}

/** A person's role in a project he may see. Null: none. Who is no member but may do everything acts as an owner. */
async function roleIn(db: Queryable, actor: Actor, projectId: string): Promise<ProjectRole | null> {
  if (actor.kind !== 'user' || actor.isAdmin) return 'owner';
  const member = await db.projectMember.findUnique({
    where: { projectId_userId: { projectId, userId: actor.userId } },
  });
  return member?.role ?? null;
}

/** Why this may not be done in a project by somebody of this role, in words for him; null: it may. */
function refusalOf(actor: Actor, role: ProjectRole, status: Project['status'], permission: Permission): string | null {
  if (RANK[role] < RANK[ROLE_FOR[permission]]) return `This takes the role ${ROLE_FOR[permission]}; yours is ${role}.`;
  if (actor.kind === 'runner' && permission !== 'project:read') return 'A runner may only do the work it has claimed.';
  if (status === 'archived' && !ALLOWED_IN_ARCHIVED.includes(permission))
    return 'This project is archived: it can be read, but not changed.';
  return null;
}

/** What an actor may do in a project, and why not the rest: what the commands themselves ask. @param role his, as it is stored */
export function rightsIn(
  actor: Actor,
  project: Pick<Project, 'status'>,
  role: ProjectRole | null,
): { permission: Permission; refusal: string | null }[] {
  const acting = actor.kind === 'user' && !actor.isAdmin ? (role ?? 'viewer') : 'owner';
  return PERMISSIONS.map((permission) => ({
    permission,
    refusal: refusalOf(actor, acting, project.status, permission),
  }));
}

/** @throws ForbiddenError unless the person administers the system */
export function requireAdmin(actor: Actor): void {
  if (actor.kind === 'system') return;
  if (actor.kind !== 'user' || !actor.isAdmin) throw new ForbiddenError('Only an administrator may do this.');
}
