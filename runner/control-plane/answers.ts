import { cutText } from '#contract/cut-text.ts';
import { RefusedError, TransientError } from './control-plane.ts';

/**
 * The codes with which the API says that it would refuse the same again, as in core/errors/errors.ts. Any other code
 * is not ours, or says that the server, or what it stands on, is away or busy.
 */
const REFUSAL_CODES: ReadonlySet<unknown> = new Set([
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
]);
/** RFC 9110 and 8470: "try again" in so many words, whoever says it. */
const TRY_AGAIN_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);
/** Longer waits are not believed: who asks for an hour is not our control plane. */
const MAX_RETRY_AFTER_MS = 10_000;
/** Of an answer that is not ours, enough to know it by. */
const MAX_SHOWN_CHARS = 100;

export interface HttpAnswer {
  status: number;
  text: string;
  /** The header of that name. */
  retryAfter: string | null;
}

/** An answer without errors: its root fields are there. */
export type Answered<Result> = { [Field in keyof Result]: NonNullable<Result[Field]> };

interface AnswerError {
  message: string;
  extensions: { code: unknown; retryAfterMs?: unknown };
}

/**
 * Reads what came back for one operation. Between us and the API stand proxies that answer in its place while it is
 * away, each in its own way: only an answer in the API's form with one of its codes is a refusal.
 * @param field the operation's root field; it is null only beside an error
 * @throws TransientError or RefusedError
 */
export function readAnswer<Result>(answer: HttpAnswer, field: string): Answered<Result> {
  const { status } = answer;
  const body = parseJson(answer);
  const [error] = errorsOf(body);
  if (error) {
    const { code, retryAfterMs } = error.extensions;
    const isRefusal =
      status >= 200 &&
      status < 500 &&
      !isRedirect(status) &&
      !TRY_AGAIN_STATUSES.has(status) &&
      REFUSAL_CODES.has(code);
    if (isRefusal) throw new RefusedError(String(code), error.message);
    throw new TransientError(`The control plane answered ${status} ${String(code)}: ${error.message}`, {
      retryAfterMs: bounded(retryAfterMs) ?? retryAfterOf(answer),
    });
  }
  if (
    status !== 200 ||
    !isRecord(body) ||
    body.errors !== undefined ||
    !isRecord(body.data) ||
    body.data[field] === undefined ||
    body.data[field] === null
  )
    throw notOurs(answer);
  return body.data as Answered<Result>;
}

function parseJson(answer: HttpAnswer): unknown {
  try {
    return JSON.parse(answer.text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw notOurs(answer, error);
  }
}

/** The errors of an answer in the form that the API gives them; of any other: none. */
function errorsOf(body: unknown): AnswerError[] {
  if (!isRecord(body) || !Array.isArray(body.errors)) return [];
  const errors: unknown[] = body.errors;
  return errors.filter(
    (error): error is AnswerError =>
      isRecord(error) &&
      typeof error.message === 'string' &&
      isRecord(error.extensions) &&
      typeof error.extensions.code === 'string',
  );
}

/** A proxy's page, an answer that was cut off, a portal that wants a login. */
function notOurs(answer: HttpAnswer, cause?: Error): TransientError {
  const found = cutText(answer.text.trim(), MAX_SHOWN_CHARS).replace(/\s+/g, ' ') || 'nothing';
  return new TransientError(`Expected an answer of the control plane, found ${answer.status}: ${found}`, {
    cause,
    retryAfterMs: retryAfterOf(answer),
    foreignStatus: answer.status,
  });
}

/** In seconds or as a date. */
function retryAfterOf({ retryAfter }: HttpAnswer): number | null {
  if (retryAfter === null) return null;
  return bounded(/^\d+$/.test(retryAfter.trim()) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now());
}

function bounded(ms: unknown): number | null {
  return typeof ms === 'number' && Number.isFinite(ms) ? Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS) : null;
}

function isRedirect(status: number): boolean {
  return status >= 300 && status < 400;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
