import type { TaskStatus } from '#core/tasks/transitions.ts';

/**
 * The closed set of expected failures. Each has a stable code, a message a person may read, and the
 * data a client needs to react. Anything else that is thrown is a bug and is shown masked.
 */
export const ERROR_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'CSRF_REJECTED',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'CONFLICT',
  'ILLEGAL_TRANSITION',
  'LEASE_LOST',
  'EXPECTED_SEQ',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'QUERY_REJECTED',
  'RATE_LIMITED',
  'ENGINE_UNAVAILABLE',
  'UNAVAILABLE',
  'INTERNAL',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

export abstract class DomainError extends Error {
  abstract readonly code: ErrorCode;
  /** What beside code and message a client is told, as `extensions` of a GraphQL error. */
  extra(): Record<string, unknown> {
    return {};
  }
}

export class UnauthenticatedError extends DomainError {
  override readonly name = 'UnauthenticatedError';
  readonly code = 'UNAUTHENTICATED';
  constructor(message = 'Sign in first.') {
    super(message);
  }
}

export class ForbiddenError extends DomainError {
  override readonly name = 'ForbiddenError';
  readonly code = 'FORBIDDEN';
}

/** Missing, or not yours: the same answer for both. */
export class NotFoundError extends DomainError {
  override readonly name = 'NotFoundError';
  readonly code = 'NOT_FOUND';
  constructor(
    what: string,
    readonly id: string | null = null,
  ) {
    super(id ? `There is no ${what} ${id} that you can see.` : `There is no such ${what}.`);
  }
}

export interface FieldIssue {
  path: (string | number)[];
  message: string;
}

export class InvalidInputError extends DomainError {
  override readonly name = 'InvalidInputError';
  readonly code = 'BAD_USER_INPUT';
  constructor(readonly fields: FieldIssue[]) {
    super(
      fields
        .map((field) => (field.path.length > 0 ? `${field.path.join('.')}: ${field.message}` : field.message))
        .join('; ') || 'The input is not valid.',
    );
  }
  override extra() {
    return { fields: this.fields };
  }
}

/** Somebody was faster, a duplicate, or a stale version. */
export class ConflictError extends DomainError {
  override readonly name = 'ConflictError';
  readonly code = 'CONFLICT';
  constructor(
    message: string,
    readonly current: string | null = null,
  ) {
    super(message);
  }
  override extra() {
    return { current: this.current };
  }
}

export class IllegalTransitionError extends DomainError {
  override readonly name = 'IllegalTransitionError';
  readonly code = 'ILLEGAL_TRANSITION';
  /** @param rule which rule refuses it: the table, or one of the hard rules */
  constructor(
    readonly from: TaskStatus,
    readonly to: TaskStatus,
    readonly rule = 'transition_table',
    message?: string,
  ) {
    super(message ?? `A task that is ${from} can not become ${to}.`);
  }
  override extra() {
    return { from: this.from, to: this.to, rule: this.rule };
  }
}

/** A runner that no longer owns the run it speaks of. */
export class LeaseLostError extends DomainError {
  override readonly name = 'LeaseLostError';
  readonly code = 'LEASE_LOST';
  constructor(readonly runId: string) {
    super(`Run ${runId} is no longer yours: its lease has ended or it was given to another attempt.`);
  }
}

export class ExpectedSeqError extends DomainError {
  override readonly name = 'ExpectedSeqError';
  readonly code = 'EXPECTED_SEQ';
  constructor(readonly expectedSeq: number) {
    super(`The log has a gap: the next line must be number ${expectedSeq}.`);
  }
  override extra() {
    return { expectedSeq: this.expectedSeq };
  }
}

export class PayloadTooLargeError extends DomainError {
  override readonly name = 'PayloadTooLargeError';
  readonly code = 'PAYLOAD_TOO_LARGE';
  constructor(
    message: string,
    readonly limit: number,
  ) {
    super(message);
  }
  override extra() {
    return { limit: this.limit };
  }
}

/** A part of an upload that can not follow the last one that came. */
export class ExpectedPartError extends DomainError {
  override readonly name = 'ExpectedPartError';
  readonly code = 'EXPECTED_SEQ';
  constructor(readonly expectedSeq: number) {
    super(`The upload has a gap: send part ${expectedSeq} next.`);
  }
  override extra() {
    return { expectedSeq: this.expectedSeq };
  }
}

export class UnsupportedMediaTypeError extends DomainError {
  override readonly name = 'UnsupportedMediaTypeError';
  readonly code = 'UNSUPPORTED_MEDIA_TYPE';
}

export class RateLimitedError extends DomainError {
  override readonly name = 'RateLimitedError';
  readonly code = 'RATE_LIMITED';
  constructor(
    message: string,
    readonly retryAfterMs: number,
  ) {
    super(message);
  }
  override extra() {
    return { retryAfterMs: this.retryAfterMs };
  }
}
