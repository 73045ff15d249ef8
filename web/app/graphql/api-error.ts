import type { CombinedError } from '@urql/core';

/** What the API says in `extensions` of an error that is not a result of its own. */
export interface ApiErrorFacts {
  code: string;
  message: string;
  retryAfterMs: number | null;
  requestId: string | null;
}

const OFFLINE_MESSAGE = 'The server can not be reached. Check that it is running, then try again.';

/** The first fact of a failed operation, in words a person may read. */
export function apiErrorFacts(error: CombinedError): ApiErrorFacts {
  const first = error.graphQLErrors[0];
  if (!first) return { code: 'UNAVAILABLE', message: OFFLINE_MESSAGE, retryAfterMs: null, requestId: null };
  const { code, retryAfterMs, requestId } = first.extensions as Record<string, unknown>;
  const facts = {
    code: typeof code === 'string' ? code : 'INTERNAL',
    retryAfterMs: typeof retryAfterMs === 'number' ? retryAfterMs : null,
    requestId: typeof requestId === 'string' ? requestId : null,
  };
  const message =
    facts.code === 'INTERNAL'
      ? `Something went wrong on the server.${facts.requestId ? ` Request ${facts.requestId}.` : ''}`
      : first.message;
  return { ...facts, message };
}

export function isUnauthenticated(error: CombinedError): boolean {
  return (
    (error.response as Response | undefined)?.status === 401 ||
    error.graphQLErrors.some((e) => e.extensions['code'] === 'UNAUTHENTICATED')
  );
}
