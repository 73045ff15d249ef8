import { expect, test, vi } from 'vitest';
import { searchLog, splitByMatch, type SearchState } from './log-search.ts';
import { LogStore } from './log-store.ts';

const lines = (fromSeq: number, count: number) => ({
  firstSeq: fromSeq,
  lines: Array.from({ length: count }, (_, i) => ({
    stream: 'stdout' as const,
    message: (fromSeq + i) % 1_000 === 7 ? '\u001b[31mErr\u001b[0mor here' : 'fine',
    createdAt: null,
  })),
});

test('finds what colours cut apart, in lines that had to be fetched, and in those that come later', async () => {
  const store = new LogStore((from, limit) => Promise.resolve(lines(from, limit)), {
    lineCount: 5_000,
    schedule: (work) => work(),
  });
  let state: SearchState | null = null;
  const stop = searchLog(store, 'ERROR', (s) => (state = s));
  await vi.waitFor(() =>
    expect(state).toEqual({ matches: [7, 1_007, 2_007, 3_007, 4_007], searchedCount: 5_000, isDone: true }),
  );
  store.append(lines(5_000, 10));
  await vi.waitFor(() => expect(state?.matches).toContain(5_007));
  stop();
});

test('hits are the odd parts', () => {
  expect(splitByMatch('Fail, fail again', 'FAIL')).toEqual(['', 'Fail', ', ', 'fail', ' again']);
  expect(splitByMatch('nothing', '')).toEqual(['nothing']);
});
