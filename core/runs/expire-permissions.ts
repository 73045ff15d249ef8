import { nameOf, SYSTEM } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import { appendTaskEvent } from '#core/tasks/append-task-event.ts';
import { addRunInput } from './run-inputs.ts';
import { endPermission } from './run-permissions.ts';
import { lockRun } from './run-rows.ts';

interface Due {
  id: string;
  run_id: string;
  task_id: string | null;
}

/**
 * Answers the questions that nobody has answered in time, as their agents are configured. By the database's clock.
 * @returns how many were answered so
 */
export async function expirePermissions(core: Core): Promise<number> {
  const { rows } = await core.pool.query<Due>({
    name: 'expired_permissions',
    text: `select p.id, p.run_id, r.task_id from run_permissions p join agent_runs r on r.id = p.run_id
            where p.status = 'pending' and p.expires_at <= statement_timestamp() order by p.expires_at limit 100`,
  });
  let expired = 0;
  await eachAlone(core, 'to answer a question whose time is over', rows, async (due) => {
    expired += (await expire(core, due)) ? 1 : 0;
  });
  return expired;
}

async function expire(core: Core, { id, run_id: runId, task_id: taskId }: Due): Promise<boolean> {
  const actor = SYSTEM('question sweep');
  return inTransaction(core, async (tx) => {
    if (taskId) await tx.db.$queryRaw`select 1 from tasks where id = ${taskId}::uuid for no key update`;
    const run = await lockRun(tx.db, runId);
    // Looked at again under the lock: somebody may just have answered, or the run has ended.
    const open = await tx.db.runPermission.findUnique({ where: { id, status: 'pending' } });
    if (!open) return false;
    const { title, target, status } = await endPermission(tx, run, id, { status: 'expired', answeredBy: null });
    await addRunInput(tx, run, nameOf(actor), { kind: 'permission_answer', permissionId: id });
    if (taskId)
      await appendTaskEvent(tx, actor, { id: taskId, projectId: run.projectId }, 'log', {
        runId,
        permission: { title, target, status, whenUnanswered: open.whenUnanswered },
      });
    return true;
  });
}
