import { runUpdated, taskUpdated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { AgentRun } from '#prisma/generated/client/client.ts';
import { WAITS_FOR_RETRY, findWaitingReason } from './waiting-reason.ts';

type PendingRun = Pick<AgentRun, 'id' | 'agentId' | 'taskId' | 'kind' | 'notBefore' | 'waitingReason'>;

// The status as a literal: as a parameter it would not be proven to fit the index of waiting runs, and all be read.
const PENDING = `
  select id, agent_id as "agentId", task_id as "taskId", kind::text as kind, not_before as "notBefore", waiting_reason as "waitingReason"
    from agent_runs where project_id = $1::uuid and status = 'pending' order by created_at limit 200`;

/** Brings up to date why the pending runs of a project wait: after a runner came or went, a run ended, a project was paused. */
export async function refreshWaitingReasons(core: Core, projectId: string): Promise<void> {
  const { rows: pending } = await core.pool.query<PendingRun>({
    name: 'waiting_runs',
    text: PENDING,
    values: [projectId],
  });
  if (pending.length === 0) return;
  const now = await databaseNow(core.db);
  const reasons = new Map<string, string | null>();
  for (const run of pending) {
    if (!reasons.has(run.agentId)) reasons.set(run.agentId, await findWaitingReason(core.db, projectId, run.agentId));
    const waitingReason = run.notBefore && run.notBefore > now ? WAITS_FOR_RETRY : (reasons.get(run.agentId) ?? null);
    if (waitingReason === run.waitingReason) continue;
    await inTransaction(core, async (tx) => {
      if (run.taskId) await tx.db.$queryRaw`select 1 from tasks where id = ${run.taskId}::uuid for no key update`;
      const changed = await tx.db.agentRun.updateMany({
        where: { id: run.id, status: 'pending' },
        data: { waitingReason },
      });
      if (changed.count === 0) return;
      tx.emit(runUpdated, { projectId, entityId: run.id, patch: { waitingReason } });
      if (!run.taskId || run.kind !== 'task') return;
      await tx.db.task.updateMany({ where: { id: run.taskId, status: 'queued' }, data: { waitingReason } });
      tx.emit(taskUpdated, { projectId, entityId: run.taskId, patch: { waitingReason } });
    });
  }
}

const refreshing = new WeakMap<Core, Map<string, 'once' | 'again'>>();

/**
 * The same, for the hot paths: one walk at a time for each project, and one more if it was asked for meanwhile.
 * Not waited for by whoever started or ended a run.
 */
export async function refreshWaitingReasonsSoon(core: Core, projectId: string): Promise<void> {
  const running = refreshing.get(core) ?? new Map<string, 'once' | 'again'>();
  refreshing.set(core, running);
  if (running.has(projectId)) {
    running.set(projectId, 'again');
    return;
  }
  try {
    do {
      running.set(projectId, 'once');
      await refreshWaitingReasons(core, projectId);
    } while (running.get(projectId) === 'again');
  } finally {
    running.delete(projectId);
  }
}
