import { expect, test } from 'vitest';
import { readAnswer, type HttpAnswer } from './answers.ts';
import { RefusedError, TransientError } from './control-plane.ts';

const errorOf = (answer: Partial<HttpAnswer>): unknown => {
  try {
    return readAnswer({ status: 200, text: '', retryAfter: null, ...answer }, 'claimRun');
  } catch (error) {
    return error;
  }
};
const ours = (code: string, extra = {}): string =>
  JSON.stringify({ errors: [{ message: 'No.', extensions: { code, ...extra } }] });

test('an answer of ours is data, or a refusal with one of our codes', () => {
  expect(errorOf({ text: '{"data":{"claimRun":{"claimed":null}}}' })).toEqual({ claimRun: { claimed: null } });
  for (const [status, code] of [
    [200, 'BAD_USER_INPUT'],
    [401, 'UNAUTHENTICATED'],
    [413, 'PAYLOAD_TOO_LARGE'],
    [200, 'QUERY_REJECTED'],
  ] as const) {
    expect(errorOf({ status, text: ours(code) })).toMatchObject({ name: 'RefusedError', code });
  }
});

test.each([
  ['a page', 404, '<html>404 page not found</html>'],
  ['plain words', 408, 'Request Timeout'],
  ['too early', 425, ours('BAD_USER_INPUT')],
  ["a limit of somebody's", 429, '{"message":"slow down"}'],
  ['a limit in our own form', 429, ours('FORBIDDEN')],
  ['a bad gateway', 502, 'Bad Gateway'],
  ['a bad gateway in our own form', 503, ours('BAD_USER_INPUT')],
  ['nothing', 200, ''],
  ['half an answer', 200, '{"data":{"claimRun":'],
  ['JSON of somebody else', 200, '{"status":"ok"}'],
  ['JSON that is no object', 200, '[]'],
  ['null', 200, 'null'],
  ['another field', 200, '{"data":{"other":1}}'],
  ['no data', 200, '{"data":null}'],
  ['an error page of a portal', 401, '<html>Sign in</html>'],
  ['a refusal as JSON of a proxy', 403, '{"error":"forbidden"}'],
  ['too large, says a proxy', 413, '<html>413 Request Entity Too Large</html>'],
  ['a redirect', 302, ''],
  ['a redirect in our own form', 302, ours('UNAUTHENTICATED')],
  ['a code that is not ours', 400, ours('GRAPHQL_VALIDATION_FAILED')],
  ['an error without a code', 200, '{"data":{"claimRun":null},"errors":[{"message":"No."}]}'],
  ['our own trouble', 200, ours('INTERNAL')],
] as const)('worth repeating: %s (%i)', (_name, status, text) => {
  expect(errorOf({ status, text })).toBeInstanceOf(TransientError);
});

test('a wait that is asked for is kept, up to a limit', () => {
  expect(errorOf({ status: 503, text: 'x', retryAfter: '2' })).toMatchObject({
    retryAfterMs: 2_000,
    foreignStatus: 503,
  });
  expect(errorOf({ status: 503, text: 'x', retryAfter: '86400' })).toMatchObject({ retryAfterMs: 10_000 });
  expect(errorOf({ status: 503, text: 'x', retryAfter: new Date(Date.now() - 60_000).toUTCString() })).toMatchObject({
    retryAfterMs: 0,
  });
  expect(errorOf({ status: 503, text: 'x', retryAfter: 'soon' })).toMatchObject({ retryAfterMs: null });
  expect(errorOf({ status: 200, text: ours('RATE_LIMITED', { retryAfterMs: 1_500 }) })).toMatchObject({
    retryAfterMs: 1_500,
    foreignStatus: null,
  });
  expect(errorOf({ status: 401, text: ours('UNAUTHENTICATED') })).toBeInstanceOf(RefusedError);
});
