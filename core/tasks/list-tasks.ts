import { z } from 'zod';
import { TASK_TYPES } from '#contract/enums.ts';
import { id, priority } from '#contract/fields.ts';
import { parseShortId } from '#contract/short-ids.ts';
import type { Actor } from '#core/access/actor.ts';
import { projectScope } from '#core/access/permissions.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Queryable } from '#core/platform/db.ts';
import type { Prisma } from '#prisma/generated/client/client.ts';
import { TASK_STATUSES } from './transitions.ts';
import type { TaskStatus } from './transitions.ts';

const TaskFilter = z.object({
  statuses: z.array(z.enum(TASK_STATUSES as [TaskStatus, ...TaskStatus[]])).nullish(),
  types: z.array(z.enum(TASK_TYPES)).nullish(),
  priorities: z.array(priority).nullish(),
  agentIds: z.array(id).max(200).nullish(),
  text: z.string().trim().max(200).nullish(),
  updatedSince: z.date().nullish(),
});
export type TaskFilter = z.input<typeof TaskFilter>;

/** What an actor may see of tasks. */
export function taskScope(actor: Actor): Prisma.TaskWhereInput {
  return { project: projectScope(actor) };
}

/** A filter as a condition: only known columns, never a caller's JSON. @throws InvalidInputError */
export async function taskFilter(db: Queryable, projectId: string, filter: TaskFilter): Promise<Prisma.TaskWhereInput> {
  const { statuses, types, priorities, agentIds, text, updatedSince } = parseInput(TaskFilter, filter, ['filter']);
  return {
    projectId,
    ...(statuses ? { status: { in: statuses } } : {}),
    ...(types ? { type: { in: types } } : {}),
    ...(priorities ? { priority: { in: priorities } } : {}),
    ...(agentIds ? { agentId: { in: agentIds } } : {}),
    ...(updatedSince ? { updatedAt: { gte: updatedSince } } : {}),
    ...(text
      ? {
          OR: [
            { title: { contains: text, mode: 'insensitive' } },
            { description: { contains: text, mode: 'insensitive' } },
            ...(await calledBy(db, projectId, text)),
          ],
        }
      : {}),
  };
}

/**
 * SHOP-12, or its number alone, as people type it: 12, #12. The key is looked up before: a condition about another table
 * would have every task read.
 */
async function calledBy(db: Queryable, projectId: string, text: string): Promise<Prisma.TaskWhereInput[]> {
  const shortId = parseShortId(text);
  if (shortId) {
    const isOurs = (await db.projectKey.count({ where: { projectId, key: shortId.key } })) > 0;
    return isOurs ? [{ number: shortId.number }] : [];
  }
  const [, number] = /^#?([1-9][0-9]{0,8})$/.exec(text) ?? [];
  return number === undefined ? [] : [{ number: Number(number) }];
}
