import type { Actor } from '#core/access/actor.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { isUniqueViolation } from '#core/errors/prisma-errors.ts';
import { runCreated, taskUpdated } from '#core/events/catalogue.ts';
import { wakeRunners } from '#core/jobs/jobs.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { newId } from '#core/platform/ids.ts';
import { announceWork } from '#core/runners/commands.ts';
import { changeTaskStatus } from '#core/tasks/change-status.ts';
import type { AgentRun, Prisma, RunKind, Task } from '#prisma/generated/client/client.ts';
import { agentBlockReason } from './agent-block-reason.ts';
import { branchToContinue } from './branch-to-continue.ts';
import { isLive } from './statuses.ts';
import { WAITS_FOR_RETRY, findWaitingReason } from './waiting-reason.ts';

/**
 * Makes the next attempt of a queued task pending. The task stays queued until a runner claims it, and says
 * why it waits. A missing or disabled agent blocks it, with the reason; a held task stays as it is.
 * @param delayMs backoff before the attempt may be claimed
 */
export async function scheduleTask(
  tx: Tx,
  actor: Actor,
  task: Task,
  { delayMs = 0 }: { delayMs?: number } = {},
): Promise<Task> {
  // Whoever stopped it has not started it again.
  if (task.heldBy) return task;
  const agent = task.agentId ? await tx.db.agent.findUnique({ where: { id: task.agentId } }) : null;
  if (!agent?.isEnabled) {
    const name = agent?.name ?? task.agentName;
    const known =
      agent ??
      (name ? await tx.db.agent.findUnique({ where: { projectId_name: { projectId: task.projectId, name } } }) : null);
    return changeTaskStatus(tx, actor, task, { to: 'blocked', why: agentBlockReason(name, known !== null) });
  }
  const run = await createRun(tx, task, 'task', agent.id, {
    delayMs,
    fields: { startFromBranch: await branchToContinue(tx, task.id) },
  });
  if (run.waitingReason === task.waitingReason) return task;
  await tx.db.task.update({ where: { id: task.id }, data: { waitingReason: run.waitingReason } });
  tx.emit(taskUpdated, { projectId: task.projectId, entityId: task.id, patch: { waitingReason: run.waitingReason } });
  return { ...task, waitingReason: run.waitingReason };
}

/**
 * Adds a pending run and tells the runners of it.
 * @throws ConflictError when the task has a live run of this kind already
 */
export async function createRun(
  tx: Tx,
  task: Task,
  kind: RunKind,
  agentId: string,
  options: { delayMs?: number; fields?: Partial<Prisma.AgentRunUncheckedCreateInput> } = {},
): Promise<AgentRun> {
  const { delayMs = 0, fields = {} } = options;
  // The next attempt is made when the one before it has ended, so a live one is the last.
  const last = await tx.db.agentRun.findFirst({
    where: { taskId: task.id, kind },
    orderBy: { attempt: 'desc' },
    select: { id: true, attempt: true, status: true },
  });
  if (last && isLive(last)) throw new ConflictError(`This task already has a live ${kind} run.`, last.id);
  const attempt = (last?.attempt ?? 0) + 1;
  const waitingReason = delayMs > 0 ? WAITS_FOR_RETRY : await findWaitingReason(tx.db, task.projectId, agentId);
  const run = await tx.db.agentRun
    .create({
      data: {
        id: newId(),
        projectId: task.projectId,
        agentId,
        taskId: task.id,
        kind,
        attempt,
        status: 'pending',
        waitingReason,
        notBefore: delayMs > 0 ? new Date((await databaseNow(tx.db)).getTime() + delayMs) : null,
        ...fields,
      },
    })
    .catch((error: unknown) => {
      throw isUniqueViolation(error) ? new ConflictError(`This task already has a live ${kind} run.`) : error;
    });
  tx.emit(runCreated, {
    projectId: run.projectId,
    entityId: run.id,
    patch: {
      agentId,
      taskId: task.id,
      kind,
      attempt,
      status: 'pending',
      waitingReason,
      createdAt: run.createdAt.toISOString(),
    },
  });
  if (delayMs > 0) tx.enqueue(wakeRunners, { projectId: task.projectId }, { delayMs });
  else announceWork(tx, task.projectId);
  return run;
}
