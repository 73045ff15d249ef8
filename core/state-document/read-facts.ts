import type { Queryable } from '#core/platform/db.ts';
import { readHumanPart } from './human-part-store.ts';
import type { StateFacts, StateTask } from './render.ts';

const MAX_TASKS = 1_000;

/** Reads where a project stands. Bounded: of more open tasks than this, the most urgent are shown. */
export async function readStateFacts(db: Queryable, projectId: string): Promise<StateFacts> {
  const project = await db.project.findUniqueOrThrow({ where: { id: projectId } });
  const tasks = await db.task.findMany({
    where: { projectId, status: { notIn: ['done', 'canceled'] } },
    orderBy: [{ priority: 'asc' }, { id: 'asc' }],
    take: MAX_TASKS,
    select: {
      id: true,
      title: true,
      status: true,
      priority: true,
      agentName: true,
      blockedReason: true,
      heldBy: true,
      createdAt: true,
      updatedAt: true,
      resultRun: { select: { headCommit: true } },
    },
  });
  const newest = await db.task.aggregate({ where: { projectId }, _max: { updatedAt: true } });
  const run = await db.agentRun.findFirst({
    where: { projectId, finishedAt: { not: null }, OR: [{ status: 'completed' }, { landingIsMerged: true }] },
    orderBy: { finishedAt: 'desc' },
  });
  return {
    project: { name: project.name, status: project.status },
    human: await readHumanPart(db, projectId),
    tasks: tasks.map(
      ({ resultRun, ...task }) =>
        ({ ...task, isReport: task.status === 'needs_review' && !resultRun?.headCommit }) as StateTask,
    ),
    lastCompletedRun: run?.finishedAt
      ? { id: run.id, summary: run.summary ?? run.message, finishedAt: run.finishedAt }
      : null,
    lastChangedAt: newest._max.updatedAt,
  };
}
