import type { TaskType } from '#contract/enums.ts';
import type { Actor } from '#core/access/actor.ts';
import { projectScope } from '#core/access/permissions.ts';
import type { Prisma } from '#prisma/generated/client/client.ts';
import type { TaskStatus } from './transitions.ts';

export interface TaskFilter {
  statuses?: TaskStatus[] | null | undefined;
  types?: TaskType[] | null | undefined;
  priorities?: number[] | null | undefined;
  agentIds?: string[] | null | undefined;
  text?: string | null | undefined;
}

/** What an actor may see of tasks. */
export function taskScope(actor: Actor): Prisma.TaskWhereInput {
  return { project: projectScope(actor) };
}

/** A filter as a condition: only known columns, never a caller's JSON. */
export function taskFilter(projectId: string, filter: TaskFilter): Prisma.TaskWhereInput {
  const text = filter.text?.trim();
  return {
    projectId,
    ...(filter.statuses ? { status: { in: filter.statuses } } : {}),
    ...(filter.types ? { type: { in: filter.types } } : {}),
    ...(filter.priorities ? { priority: { in: filter.priorities } } : {}),
    ...(filter.agentIds ? { agentId: { in: filter.agentIds } } : {}),
    ...(text ? { OR: [{ title: { contains: text, mode: 'insensitive' } }, { description: { contains: text, mode: 'insensitive' } }] } : {}),
  };
}
