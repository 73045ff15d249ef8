import { messageCreated } from '#core/events/catalogue.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { newId } from '#core/platform/ids.ts';
import type { ContentFormat, Message, MessageRole, Task } from '#prisma/generated/client/client.ts';

interface NewMessage {
  conversationId: string;
  projectId: string;
  role: MessageRole;
  content: string;
  contentFormat?: ContentFormat;
  relatedTaskIds?: string[];
  answersId?: string | null;
  createdByUserId?: string | null;
  /** What it is the transcript of. */
  recordingId?: string | null;
}

/** Writes a message and its links. For callers that have checked access already. */
export async function postMessage(tx: Tx, input: NewMessage): Promise<Message> {
  const relatedTaskIds = input.relatedTaskIds ?? [];
  const message = await tx.db.message.create({
    data: {
      id: newId(),
      projectId: input.projectId,
      conversationId: input.conversationId,
      role: input.role,
      content: input.content,
      contentFormat: input.contentFormat ?? 'plain',
      relatedTaskId: relatedTaskIds[0] ?? null,
      answersId: input.answersId ?? null,
      createdByUserId: input.createdByUserId ?? null,
      recordingId: input.recordingId ?? null,
    },
  });
  if (relatedTaskIds.length > 0)
    await tx.db.messageTask.createMany({ data: relatedTaskIds.map((taskId) => ({ messageId: message.id, taskId })) });
  tx.emit(messageCreated, {
    projectId: input.projectId,
    entityId: message.id,
    patch: {
      conversationId: message.conversationId,
      role: message.role,
      content: message.content,
      contentFormat: message.contentFormat,
      relatedTaskIds,
      createdAt: message.createdAt.toISOString(),
    },
  });
  return message;
}

/** Tells the conversation a task came from how its run ended; tasks that were not asked for in one stay silent. */
export async function postRunMessage(tx: Tx, task: Task, content: string): Promise<void> {
  const request = task.requestId
    ? await tx.db.request.findUnique({ where: { id: task.requestId }, include: { message: true } })
    : null;
  if (!request?.message) return;
  await postMessage(tx, {
    projectId: task.projectId,
    conversationId: request.message.conversationId,
    role: 'agent',
    content,
    relatedTaskIds: [task.id],
  });
}
