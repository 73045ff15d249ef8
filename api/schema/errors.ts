import {
  ConflictError,
  ERROR_CODES,
  ExpectedSeqError,
  ForbiddenError,
  IllegalTransitionError,
  InvalidInputError,
  LeaseLostError,
  NotFoundError,
  RateLimitedError,
} from '#core/errors/errors.ts';
import type { FieldIssue, DomainError } from '#core/errors/errors.ts';
import { builder } from './builder.ts';
import { enumOf, TaskStatusEnum } from './enums.ts';

const ErrorCodeEnum = enumOf(
  'ErrorCode',
  'Every code that a failure can have: of a mutation that answers with a UserError, and in `extensions.code` of GraphQL errors.',
  ERROR_CODES,
);

/** The expected failures, as members of the mutations' result unions. */
const UserError = builder.interfaceRef<DomainError>('UserError').implement({
  description: 'A failure a caller can expect. Switch on the type or the code; the message may be shown to people.',
  fields: (t) => ({
    code: t.expose('code', {
      type: ErrorCodeEnum,
      description: 'Stable code, the same as in `extensions.code` of GraphQL errors.',
    }),
    message: t.exposeString('message', { description: 'What happened and what to do, for people.' }),
  }),
});

const FieldIssueType = builder.objectRef<FieldIssue>('FieldIssue').implement({
  description: 'One part of an input that does not fit.',
  fields: (t) => ({
    path: t.stringList({ description: 'Where it stands in the input.', resolve: (issue) => issue.path.map(String) }),
    message: t.exposeString('message', { description: 'What is wrong with it.' }),
  }),
});

builder.objectType(NotFoundError, {
  name: 'NotFoundError',
  description: 'Missing, or not yours: the answer is the same.',
  interfaces: [UserError],
});
builder.objectType(ForbiddenError, {
  name: 'ForbiddenError',
  description: 'You may see it, but not do this with it.',
  interfaces: [UserError],
});
builder.objectType(InvalidInputError, {
  name: 'InvalidInputError',
  description: 'The input does not fit: its shape, its size, an unknown key, or the contract.',
  interfaces: [UserError],
  fields: (t) => ({
    fields: t.field({
      type: [FieldIssueType],
      description: 'Every part that does not fit.',
      resolve: (error) => error.fields,
    }),
  }),
});
builder.objectType(ConflictError, {
  name: 'ConflictError',
  description: 'Somebody was faster, it exists already, or what you saw is stale.',
  interfaces: [UserError],
  fields: (t) => ({
    current: t.exposeString('current', {
      nullable: true,
      description: 'How it stands now, where that can be said in a word.',
    }),
  }),
});
builder.objectType(IllegalTransitionError, {
  name: 'IllegalTransitionError',
  description: 'The life cycle of tasks does not allow it.',
  interfaces: [UserError],
  fields: (t) => ({
    from: t.expose('from', { type: TaskStatusEnum, description: 'The status the task has.' }),
    to: t.expose('to', { type: TaskStatusEnum, description: 'The status that was asked for.' }),
    rule: t.exposeString('rule', { description: 'Which rule refuses it.' }),
  }),
});
builder.objectType(LeaseLostError, {
  name: 'LeaseLostError',
  description: "The run is no longer this runner's.",
  interfaces: [UserError],
});
builder.objectType(ExpectedSeqError, {
  name: 'ExpectedSeqError',
  description: "A gap in a run's log.",
  interfaces: [UserError],
  fields: (t) => ({ expectedSeq: t.exposeInt('expectedSeq', { description: 'The number the next line must have.' }) }),
});
builder.objectType(RateLimitedError, {
  name: 'RateLimitedError',
  description: 'Too often in too short a time.',
  interfaces: [UserError],
  fields: (t) => ({
    retryAfterMs: t.exposeInt('retryAfterMs', { description: 'Milliseconds to wait before the next try.' }),
  }),
});

/** The usual members of a result union. */
export const COMMON_ERRORS = [NotFoundError, ForbiddenError, InvalidInputError] as const;
export const TASK_ERRORS = [...COMMON_ERRORS, ConflictError, IllegalTransitionError] as const;
export const RUNNER_ERRORS = [InvalidInputError, LeaseLostError, ExpectedSeqError] as const;
