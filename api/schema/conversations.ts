import { requireProject, projectScope } from '#core/access/permissions.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { createConversation } from '#core/conversations/create-conversation.ts';
import { sendMessage } from '#core/conversations/send-message.ts';
import { isUuid } from '#core/platform/ids.ts';
import type { Conversation, Message } from '#prisma/generated/client/client.ts';
import { parseId, taskIdIn } from './arguments.ts';
import { actorOf, builder, REVISION } from './builder.ts';
import { ContentFormatEnum, ConversationModeEnum, MessageRoleEnum } from './enums.ts';
import { COMMON_ERRORS } from './errors.ts';
import { connectionOf, readConnection } from './lists/connection.ts';
import { NEWEST_FIRST } from './lists/keyset.ts';
import { inOrder, nestedConnection } from './lists/nested-connection.ts';
import type { NestedList } from './lists/nested-connection.ts';
import { CREATED_AT, orderByOf } from './lists/order-by.ts';
import { TaskType } from './tasks.ts';
import { IDEMPOTENCY_KEY, once } from './once.ts';

/** Shown with one message; the query's cost counts so many. */
const MAX_RELATED_TASKS = 50;

export const MessageType = builder.prismaObject('Message', {
  description: 'Something said in a conversation.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    revision: t.exposeInt('revision', { description: REVISION }),
    role: t.expose('role', { type: MessageRoleEnum, description: 'Who speaks.' }),
    content: t.exposeString('content', { description: 'What is said. Text from outside: show it as text.' }),
    contentFormat: t.expose('contentFormat', { type: ContentFormatEnum, description: 'How it is to be read.' }),
    conversationId: t.exposeID('conversationId', { description: 'The conversation it is part of.' }),
    answersId: t.exposeID('answersId', {
      nullable: true,
      description: 'The message that it answers; null: none.',
    }),
    recordingId: t.exposeID('recordingId', {
      nullable: true,
      description: 'The recording that it is the transcript of; null: none, or it was deleted.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was said.' }),
    readAt: t.expose('ingestedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the orchestrator has read what a person said; null: not yet, or it is not read.',
    }),
    relatedTasks: t.field({
      type: [TaskType],
      extensions: { length: MAX_RELATED_TASKS },
      select: (_args, _context, nestedSelection) =>
        ({
          tasks: { orderBy: { taskId: 'asc' }, take: MAX_RELATED_TASKS, select: { task: nestedSelection(true) } },
        }) as never,
      description: 'The tasks it is about: those it led to, or the one an agent reports on.',
      resolve: (message) => (message as unknown as { tasks: { task: never }[] }).tasks.map((link) => link.task),
    }),
  }),
});
const MessageConnection = connectionOf('Message', MessageType);
const messageOrder = orderByOf('Message', { CREATED_AT }, { field: 'CREATED_AT', direction: 'desc' });
const MESSAGES_OF_CONVERSATION: NestedList<Message> = {
  typeName: 'Message',
  rows: ({ db }) => db.message,
  table: 'messages',
  parent: { field: 'conversationId', column: 'conversation_id' },
  key: { field: 'id', column: 'id', kind: 'id', direction: 'desc' },
};

export const ConversationType = builder.prismaObject('Conversation', {
  description: 'What people and the orchestrator say to each other in a project.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUIDv7.' }),
    title: t.exposeString('title', { description: 'What it is about.' }),
    mode: t.expose('mode', { type: ConversationModeEnum, description: 'How it is held.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was opened.' }),
    project: t.relation('project', { description: 'The project it is held in.' }),
    messages: t.connection(
      {
        type: MessageType,
        description: 'Its messages.',
        args: { orderBy: t.arg(messageOrder.arg) },
        resolve: (conversation, { orderBy, ...page }, context, info) =>
          nestedConnection(inOrder(MESSAGES_OF_CONVERSATION, orderBy), conversation.id, page, context, info),
      },
      MessageConnection,
    ),
  }),
});
export const ConversationConnection = connectionOf('Conversation', ConversationType);
export const CONVERSATIONS_OF_PROJECT: NestedList<Conversation> = {
  typeName: 'Conversation',
  rows: ({ db }) => db.conversation,
  table: 'conversations',
  parent: { field: 'projectId', column: 'project_id' },
  key: { field: 'id', column: 'id', kind: 'id', direction: 'desc' },
};

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
  t.connection(
    {
      type: ConversationType,
      nullable: true,
      description: 'The conversations of a project, newest first.',
      authScopes: { signedIn: true },
      args: { projectId: t.arg.id({ required: true, description: 'The project.' }) },
      resolve: async (_root, { projectId, ...page }, context, info) => {
        await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
        return readConnection(context, info, page, {
          typeName: 'Conversation',
          rows: context.core.db.conversation,
          order: NEWEST_FIRST,
          where: { projectId },
        });
      },
    },
    ConversationConnection,
  ),
);

