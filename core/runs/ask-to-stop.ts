import type { RunReason } from '#contract/enums.ts';
import type { Actor } from '#core/access/actor.ts';
import { nameOf } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { runUpdated } from '#core/events/catalogue.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { RUNNERS_CHANNEL } from '#core/runners/commands.ts';
import type { RunnerMessage } from '#core/runners/commands.ts';
import { newTaskEvent, tellTaskEvent } from '#core/tasks/append-task-event.ts';
import { Prisma } from '#prisma/generated/client/client.ts';
import type { AgentRun } from '#prisma/generated/client/client.ts';
import { CLAIMED_SQL } from './statuses.ts';

/** What of a run is told when it is asked to stop. */
export type StoppingRun = Pick<AgentRun, 'id' | 'projectId' | 'runnerId'> & { cancelRequestedAt: Date };

interface Asked {
  taskId: string;
  projectId: string;
  runnerId: string | null;
  at: Date;
  eventCreatedAt: Date;
}

/**
 * Asks for the end of a run that works, on behalf of a person or of a cap: its task's lock, the compare-and-set and the line on the
 * audit trail in one statement, since the agent goes on for as long as this takes.
 * @param runId a UUID
 * @param words what the run will say of why it ended; null: who stopped it
 * @returns false: it is not a run that works and that nobody has asked about yet, nothing was changed, and the long way says why
 * @throws NotFoundError, ForbiddenError
 */
export async function askToStop(
  tx: Tx,
  actor: Actor,
  runId: string,
  reason: RunReason,
  words: string | null = null,
): Promise<boolean> {
  const line = newTaskEvent(actor, 'log', { isStopping: true, runId, ...(words === null ? {} : { why: words }) });
  // The task is locked before the run is: that is the order for all. What the run became while this waited for either
  // is looked at anew by PostgreSQL, and by then the condition may not hold any more.
  const [asked] = await tx.db.$queryRaw<Asked[]>`
    with task as (
      select id from tasks where id = (select task_id from agent_runs where id = ${runId}::uuid) for no key update
    ), asked as (
      update agent_runs run
         set cancel_requested_at = date_trunc('milliseconds', clock_timestamp()), cancel_reason = ${reason}::run_reason,
             cancel_requested_by = ${nameOf(actor)}, stop_words = ${words}
        from task
       where run.id = ${runId}::uuid and run.task_id = task.id and run.status ${Prisma.raw(CLAIMED_SQL)}
         and run.cancel_requested_at is null and run.landing_at is null
      returning run.task_id, run.project_id, run.runner_id, run.cancel_requested_at
    ), told as (
      insert into task_events (id, task_id, event_type, payload)
      select ${line.id}::uuid, asked.task_id, ${line.eventType}::task_event_type, ${JSON.stringify(line.payload)}::jsonb from asked
      returning created_at
    )
    select asked.task_id as "taskId", asked.project_id as "projectId", asked.runner_id as "runnerId",
           asked.cancel_requested_at as "at", told.created_at as "eventCreatedAt"
      from asked, told`;
  if (!asked) return false;
  const { taskId, projectId, runnerId, at, eventCreatedAt } = asked;
  // Refused, it is taken back with the transaction.
  await requireProject(tx.db, actor, projectId, 'run:stop');
  tellTaskEvent(tx, { id: taskId, projectId }, line, eventCreatedAt);
  tellOfStop(tx, { id: runId, projectId, runnerId, cancelRequestedAt: at }, reason);
  return true;
}

/** Tells everybody, and the runner that has it, of a run that is to stop. */
export function tellOfStop(
  tx: Tx,
  { id, projectId, runnerId, cancelRequestedAt }: StoppingRun,
  reason: RunReason,
): void {
  tx.emit(runUpdated, { projectId, entityId: id, patch: { cancelRequestedAt: cancelRequestedAt.toISOString() } });
  if (runnerId) tx.publish(RUNNERS_CHANNEL, { type: 'cancel', runnerId, runId: id, reason } satisfies RunnerMessage);
}
