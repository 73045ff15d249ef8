import { projectScope } from '#core/access/permissions.ts';
import { ConflictError } from '#core/errors/errors.ts';
import { answerPermission } from '#core/runs/answer-permission.ts';
import { sendRunMessage } from '#core/runs/send-run-message.ts';
import type { RunInput, RunPermission } from '#prisma/generated/client/client.ts';
import { actorOf, builder } from './builder.ts';
import { COMMON_ERRORS } from './errors.ts';
import { once, IDEMPOTENCY_KEY } from './once.ts';
import { RunMessageType } from './run-message-type.ts';
import { PermissionDecisionEnum, RunPermissionType } from './run-permission-type.ts';

/** What people say to an agent that works. */
const AnswerPermissionInput = builder.inputType('AnswerPermissionInput', {
  description: 'What an agent may do, or not.',
  fields: (t) => ({
    permissionId: t.id({ required: true, description: 'Its question.' }),
    decision: t.field({ type: PermissionDecisionEnum, required: true, description: 'What it is told.' }),
  }),
});
const AnswerPermissionPayload = builder.objectRef<{ permission: RunPermission }>('AnswerPermissionPayload').implement({
  description: 'It was answered; the agent hears it next.',
  fields: (t) => ({
    permission: t.field({
      type: RunPermissionType,
      description: 'The question as it stands now.',
      resolve: (payload) => payload.permission,
    }),
  }),
});
builder.mutationField('answerPermission', (t) =>
  t.field({
    type: AnswerPermissionPayload,
    nullable: true,
    description:
      'Allows or denies what an agent asks. The first answer counts: the same again is harmless, another one is a ConflictError that says who was faster.',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: AnswerPermissionInput, required: true, description: 'The answer.' }) },
    resolve: async (_root, { input }, context) => ({
      permission: await answerPermission(context.core, actorOf(context), input),
    }),
  }),
);

const SendRunMessageInput = builder.inputType('SendRunMessageInput', {
  description: 'Something said to an agent that works.',
  fields: (t) => ({
    runId: t.id({ required: true, description: 'Its run.' }),
    text: t.string({ required: true, description: 'What to say, at most 20,000 characters.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
  }),
});
const SendRunMessagePayload = builder.objectRef<{ message: RunInput }>('SendRunMessagePayload').implement({
  description: 'It is on its way; `deliveredAt` says when it is there.',
  fields: (t) => ({
    message: t.field({
      type: RunMessageType,
      description: 'The message.',
      resolve: (payload) => payload.message,
    }),
  }),
});
builder.mutationField('sendRunMessage', (t) =>
  t.field({
    type: SendRunMessagePayload,
    nullable: true,
    description: 'Says something to the agent of a run while it works, where it hears that (Run.canBeMessaged).',
    authScopes: { signedIn: true },
    errors: { types: [...COMMON_ERRORS, ConflictError] },
    args: { input: t.arg({ type: SendRunMessageInput, required: true, description: 'The message.' }) },
    resolve: async (_root, { input }, context) => ({
      message: await once(
        context,
        'sendRunMessage',
        input,
        {
          idOf: (message: RunInput) => message.id,
          find: (id) =>
            context.core.db.runInput.findFirst({ where: { id, run: { project: projectScope(actorOf(context)) } } }),
        },
        (core, fields) => sendRunMessage(core, actorOf(context), fields),
      ),
    }),
  }),
);
