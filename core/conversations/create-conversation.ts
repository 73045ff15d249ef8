import { z } from 'zod';
import { id, name } from '#contract/fields.ts';
import { MAX_NAME_CHARS } from '#contract/limits.ts';
import type { Actor } from '#core/access/actor.ts';
import { userIdOf } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import { conversationCreated } from '#core/events/catalogue.ts';
import type { Core } from '#core/platform/core.ts';
import { newId } from '#core/platform/ids.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import type { Conversation } from '#prisma/generated/client/client.ts';

const NewConversation = z.strictObject({
  projectId: id,
  title: name.min(1, 'A conversation needs a title').max(MAX_NAME_CHARS),
  mode: z.enum(['text', 'voice']).default('text'),
});

/** Opens a conversation in a project. */
export async function createConversation(
  core: Core,
  actor: Actor,
  input: z.input<typeof NewConversation>,
): Promise<Conversation> {
  const fields = parseInput(NewConversation, input);
  return inTransaction(core, async (tx) => {
    await requireProject(tx.db, actor, fields.projectId, 'conversation:write');
    return insertConversation(tx, actor, fields);
  });
}

/** For callers that have checked access already. */
export async function insertConversation(
  tx: Tx,
  actor: Actor,
  fields: z.output<typeof NewConversation>,
): Promise<Conversation> {
  const conversation = await tx.db.conversation.create({
    data: { id: newId(), ...fields, createdByUserId: userIdOf(actor) },
  });
  tx.emit(conversationCreated, {
    projectId: fields.projectId,
    entityId: conversation.id,
    patch: { title: conversation.title, mode: conversation.mode },
  });
  return conversation;
}
