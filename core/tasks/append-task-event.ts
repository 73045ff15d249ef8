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
  const payload = { ...details, actor: describeActor(actor) };
  const event = await tx.db.taskEvent.create({ data: { id: newId(), taskId: task.id, eventType, payload } });
  tx.emit(taskEventAppended, {
    projectId: task.projectId,
    entityId: task.id,
    patch: { eventId: event.id, eventType, payload: payload, createdAt: event.createdAt.toISOString() },
  });
  return event.id;
}
