import { messageUpdated } from '#core/events/catalogue.ts';
import type { Tx } from '#core/platform/in-transaction.ts';

/** Links messages to a task that was made of them. */
export async function linkToTask(tx: Tx, messageIds: readonly string[], taskId: string): Promise<void> {
  await tx.db.messageTask.createMany({ data: messageIds.map((messageId) => ({ messageId, taskId })) });
  // Also for its revision, which a link alone does not change.
  await tx.db.message.updateMany({
    where: { id: { in: [...messageIds] } },
    data: { relatedTaskId: taskId },
  });
  await tellChanged(tx, messageIds);
}

/** Loosens messages from tasks that are about to be removed. @returns the messages */
export async function loosenFromTasks(tx: Tx, taskIds: readonly string[]): Promise<string[]> {
  const loosened = await tx.db.$queryRaw<{ id: string }[]>`
    update messages set related_task_id = case when related_task_id = any(${taskIds}::uuid[]) then null else related_task_id end
     where id in (select id from messages where related_task_id = any(${taskIds}::uuid[])
                  union select message_id from message_tasks where task_id = any(${taskIds}::uuid[]))
    returning id`;
  return loosened.map(({ id }) => id);
}

/** Tells open pages of messages as they stand at the end of a change. */
export async function tellChanged(tx: Tx, messageIds: readonly string[]): Promise<void> {
  const messages = await tx.db.$queryRaw<
    { id: string; project_id: string; ingested_at: Date | null; task_ids: string[] }[]
  >`
    select m.id, m.project_id, m.ingested_at,
           array(select l.task_id::text from message_tasks l where l.message_id = m.id order by l.task_id) as task_ids
      from messages m where m.id = any(${[...messageIds]}::uuid[]) order by m.id`;
  for (const { id, project_id: projectId, ingested_at: readAt, task_ids: taskIds } of messages)
    tell(tx, { id, projectId }, readAt, taskIds);
}

/** Tells open pages that a message was read just now, and what tasks it has led to by that. */
export function tellRead(tx: Tx, message: { id: string; projectId: string }, at: Date, taskIds: string[]): void {
  tell(tx, message, at, taskIds.sort());
}

function tell(
  tx: Tx,
  { id, projectId }: { id: string; projectId: string },
  readAt: Date | null,
  relatedTaskIds: string[],
): void {
  tx.emit(messageUpdated, {
    projectId,
    entityId: id,
    patch: { relatedTaskIds, readAt: readAt?.toISOString() ?? null },
  });
}
