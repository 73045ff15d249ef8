import type { RunReason } from '#contract/enums.ts';
import type { Actor } from '#core/access/actor.ts';
import { nameOf } from '#core/access/actor.ts';
import { ConflictError, NotFoundError } from '#core/errors/errors.ts';
import type { Core } from '#core/platform/core.ts';
import { databaseNow } from '#core/platform/database-now.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { isUuid } from '#core/platform/ids.ts';
import { appendTaskEvent } from '#core/tasks/append-task-event.ts';
import { changeTaskStatus } from '#core/tasks/change-status.ts';
import { holdTask } from '#core/tasks/hold-task.ts';
import { lockTask } from '#core/tasks/lock-task.ts';
import type { AgentRun, Task } from '#prisma/generated/client/client.ts';
import { askToStop, tellOfStop } from './ask-to-stop.ts';
import { finishRun } from './finish-run.ts';
import { assertNotLanding } from './landing.ts';
import { isLive, LIVE_STATUSES } from './statuses.ts';

/** What becomes of the task of a run that is stopped: queued again but held, or canceled. */
export const THEN_TASK = ['put_back', 'cancel'] as const;
export type ThenTask = (typeof THEN_TASK)[number];

/**
 * Stops a run. One that has not started ends at once; a started one is told to its runner and ends when its
 * programs have. Its task is canceled at once, or put back when the run has ended and held until somebody starts it;
 * a task in review, whose merge is stopped, stays there.
 * @throws NotFoundError, ForbiddenError, ConflictError when it has ended
 */
export async function cancelRun(
  core: Core,
  actor: Actor,
  runId: string,
  thenTask: ThenTask = 'put_back',
): Promise<AgentRun> {
  await inTransaction(core, (tx) => cancelIn(tx, actor, runId, thenTask));
  // Not before the runner has been told: until then the agent goes on.
  const run = await core.db.agentRun.findUnique({ where: { id: runId } });
  if (!run) throw new NotFoundError('run', runId);
  return run;
}

async function cancelIn(tx: Tx, actor: Actor, runId: string, thenTask: ThenTask): Promise<void> {
  const notFound = (error: unknown): never => {
    // Whoever may not see the project, or the task, must not learn that the run exists.
    throw error instanceof NotFoundError ? new NotFoundError('run', runId) : error;
  };
  if (!isUuid(runId)) throw new NotFoundError('run', runId);
  if (thenTask === 'put_back' && (await askToStop(tx, actor, runId, 'by_user').catch(notFound))) return;
  const seen = await tx.db.agentRun.findUnique({ where: { id: runId } });
  if (!seen?.taskId) throw new NotFoundError('run', runId);
  const { task } = await lockTask(tx, actor, seen.taskId, 'run:stop').catch(notFound);
  const run = await tx.db.agentRun.findUniqueOrThrow({ where: { id: runId } });
  if (!isLive(run)) throw new ConflictError('This run has already ended.', run.status);
  await (thenTask === 'cancel' ? stopAndCancel(tx, actor, task) : stopAndPutBack(tx, actor, run, task));
}

async function stopAndCancel(tx: Tx, actor: Actor, task: Task): Promise<void> {
  const why = `Stopped by ${nameOf(actor)}, and canceled.`;
  const canceled = task.status === 'canceled' ? task : await changeTaskStatus(tx, actor, task, { to: 'canceled', why });
  await stopRunsOfTask(tx, actor, canceled, 'by_user');
}

/** A run that works ends later, and its task is put back then (finish-run.ts). */
async function stopAndPutBack(tx: Tx, actor: Actor, run: AgentRun, task: Task): Promise<void> {
  if (run.status !== 'pending' && !run.cancelRequestedAt)
    await appendTaskEvent(tx, actor, task, 'log', { isStopping: true, runId: run.id });
  await stopRun(tx, actor, run, task, 'by_user');
  if (run.status === 'pending' && run.kind === 'task' && task.status === 'queued')
    await holdTask(tx, actor, task, nameOf(actor));
}

/** Stops one live run of a locked task. @throws ConflictError when it is a merge that has the last word */
export async function stopRun(tx: Tx, actor: Actor, run: AgentRun, task: Task, reason: RunReason): Promise<void> {
  assertNotLanding(run);
  if (run.status === 'pending') {
    const stopped = await tx.db.agentRun.updateMany({
      where: { id: run.id, status: 'pending' },
      data: { cancelReason: reason },
    });
    if (stopped.count === 1) {
      await finishRun(tx, actor, run, task, { status: 'canceled', reason, message: 'Canceled before it started.' });
      return;
    }
  }
  const at = run.cancelRequestedAt ?? (await databaseNow(tx.db));
  const data = {
    cancelRequestedAt: at,
    cancelReason: run.cancelReason ?? reason,
    cancelRequestedBy: run.cancelRequestedBy ?? nameOf(actor),
  };
  await tx.db.agentRun.update({ where: { id: run.id }, data });
  tellOfStop(tx, { ...run, cancelRequestedAt: at }, reason);
}

/** Stops every live run of a locked task. */
export async function stopRunsOfTask(tx: Tx, actor: Actor, task: Task, reason: RunReason): Promise<void> {
  const live = await tx.db.agentRun.findMany({
    where: { taskId: task.id, status: { in: [...LIVE_STATUSES] } },
  });
  for (const run of live) await stopRun(tx, actor, run, task, reason);
}

/**
 * Takes back a merge that waits, because its task goes another way: left waiting, it would merge an old commit later.
 * @throws ConflictError when it is being done at the moment
 */
export async function withdrawMerge(tx: Tx, actor: Actor, task: Task): Promise<void> {
  const merge = await tx.db.agentRun.findFirst({
    where: { taskId: task.id, kind: 'merge', status: { in: [...LIVE_STATUSES] } },
  });
  if (!merge) return;
  assertNotLanding(merge);
  if (merge.status !== 'pending') throw new ConflictError('This task is being merged at the moment.', merge.id);
  await stopRun(tx, actor, merge, task, 'superseded');
}
