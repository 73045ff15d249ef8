import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import type { Message } from '#prisma/generated/client/client.ts';
import { relayMessage } from './relayer.ts';

/**
 * Turns each message into requests. The unique pair of message and ordinal makes a second time harmless.
 * @returns how many requests there are for these messages
 */
export async function ingestMessages(core: Core, messages: Message[]): Promise<number> {
  const rows = messages.flatMap((message) =>
    relayMessage({
      projectId: message.projectId,
      messageId: message.id,
      recordingId: null,
      source: 'chat',
      text: message.content,
      newId,
    }).map((request, ordinal) => ({
      id: request.id,
      projectId: message.projectId,
      messageId: message.id,
      ordinal,
      content: request,
    })),
  );
  if (rows.length > 0) await core.db.request.createMany({ data: rows, skipDuplicates: true });
  return rows.length;
}
