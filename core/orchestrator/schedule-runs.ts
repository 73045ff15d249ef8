import { ConflictError } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { scheduleTask } from '#core/runs/schedule-task.ts';
import { lockTask } from '#core/tasks/lock-task.ts';
import { ORCHESTRATOR } from './orchestrator-actor.ts';

const MAX_TASKS_A_CYCLE = 500;

/** Gives every queued task without a live run its next attempt, by priority, then age; not those that are held. */
export async function scheduleRuns(core: Core, projectId: string): Promise<{ scheduled: number; blocked: number }> {
  const waiting = await core.db.task.findMany({
    where: {
      projectId,
      status: 'queued',
      heldBy: null,
      runs: { none: { kind: 'task', status: { in: ['pending', 'started', 'streaming'] } } },
    },
    orderBy: [{ priority: 'asc' }, { id: 'asc' }],
    take: MAX_TASKS_A_CYCLE,
    select: { id: true },
  });
  const counts = { scheduled: 0, blocked: 0 };
  await eachAlone(core, 'to schedule a task', waiting, async ({ id }) => {
    const outcome = await inTransaction(core, async (tx) => {
      const { task } = await lockTask(tx, ORCHESTRATOR, id);
      return task.status === 'queued' && !task.heldBy ? scheduleTask(tx, ORCHESTRATOR, task) : null;
    }).catch((error: unknown) => {
      // Another change scheduled it in the meantime: that is what was wanted.
      if (error instanceof ConflictError) return null;
      throw error;
    });
    if (outcome) counts[outcome.status === 'blocked' ? 'blocked' : 'scheduled'] += 1;
  });
  return counts;
}
