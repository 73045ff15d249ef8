import { SYSTEM } from '#core/access/actor.ts';
import type { Actor } from '#core/access/actor.ts';
import type { Core } from '#core/platform/core.ts';
import { eachAlone } from '#core/platform/each-alone.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { stopRun } from '#core/runs/cancel-run.ts';
import { LIVE_SQL, LIVE_STATUSES } from '#core/runs/statuses.ts';
import { changeTaskStatus } from '#core/tasks/change-status.ts';
import { Prisma } from '#prisma/generated/client/client.ts';

/**
 * Stops every live run of a project that is archived, and cancels the tasks they worked for; a task in review keeps
 * its place and loses its merge. Tasks that only wait stay as they are, for the day the project is taken up again.
 * @throws ConflictError while a merge can not be stopped any more
 */
export async function stopRunsOfProject(tx: Tx, actor: Actor, projectId: string): Promise<void> {
  // In the order of their ids: two that do this at once never wait for each other in a circle.
  const rows = await tx.db.$queryRaw<{ id: string }[]>`
    select t.id from tasks t
     where t.project_id = ${projectId}::uuid
       and exists (select 1 from agent_runs r where r.task_id = t.id and r.status ${Prisma.raw(LIVE_SQL)})
     order by t.id for no key update`;
  for (const { id } of rows) {
    const task = await tx.db.task.findUniqueOrThrow({ where: { id } });
    const isWorked = task.status === 'queued' || task.status === 'in_progress';
    const next = isWorked
      ? await changeTaskStatus(tx, actor, task, { to: 'canceled', why: 'The project was archived.' })
      : task;
    const live = await tx.db.agentRun.findMany({ where: { taskId: id, status: { in: [...LIVE_STATUSES] } } });
    for (const run of live) await stopRun(tx, actor, run, next, run.kind === 'task' ? 'by_task_cancel' : 'by_user');
  }
}

/** Finds what was scheduled or claimed in the very moment a project was archived. */
export async function sweepArchivedProjects(core: Core): Promise<void> {
  const { rows } = await core.pool.query<{ id: string }>({
    name: 'archived_with_runs',
    text: `select distinct p.id from agent_runs r join projects p on p.id = r.project_id
            where r.status ${LIVE_SQL} and r.cancel_requested_at is null and p.status = 'archived'`,
  });
  await eachAlone(core, 'to stop the runs of an archived project', rows, ({ id }) =>
    inTransaction(core, (tx) => stopRunsOfProject(tx, SYSTEM('archive'), id)),
  );
}
