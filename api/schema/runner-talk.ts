import {
  MAX_ASK_TIMEOUT_MS,
  MAX_PERMISSION_DETAIL_CHARS,
  MAX_PERMISSION_KEY_CHARS,
  MAX_PERMISSION_TARGET_CHARS,
  MAX_PERMISSION_TITLE_CHARS,
  MAX_TAKEN_INPUTS,
  MIN_ASK_TIMEOUT_MS,
  RUN_INPUT_KINDS,
} from '#contract/run-input.ts';
import { InvalidInputError, LeaseLostError } from '#core/errors/errors.ts';
import { askPermission, withdrawPermission } from '#core/runs/ask-permission.ts';
import { takeRunInput } from '#core/runs/take-run-input.ts';
import type { TakenInput } from '#core/runs/take-run-input.ts';
import type { RunPermission } from '#prisma/generated/client/client.ts';
import { builder, runnerOf } from './builder.ts';
import { enumOf } from './enums.ts';
import { ToolKindEnum } from './run-activity.ts';
import { PermissionDecisionEnum, RunPermissionType } from './run-permission-type.ts';

/** What passes between an agent that works and people, by its runner. */
const ERRORS = [InvalidInputError, LeaseLostError];
const LEASE = 'The lease of this attempt.';

const AskedPermissionInput = builder.inputType('AskedPermissionInput', {
  description: 'A question of an agent, masked.',
  fields: (t) => ({
    key: t.string({
      required: true,
      description: `The runner's own name for it, at most ${MAX_PERMISSION_KEY_CHARS} characters.`,
    }),
    title: t.string({
      required: true,
      description: `What the agent wants to do, at most ${MAX_PERMISSION_TITLE_CHARS} characters.`,
    }),
    toolKind: t.field({ type: ToolKindEnum, required: true, description: 'What the tool is for.' }),
    target: t.string({
      description: `The command, file or address it is about, at most ${MAX_PERMISSION_TARGET_CHARS.toLocaleString('en')} characters.`,
    }),
    detail: t.string({
      description: `The whole command, or the change as a diff, at most ${MAX_PERMISSION_DETAIL_CHARS.toLocaleString('en')} characters.`,
    }),
    timeoutMs: t.int({
      required: true,
      description: `How long people have for the answer: ${MIN_ASK_TIMEOUT_MS.toLocaleString('en')} to ${MAX_ASK_TIMEOUT_MS.toLocaleString('en')} milliseconds.`,
    }),
  }),
});
const AskPermissionInput = builder.inputType('AskPermissionInput', {
  description: 'Something that an agent asks before it does it.',
  fields: (t) => ({
    runId: t.id({ required: true, description: 'The run.' }),
    leaseToken: t.string({ required: true, description: LEASE }),
    permission: t.field({ type: AskedPermissionInput, required: true, description: 'The question.' }),
  }),
});
const AskPermissionPayload = builder.objectRef<{ permission: RunPermission }>('AskPermissionPayload').implement({
  description: 'The question is there for people to answer.',
  fields: (t) => ({
    permission: t.field({
      type: RunPermissionType,
      description: 'As it stands now. The answer itself comes by takeRunInput.',
      resolve: (payload) => payload.permission,
    }),
  }),
});
builder.mutationField('askPermission', (t) =>
  t.field({
    type: AskPermissionPayload,
    nullable: true,
    description:
      'For runners: puts a question of an agent before people. Asked again by its key it is the same question, with the time it had.',
    authScopes: { runner: true },
    errors: { types: ERRORS },
    args: { input: t.arg({ type: AskPermissionInput, required: true, description: 'The question.' }) },
    resolve: async (_root, { input }, context) => ({
      permission: await askPermission(context.core, runnerOf(context), input),
    }),
  }),
);

const WithdrawPermissionInput = builder.inputType('WithdrawPermissionInput', {
  description: 'A question that its agent waits for no more.',
  fields: (t) => ({
    runId: t.id({ required: true, description: 'The run.' }),
    leaseToken: t.string({ required: true, description: LEASE }),
    key: t.string({ required: true, description: "The runner's own name for the question." }),
  }),
});
const WithdrawPermissionPayload = builder.objectRef<{ isReceived: boolean }>('WithdrawPermissionPayload').implement({
  description: 'The server has it.',
  fields: (t) => ({ isReceived: t.exposeBoolean('isReceived', { description: 'Always true.' }) }),
});
builder.mutationField('withdrawPermission', (t) =>
  t.field({
    type: WithdrawPermissionPayload,
    nullable: true,
    description:
      'For runners: takes back a question that its agent waits for no more. One that is answered, or unknown, stays as it is.',
    authScopes: { runner: true },
    errors: { types: ERRORS },
    args: { input: t.arg({ type: WithdrawPermissionInput, required: true, description: 'The question.' }) },
    resolve: async (_root, { input }, context) => {
      await withdrawPermission(context.core, runnerOf(context), input);
      return { isReceived: true };
    },
  }),
);

const RunInputKindEnum = enumOf('RunInputKind', 'What was said to a run.', RUN_INPUT_KINDS);
const RunInputType = builder.objectRef<TakenInput>('RunInput').implement({
  description: 'Something that was said to a run, for its agent.',
  fields: (t) => ({
    number: t.exposeInt('number', { description: 'Its number: 0, 1, 2 … without gaps.' }),
    kind: t.expose('kind', { type: RunInputKindEnum, description: 'What it is.' }),
    text: t.exposeString('text', { nullable: true, description: 'MESSAGE: what was said.' }),
    permissionKey: t.exposeString('permissionKey', {
      nullable: true,
      description: "PERMISSION_ANSWER: the runner's own name for the question.",
    }),
    decision: t.expose('decision', {
      type: PermissionDecisionEnum,
      nullable: true,
      description: 'PERMISSION_ANSWER: what the agent is told.',
    }),
  }),
});
const TakeRunInputInput = builder.inputType('TakeRunInputInput', {
  description: 'Up to where a runner has what was said to a run.',
  fields: (t) => ({
    runId: t.id({ required: true, description: 'The run.' }),
    leaseToken: t.string({ required: true, description: LEASE }),
    after: t.int({
      required: true,
      description:
        'The last number it has for good; -1: none. Up to it all is said to be delivered, and never asked for again.',
    }),
  }),
});
const TakeRunInputPayload = builder.objectRef<{ inputs: TakenInput[] }>('TakeRunInputPayload').implement({
  description: 'What was said since.',
  fields: (t) => ({
    inputs: t.field({
      type: [RunInputType],
      description: `In order, at most ${MAX_TAKEN_INPUTS}; a runner asks again, after the last of them, until there is nothing more.`,
      resolve: ({ inputs }) => inputs,
    }),
  }),
});
builder.mutationField('takeRunInput', (t) =>
  t.field({
    type: TakeRunInputPayload,
    nullable: true,
    description: 'For runners: takes what was said to a run. The same again is harmless.',
    authScopes: { runner: true },
    errors: { types: ERRORS },
    args: { input: t.arg({ type: TakeRunInputInput, required: true, description: 'Since when.' }) },
    resolve: async (_root, { input }, context) => ({
      inputs: await takeRunInput(context.core, runnerOf(context), input),
    }),
  }),
);
