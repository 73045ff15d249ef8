import { cutText } from '#contract/cut-text.ts';
import { MAX_MESSAGE_CHARS } from '#contract/limits.ts';
import { SYSTEM } from '#core/access/actor.ts';
import { insertConversation } from '#core/conversations/create-conversation.ts';
import { postMessage } from '#core/conversations/post-message.ts';
import { requestCycle } from '#core/cycles/request-cycle.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { Recording } from '#prisma/generated/client/client.ts';

/**
 * Says a transcript in its conversation, as the one who recorded it: the orchestrator reads it there. Once, however
 * often the recording is transcribed or edited afterwards. The caller has the recording's row.
 */
export async function sayTranscript(tx: Tx, recording: Recording): Promise<void> {
  const { id: recordingId, projectId, transcriptText, createdByUserId } = recording;
  if (!transcriptText) return;
  const said = await tx.db.message.findUnique({ where: { recordingId }, select: { id: true } });
  if (said) return;
  await postMessage(tx, {
    projectId,
    conversationId: recording.conversationId ?? (await conversationOf(tx, projectId)),
    role: 'user',
    content: cutText(transcriptText, MAX_MESSAGE_CHARS, '…'),
    createdByUserId,
    recordingId,
  });
  await requestCycle(tx, projectId, 'incremental', 'message');
}

/** The newest: the one that the dashboard shows. */
async function conversationOf(tx: Tx, projectId: string): Promise<string> {
  const newest = await tx.db.conversation.findFirst({ where: { projectId }, orderBy: { id: 'desc' } });
  return newest
    ? newest.id
    : (await insertConversation(tx, SYSTEM('transcription'), { projectId, title: 'General', mode: 'voice' })).id;
}
