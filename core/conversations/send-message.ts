import { z } from 'zod';
import { id } from '#contract/fields.ts';
import { MAX_MESSAGE_CHARS } from '#contract/limits.ts';
import type { Actor } from '#core/access/actor.ts';
import { userIdOf } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { requestCycle } from '#core/cycles/request-cycle.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Message } from '#prisma/generated/client/client.ts';
import { postMessage } from './post-message.ts';

const NewMessage = z.strictObject({
  conversationId: id,
  content: z
    .string()
    .max(MAX_MESSAGE_CHARS, `A message has at most ${MAX_MESSAGE_CHARS} characters`)
    .refine((text) => text.trim().length > 0, 'A message needs some text'),
});

/** Says something in a conversation; the orchestrator reads it in its next cycle, which starts at once. */
export async function sendMessage(core: Core, actor: Actor, input: z.input<typeof NewMessage>): Promise<Message> {
  const { conversationId, content } = parseInput(NewMessage, input);
  return inTransaction(core, async (tx) => {
    const conversation = await tx.db.conversation.findUnique({ where: { id: conversationId } });
    if (!conversation) throw new NotFoundError('conversation', conversationId);
    await requireProject(tx.db, actor, conversation.projectId, 'conversation:write').catch((error: unknown) => {
      throw error instanceof NotFoundError ? new NotFoundError('conversation', conversationId) : error;
    });
    const message = await postMessage(tx, {
      conversationId,
      projectId: conversation.projectId,
      role: 'user',
      content,
      createdByUserId: userIdOf(actor),
    });
    await requestCycle(tx, conversation.projectId, 'incremental', 'message');
    return message;
  });
}
