import { Client, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { lateAnswers } from './late-answers.ts';

const QUERY = gql('{ tasks { id } }');
const EVENTS = gql('subscription { projectEvents { __typename } }');
const DELAYS = { firstMs: 100, maxMs: 300 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A page that shows one query and follows events; its questions are answered one by one. */
async function show() {
  const answers: (() => void)[] = [];
  let tell = (_event: string): void => undefined;
  const client = new Client({
    url: 'http://api.invalid',
    preferGetMethod: false,
    exchanges: [
      lateAnswers(DELAYS),
      subscriptionExchange({
        forwardSubscription: () => ({
          subscribe(sink) {
            tell = (__typename) => sink.next({ data: { projectEvents: { __typename } } });
            return { unsubscribe: () => undefined };
          },
        }),
      }),
      fetchExchange,
    ],
    fetch: () => new Promise((resolve) => answers.push(() => resolve(Response.json({ data: { tasks: [] } })))),
  });
  client.subscription(EVENTS, {}).subscribe(() => undefined);
  let seen = 0;
  const { unsubscribe } = client.query(QUERY, {}).subscribe(({ stale }) => {
    if (!stale) seen += 1;
  });
  await vi.advanceTimersByTimeAsync(0);
  return {
    unsubscribe,
    event: (name: string) => tell(name),
    asked: () => answers.length,
    seen: () => seen,
    async answer() {
      answers.at(-1)?.();
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

test('an answer that an event has overtaken is shown, and asked for once more', async () => {
  const page = await show();
  page.event('TaskCreatedEvent');
  await page.answer();
  expect([page.seen(), page.asked()]).toEqual([1, 1]);
  await vi.advanceTimersByTimeAsync(DELAYS.firstMs);
  expect(page.asked()).toBe(2);
  await page.answer();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([page.seen(), page.asked()]).toEqual([2, 2]);
});

test.each(['AgentRunLogAppendedEvent', 'AgentRunActivityAppendedEvent'])('%s overtakes nothing', async (event) => {
  const page = await show();
  page.event(event);
  await page.answer();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(page.asked()).toBe(1);
});

test('an event that comes before the question, or after its answer, asks for nothing', async () => {
  const page = await show();
  await page.answer();
  page.event('TaskCreatedEvent');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(page.asked()).toBe(1);
});

test('where events do not cease, the questions come at a growing distance', async () => {
  const page = await show();
  const distances: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    page.event('TaskCreatedEvent');
    await page.answer();
    const before = page.asked();
    let waitedMs = 0;
    for (; page.asked() === before; waitedMs += 10) await vi.advanceTimersByTimeAsync(10);
    distances.push(waitedMs);
  }
  expect(distances).toEqual([100, 200, 300, 300]);
  await page.answer();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(page.asked()).toBe(5);
});

test('what is shown no more is not asked for', async () => {
  const page = await show();
  page.event('TaskCreatedEvent');
  await page.answer();
  page.unsubscribe();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(page.asked()).toBe(1);
});
