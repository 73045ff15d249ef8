import { z } from 'zod';
import { id } from '#contract/fields.ts';
import { parseContract } from '#contract/parse.ts';
import { Request } from '#contract/request.ts';
import type { Actor } from '#core/access/actor.ts';
import { requireProject } from '#core/access/permissions.ts';
import { requestCycle } from '#core/cycles/request-cycle.ts';
import { ConflictError, InvalidInputError, NotFoundError } from '#core/errors/errors.ts';
import { parseInput } from '#core/errors/parse-input.ts';
import type { Core } from '#core/platform/core.ts';
import { inTransaction } from '#core/platform/in-transaction.ts';
import type { Tx } from '#core/platform/in-transaction.ts';
import { newId } from '#core/platform/ids.ts';
import { titleOfWords } from '#core/planner/verbatim.ts';
import { insertTask } from '#core/tasks/create-task.ts';
import type { Message, Task } from '#prisma/generated/client/client.ts';
import { linkToTask } from './change-messages.ts';

const Input = z.strictObject({ messageId: id });

/**
 * Makes one task of a message that was answered without one, with its text as it is. The next cycle finds its agent.
 * @returns the task, and the answer, which speaks of it from now on
 * @throws NotFoundError, ForbiddenError, InvalidInputError for what no person has said, ConflictError when it is not
 *   read yet, or has led to a task already
 */
export async function makeTaskOfMessage(
  core: Core,
  actor: Actor,
  input: z.input<typeof Input>,
): Promise<{ task: Task; answer: Message }> {
  const { messageId } = parseInput(Input, input);
  return inTransaction(core, async (tx) => {
    const message = await lockMessage(tx, actor, messageId);
    const answer = await tx.db.message.findUnique({ where: { answersId: messageId } });
    if (!answer) throw new ConflictError('The orchestrator has not read this message yet.');
    const before = await tx.db.messageTask.findFirst({ where: { messageId } });
    if (before) throw new ConflictError('This message has led to a task already.', before.taskId);
    const title = titleOfWords(message.content);
    const task = await insertTask(tx, actor, {
      projectId: message.projectId,
      title,
      description: message.content,
      acceptanceCriteria: [],
      type: 'code_change',
      priority: 3,
      agentId: null,
      requestedBy: message.recordingId === null ? 'chat' : 'voice',
      parentTaskId: null,
      agentName: null,
      agentReason: null,
      requestId: await insertRequest(tx, message),
    });
    await linkToTask(tx, [message.id, answer.id], task.id);
    await requestCycle(tx, message.projectId, 'incremental', 'task_created');
    return { task, answer: await tx.db.message.findUniqueOrThrow({ where: { id: answer.id } }) };
  });
}

/** Its row stays locked, so that two who press the button at once make one task. */
async function lockMessage(tx: Tx, actor: Actor, messageId: string): Promise<Message> {
  await tx.db.$queryRaw`select 1 from messages where id = ${messageId}::uuid for no key update`;
  const message = await tx.db.message.findUnique({ where: { id: messageId } });
  if (!message) throw new NotFoundError('message', messageId);
  await requireProject(tx.db, actor, message.projectId, 'task:write').catch((error: unknown) => {
    // Whoever may not see the project must not learn that the message exists.
    throw error instanceof NotFoundError ? new NotFoundError('message', messageId) : error;
  });
  if (message.role !== 'user')
    throw new InvalidInputError([{ path: ['messageId'], message: 'Only what a person has said can be made a task' }]);
  return message;
}

/** By it, what comes of the task is told in the conversation. */
async function insertRequest(tx: Tx, message: Message): Promise<string> {
  const content = parseContract('Request', Request, {
    id: newId(),
    projectId: message.projectId,
    source: message.recordingId === null ? 'chat' : 'voice',
    text: message.content,
    intent: 'code_change',
    priority: 3,
    pathHints: [],
    acceptanceCriteria: [],
    messageId: message.id,
    recordingId: message.recordingId,
  });
  const { id: requestId, projectId, messageId } = content;
  await tx.db.request.create({ data: { id: requestId, projectId, messageId, ordinal: 0, content } });
  return requestId;
}
