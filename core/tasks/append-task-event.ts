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
  const rows = lines.map(({ task, details }) => ({ task, line: newTaskEvent(actor, eventType, details) }));
  const written = await tx.db.taskEvent.createManyAndReturn({
    data: rows.map(({ task, line }) => ({ ...line, taskId: task.id })),
    select: { id: true, createdAt: true },
  });
  const times = new Map(written.map(({ id, createdAt }) => [id, createdAt]));
  for (const { task, line } of rows) {
    const createdAt = times.get(line.id);
    if (!createdAt) throw new Error(`Expected the line ${line.id} to be added, found none`);
    tellTaskEvent(tx, task, line, createdAt);
  }
  return rows.map(({ line }) => line.id);
}

/** A line of the audit trail that is still to be written. */
export interface NewTaskEvent {
  id: string;
  eventType: TaskEventType;
  payload: Prisma.InputJsonObject;
}

/** For a statement that writes the line beside what it tells of; `tellTaskEvent` has to follow. */
export function newTaskEvent(actor: Actor, eventType: TaskEventType, details: Prisma.InputJsonObject): NewTaskEvent {
  return { id: newId(), eventType, payload: { ...details, actor: describeActor(actor) } };
}

/** Tells everybody of a line that was written. */
export function tellTaskEvent(
  tx: Tx,
  task: { id: string; projectId: string },
  { id, eventType, payload }: NewTaskEvent,
  createdAt: Date,
): void {
  tx.emit(taskEventAppended, {
    projectId: task.projectId,
    entityId: task.id,
    patch: { eventId: id, eventType, payload, createdAt: createdAt.toISOString() },
  });
}