const MessageFilterInput = builder.inputType('MessageFilter', {
  description: 'All that is given must hold.',
  fields: (t) => ({
    conversationId: t.id({ description: 'Said in this conversation.' }),
    taskId: t.id({ description: 'About this task, by its id or its short id.' }),
    roles: t.field({ type: [MessageRoleEnum], description: 'Said by one of these.' }),
  }),
});
builder.queryField('messages', (t) =>
  t.connection(
    {
      type: MessageType,
      nullable: true,
      description: 'What is said in the conversations of a project.',
      authScopes: { signedIn: true },
      args: {
        projectId: t.arg.id({ required: true, description: 'The project.' }),
        filter: t.arg({ type: MessageFilterInput, description: 'Which of them.' }),
        orderBy: t.arg(messageOrder.arg),
      },
      resolve: async (_root, { projectId, filter, orderBy, ...page }, context, info) => {
        await requireProject(context.core.db, actorOf(context), projectId, 'project:read');
        return readConnection(context, info, page, {
          typeName: 'Message',
          rows: context.core.db.message,
          order: messageOrder.keys(orderBy),
          where: {
            projectId,
            ...(filter?.conversationId ? { conversationId: parseId(filter.conversationId, 'conversationId') } : {}),
            ...(filter?.taskId
              ? { tasks: { some: { taskId: await taskIdIn(context, [filter.taskId], ['taskId']) } } }
              : {}),
            ...(filter?.roles ? { role: { in: filter.roles } } : {}),
          },
        });
      },
    },
    MessageConnection,
  ),
);

const CreateConversationInput = builder.inputType('CreateConversationInput', {
  description: 'A new conversation.',
  fields: (t) => ({
    projectId: t.id({ required: true, description: 'The project it is held in.' }),
    title: t.string({ required: true, description: 'What it is about, at most 120 characters.' }),
    mode: t.field({ type: ConversationModeEnum, description: 'TEXT if not given.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
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
    nullable: true,
    description: 'Opens a conversation in a project.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: CreateConversationInput, required: true, description: 'The conversation.' }) },
    resolve: async (_root, { input }, context) => ({
      conversation: await once(
        context,
        'createConversation',
        input,
        {
          idOf: (conversation: Conversation) => conversation.id,
          find: (id) =>
            context.core.db.conversation.findFirst({ where: { id, project: projectScope(actorOf(context)) } }),
        },
        (core) =>
          createConversation(core, actorOf(context), {
            projectId: input.projectId,
            title: input.title,
            mode: input.mode ?? 'text',
          }),
      ),
    }),
  }),
);

const SendMessageInput = builder.inputType('SendMessageInput', {
  description: 'Something to say.',
  fields: (t) => ({
    conversationId: t.id({ required: true, description: 'The conversation.' }),
    content: t.string({ required: true, description: 'What you want done, in your words; at most 20,000 characters.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
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
    nullable: true,
    description: 'Says what you want done. The orchestrator makes tasks of it and answers in the conversation.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: SendMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_root, { input }, context) => ({
      message: await once(
        context,
        'sendMessage',
        input,
        {
          idOf: (message: Message) => message.id,
          find: (id) => context.core.db.message.findFirst({ where: { id, project: projectScope(actorOf(context)) } }),
        },
        (core, fields) => sendMessage(core, actorOf(context), fields),
      ),
    }),
  }),
);
