import type { Actor } from '#core/access/actor.ts';
import { describeActor } from '#core/access/actor.ts';
import { taskEventAppended } from '#core/events/catalogue.ts';
import { newId } from '#core/platform/ids.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { Prisma, TaskEventType } from '#prisma/generated/client/client.ts';

/** Writes one line of the audit trail: what happened and who did it. It can never be changed afterwards. */
export async function appendTaskEvent(
  tx: Tx,
  actor: Actor,
  task: { id: string; projectId: string },
  eventType: TaskEventType,
  details: Prisma.InputJsonObject,
): Promise<string> {
  const [eventId] = await appendTaskEvents(tx, actor, eventType, [{ task, details }]);
  if (eventId === undefined) throw new Error('Expected the line that was added, found none');
  return eventId;
}

/** One line for each of several tasks, in as many statements as for one. */
export async function appendTaskEvents(
  tx: Tx,
  actor: Actor,
  eventType: TaskEventType,
  lines: readonly { task: { id: string; projectId: string }; details: Prisma.InputJsonObject }[],
): Promise<string[]> {
  const rows = lines.map(({ task, details }) => ({
    task,
    data: { id: newId(), taskId: task.id, eventType, payload: { ...details, actor: describeActor(actor) } },
  }));
  const written = await tx.db.taskEvent.createManyAndReturn({
    data: rows.map(({ data }) => data),
    select: { id: true, createdAt: true },
  });
  const times = new Map(written.map(({ id, createdAt }) => [id, createdAt.toISOString()]));
  for (const { task, data } of rows)
    tx.emit(taskEventAppended, {
      projectId: task.projectId,
      entityId: task.id,
      patch: { eventId: data.id, eventType, payload: data.payload, createdAt: times.get(data.id) ?? '' },
    });
  return rows.map(({ data }) => data.id);
}
