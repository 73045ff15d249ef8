import { Client, fetchExchange, gql, type CombinedError } from '@urql/core';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { askAgain } from './ask-again.ts';

const QUERY = gql('{ viewer { id } }');
const good = () => Response.json({ data: { viewer: null } });
const away = () => Response.json({ errors: [{ message: 'Away', extensions: { code: 'UNAVAILABLE' } }] });
const refused = () => Response.json({ errors: [{ message: 'No', extensions: { code: 'FORBIDDEN' } }] });
const gateway = () => new Response('Bad gateway', { status: 502 });
const broken = () => {
  throw new TypeError('Failed to fetch');
};

beforeEach(() => {
  vi.useFakeTimers();
  // The longest of the pauses that are drawn by lot.
  vi.spyOn(Math, 'random').mockReturnValue(0.999);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A page that shows one query, and a server that answers so in turn, with the last answer for ever. */
async function show(...answers: [() => Response, ...(() => Response)[]]) {
  const seen: (CombinedError | undefined)[] = [];
  let asked = 0;
  const client = new Client({
    url: 'http://api.invalid',
    preferGetMethod: false,
    exchanges: [askAgain({ baseDelayMs: 100, maxDelayMs: 400 }), fetchExchange],
    fetch: async () => {
      const answer = answers[Math.min(asked, answers.length - 1)] ?? good;
      asked += 1;
      return Promise.resolve().then(answer);
    },
  });
  const { unsubscribe } = client.query(QUERY, {}).subscribe(({ error, stale }) => {
    if (!stale) seen.push(error);
  });
  await vi.advanceTimersByTimeAsync(1);
  return { seen, unsubscribe, asked: () => asked };
}

test.each([
  ['the network breaks', broken],
  ['a gateway finds no server', gateway],
  ['the server says that it can not tell now', away],
])('what is shown is asked again, with growing pauses, when %s', async (_name, failure) => {
  const { seen, asked } = await show(failure, failure, failure, good);
  expect(seen).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(100);
  expect(asked()).toBe(2);
  await vi.advanceTimersByTimeAsync(99);
  expect(asked()).toBe(2);
  await vi.advanceTimersByTimeAsync(101);
  expect(asked()).toBe(3);
  await vi.advanceTimersByTimeAsync(400);
  expect(seen.map((error) => error === undefined)).toEqual([false, false, false, true]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked()).toBe(4);
});

test('a refusal stays one', async () => {
  const { asked } = await show(refused);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked()).toBe(1);
});

test('what is shown no more is not asked for', async () => {
  const { asked, unsubscribe } = await show(broken);
  unsubscribe();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked()).toBe(1);
});
