import { ConflictError } from '#core/errors/errors.ts';
import { taskScope } from '#core/tasks/list-tasks.ts';
import { makeTaskOfMessage } from '#core/conversations/make-task-of-message.ts';
import type { Message, Task } from '#prisma/generated/client/client.ts';
import { actorOf, builder } from './builder.ts';
import { MessageType } from './conversations.ts';
import { COMMON_ERRORS } from './errors.ts';
import { TaskType } from './tasks.ts';
import { IDEMPOTENCY_KEY, once } from './once.ts';

const MakeTaskOfMessageInput = builder.inputType('MakeTaskOfMessageInput', {
  description: 'Which message.',
  fields: (t) => ({
    messageId: t.id({ required: true, description: 'What a person has said, and no task was made of.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
const MakeTaskOfMessagePayload = builder
  .objectRef<{ task: Task; answer: Message }>('MakeTaskOfMessagePayload')
  .implement({
    description: 'The task is there; the orchestrator finds its agent in its next cycle.',
    fields: (t) => ({
      task: t.field({ type: TaskType, description: 'The task.', resolve: (payload) => payload.task }),
      answer: t.field({
        type: MessageType,
        description: 'The answer to the message, which is about the task now.',
        resolve: (payload) => payload.answer,
      }),
    }),
  });
builder.mutationField('makeTaskOfMessage', (t) =>
  t.field({
    type: MakeTaskOfMessagePayload,
    nullable: true,
    description: 'Makes one task of a message that was answered without one, with its text as it is.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: MakeTaskOfMessageInput, required: true, description: 'Which message.' }) },
    resolve: async (_root, { input }, context) =>
      once(
        context,
        'makeTaskOfMessage',
        input,
        {
          idOf: ({ task }: { task: Task; answer: Message }) => task.id,
          find: async (id) => {
            const { db } = context.core;
            const task = await db.task.findFirst({ where: { AND: [{ id }, taskScope(actorOf(context))] } });
            const answer = await db.message.findUnique({ where: { answersId: input.messageId } });
            return task && answer && { task, answer };
          },
        },
        (core, fields) => makeTaskOfMessage(core, actorOf(context), fields),
      ),
  }),
);
