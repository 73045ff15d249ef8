import { orchestratorCycle } from '#core/jobs/jobs.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { newId } from '#core/platform/ids.ts';
import type { CycleMode } from '#prisma/generated/client/client.ts';

/** What asks for cycles. */
export type CycleCause = 'user' | 'message' | 'task_created' | 'task_changed' | 'run_finished' | 'project_changed';

/**
 * Asks for a cycle of a project. The row is the job: while one waits, further requests join it (a full one
 * wins over an incremental one); one that already works is followed by another.
 * @returns id of the cycle that will see everything committed up to now
 */
export async function requestCycle(tx: Tx, projectId: string, mode: CycleMode, cause: CycleCause): Promise<string> {
  const rows = await tx.db.$queryRaw<{ id: string }[]>`
    insert into orchestrator_cycles (id, project_id, mode, cause) values (${newId()}::uuid, ${projectId}::uuid, ${mode}::cycle_mode, ${cause})
    on conflict (project_id) where status = 'pending'
    do update set mode = case when excluded.mode = 'full' then excluded.mode else orchestrator_cycles.mode end
    returning id`;
  tx.enqueue(orchestratorCycle, { projectId });
  const row = rows[0];
  if (!row) throw new Error(`Expected a pending cycle for project ${projectId}, found none`);
  return row.id;
}
