import type { Client, Sink } from 'graphql-ws';
import { expect, test, vi } from 'vitest';
import { AppendRunLogsDocument } from './documents.ts';
import { SocketCalls } from './socket-calls.ts';

const VARIABLES = {
  input: { runId: 'run', leaseToken: 'token', firstSeq: 0, streams: '1', messages: ['line'] },
};
const ANSWER = { appendRunLogs: { __typename: 'AppendRunLogsPayload', lastSeq: 3 } };

/** A connection on which the test answers. */
function connection() {
  const asked: Sink[] = [];
  const left = vi.fn();
  const client = {
    subscribe: (_payload: unknown, sink: Sink) => {
      asked.push(sink);
      return left;
    },
  } as unknown as Client;
  return { asked, left, client };
}

test('calls are answered over the socket while there is one, and not otherwise', async () => {
  const calls = new SocketCalls();
  const { asked, client, left } = connection();
  expect(await calls.call(AppendRunLogsDocument, VARIABLES, 100)).toBeNull();
  calls.attach(client);
  const answer = calls.call(AppendRunLogsDocument, VARIABLES, 100);
  asked[0]?.next({ data: ANSWER });
  expect(await answer).toEqual(ANSWER);
  expect(left).toHaveBeenCalledOnce();
  calls.detach();
  expect(await calls.call(AppendRunLogsDocument, VARIABLES, 100)).toBeNull();
  expect(asked).toHaveLength(1);
});

test.each<[string, (sink: Sink) => void]>([
  ['a broken connection', (sink) => sink.error(new Error('closed'))],
  ['an answer with errors', (sink) => sink.next({ errors: [], data: null })],
  ['an end without an answer', (sink) => sink.complete()],
])('%s is no answer, and the next call is asked over the socket again', async (_name, end) => {
  const calls = new SocketCalls();
  const { asked, client } = connection();
  calls.attach(client);
  const answer = calls.call(AppendRunLogsDocument, VARIABLES, 100);
  end(asked[0]!);
  expect(await answer).toBeNull();
  const next = calls.call(AppendRunLogsDocument, VARIABLES, 100);
  asked[1]?.next({ data: ANSWER });
  expect(await next).toEqual(ANSWER);
});

test('a few kilobytes are under way at most; what is more is sent another way at once', async () => {
  const calls = new SocketCalls();
  const { asked, client } = connection();
  calls.attach(client);
  const first = calls.call(AppendRunLogsDocument, VARIABLES, 10_000);
  const second = calls.call(AppendRunLogsDocument, VARIABLES, 6_000);
  expect(await calls.call(AppendRunLogsDocument, VARIABLES, 1_000)).toBeNull();
  for (const sink of asked) sink.next({ data: ANSWER });
  expect([await first, await second]).toEqual([ANSWER, ANSWER]);
  expect(await calls.call(AppendRunLogsDocument, VARIABLES, 20_000)).toBeNull();
  expect(asked).toHaveLength(2);
});

test('a socket that does not answer in time is left alone for a while, then tried again', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  try {
    const calls = new SocketCalls();
    const { asked, client, left } = connection();
    calls.attach(client);
    const answer = calls.call(AppendRunLogsDocument, VARIABLES, 100);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await answer).toBeNull();
    expect(left).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(29_000);
    expect(await calls.call(AppendRunLogsDocument, VARIABLES, 100)).toBeNull();
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_001);
    void calls.call(AppendRunLogsDocument, VARIABLES, 100);
    expect(asked).toHaveLength(2);
  } finally {
    vi.useRealTimers();
  }
});
