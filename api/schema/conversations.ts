import { countNestedRead } from '#api/nested-reads.ts';
import { requireProject, projectScope } from '#core/access/permissions.ts';
import { createConversation } from '#core/conversations/create-conversation.ts';
import { sendMessage } from '#core/conversations/send-message.ts';
import { isUuid } from '#core/platform/ids.ts';
import type { Conversation, Message } from '#prisma/generated/client/client.ts';
import { actorOf, builder } from './builder.ts';
import { connectionOf, decodeCursor, pageArgs, pageSize, toPage } from './connection.ts';
import { ContentFormatEnum, ConversationModeEnum, MessageRoleEnum } from './enums.ts';
import { COMMON_ERRORS } from './errors.ts';
import { TaskType } from './tasks.ts';

export const MessageType = builder.prismaObject('Message', {
  description: 'Something said in a conversation.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    role: t.expose('role', { type: MessageRoleEnum, description: 'Who speaks.' }),
    content: t.exposeString('content', { description: 'What is said. Text from outside: show it as text.' }),
    contentFormat: t.expose('contentFormat', { type: ContentFormatEnum, description: 'How it is to be read.' }),
    conversationId: t.exposeID('conversationId', { description: 'The conversation it is part of.' }),
    answersId: t.exposeID('answersId', {
      nullable: true,
      description: 'The message that it answers; null: none.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was said.' }),
    relatedTasks: t.field({
      type: [TaskType],
      select: (_args, _context, nestedSelection) =>
        ({ tasks: { orderBy: { taskId: 'asc' }, take: 50, select: { task: nestedSelection(true) } } }) as never,
      description: 'The tasks it is about: those it led to, or the one an agent reports on.',
      resolve: (message) => (message as unknown as { tasks: { task: never }[] }).tasks.map((link) => link.task),
    }),
  }),
});
const MessageConnection = connectionOf<Message>('Message', MessageType);

export const ConversationType = builder.prismaObject('Conversation', {
  description: 'What people and the orchestrator say to each other in a project.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    title: t.exposeString('title', { description: 'What it is about.' }),
    mode: t.expose('mode', { type: ConversationModeEnum, description: 'How it is held.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was opened.' }),
    messages: t.field({
      type: MessageConnection,
      description: 'Its messages, newest first.',
      args: { first: t.arg.int(pageArgs.first), after: t.arg.string(pageArgs.after) },
      resolve: async (conversation, { first, after }, context, info) => {
        countNestedRead(context, info);
        const size = pageSize(first);
        const [id] = decodeCursor(after, ['id']) ?? [];
        const rows = await context.core.db.message.findMany({
          where: { conversationId: conversation.id, ...(id ? { id: { lt: id } } : {}) },
          orderBy: { id: 'desc' },
          take: size + 1,
        });
        return toPage(rows, size, (row) => [row.id]);
      },
    }),
  }),
});
const ConversationConnection = connectionOf<Conversation>('Conversation', ConversationType);

builder.queryField('conversation', (t) =>
  t.prismaField({
    type: ConversationType,
    nullable: true,
    description: 'One conversation; null when it is missing or not yours.',
    authScopes: { signedIn: true },
    args: { id: t.arg.id({ required: true, description: "The conversation's id." }) },
    resolve: async (query, _root, { id }, context) =>
      isUuid(id)
        ? context.core.db.conversation.findFirst({ ...query, where: { id, project: projectScope(actorOf(context)) } })
        : null,
  }),
);
builder.queryField('conversations', (t) =>
  t.field({
    type: ConversationConnection,
    description: 'The conversations of a project, newest first.',
    authScopes: { signedIn: true },
    args: {
      projectId: t.arg.id({ required: true, description: 'The project.' }),
      first: t.arg.int(pageArgs.first),
      after: t.arg.string(pageArgs.after),
    },
    resolve: async (_root, { projectId, first, after }, context) => {
      await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
      const size = pageSize(first);
      const [id] = decodeCursor(after, ['id']) ?? [];
      const rows = await context.core.db.conversation.findMany({
        where: { projectId, ...(id ? { id: { lt: id } } : {}) },
        orderBy: { id: 'desc' },
        take: size + 1,
      });
      return toPage(rows, size, (row) => [row.id]);
    },
  }),
);

const CreateConversationInput = builder.inputType('CreateConversationInput', {
  description: 'A new conversation.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project it is held in.' }),
    title: t.string({ required: true, description: 'What it is about, at most 120 characters.' }),
    mode: t.field({ type: ConversationModeEnum, description: 'TEXT if not given.' }),
  }),
});
const CreateConversationPayload = builder
  .objectRef<{ conversation: Conversation }>('CreateConversationPayload')
  .implement({
    description: 'The conversation is open.',
    fields: (t) => ({
      conversation: t.field({
        type: ConversationType,
        description: 'The conversation.',
        resolve: (payload) => payload.conversation,
      }),
    }),
  });
builder.mutationField('createConversation', (t) =>
  t.field({
    type: CreateConversationPayload,
    description: 'Opens a conversation in a project.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS] },
    args: { input: t.arg({ type: CreateConversationInput, required: true, description: 'The conversation.' }) },
    resolve: async (_root, { input }, context) => ({
      conversation: await createConversation(context.core, actorOf(context), {
        projectId: input.projectId,
        title: input.title,
        mode: input.mode ?? 'text',
      }),
    }),
  }),
);

const SendMessageInput = builder.inputType('SendMessageInput', {
  description: 'Something to say.',
  fields: (t) => ({
    conversationId: t.id({ required: true, description: 'The conversation.' }),
    content: t.string({ required: true, description: 'What you want done, in your words; at most 20,000 characters.' }),
  }),
});
const SendMessagePayload = builder.objectRef<{ message: Message }>('SendMessagePayload').implement({
  description: 'It is said; the orchestrator reads it at once.',
  fields: (t) => ({
    message: t.field({ type: MessageType, description: 'The message.', resolve: (payload) => payload.message }),
  }),
});
builder.mutationField('sendMessage', (t) =>
  t.field({
    type: SendMessagePayload,
    description: 'Says what you want done. The orchestrator makes tasks of it and answers in the conversation.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS] },
    args: { input: t.arg({ type: SendMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_root, { input }, context) => ({
      message: await sendMessage(context.core, actorOf(context), input),
    }),
  }),
);
