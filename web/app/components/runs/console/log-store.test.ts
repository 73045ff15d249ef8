import { expect, test, vi } from 'vitest';
import { LogStore, PAGE_LINES, type LogBatch } from './log-store.ts';

const text = (seq: number): string => `line ${seq}`;
const batch = (firstSeq: number, count: number): LogBatch => ({
  firstSeq,
  lines: Array.from({ length: count }, (_, i) => ({ stream: 'stdout', message: text(firstSeq + i), createdAt: null })),
});

test('a batch that comes twice is stored once', () => {
  const store = new LogStore(vi.fn(), { schedule: (work) => work() });
  store.append(batch(0, 10));
  store.append(batch(0, 10));
  store.append(batch(5, 10));
  expect([store.lineCount, store.storedCount, store.line(14)?.message]).toEqual([15, 15, 'line 14']);
});

test('many batches in one frame wake the page once', () => {
  const frames: (() => void)[] = [];
  const store = new LogStore(vi.fn(), { schedule: (work) => frames.push(work) });
  const listener = vi.fn();
  store.subscribe(listener);
  for (let i = 0; i < 100; i++) store.append(batch(i * 10, 10));
  expect(frames).toHaveLength(1);
  frames[0]?.();
  expect(listener).toHaveBeenCalledTimes(1);
  store.append(batch(1_000, 1));
  expect(frames).toHaveLength(2);
});

test('only the pages that are looked at are fetched, each once', async () => {
  const load = vi.fn((fromSeq: number, limit: number) => Promise.resolve(batch(fromSeq, limit)));
  const store = new LogStore(load, { lineCount: 1_000_000, schedule: (work) => work() });
  store.ensure(999_950, 999_999);
  store.ensure(999_900, 1_000_100);
  await vi.waitFor(() => expect(store.line(999_999)?.message).toBe(text(999_999)));
  expect(load.mock.calls).toEqual([[999_000, PAGE_LINES]]);
  store.ensure(PAGE_LINES - 1, PAGE_LINES);
  await vi.waitFor(() => expect(store.storedCount).toBe(3 * PAGE_LINES));
});

test('a page that could not be loaded is said to be so, and is not asked for in a storm', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const load = vi.fn(() => Promise.reject(new Error('away')));
  const store = new LogStore(load, { lineCount: 10, schedule: (work) => work() });
  await store.loadPage(0);
  store.ensure(0, 9);
  store.ensure(0, 9);
  expect(load).toHaveBeenCalledTimes(1);
  expect(store.hasFailedPages).toBe(true);
  expect(warn).toHaveBeenCalledTimes(1);
});

// With work that grows with what is there already, this would not end in time.
test('a hundred thousand lines that come one by one wake the page once, and each is in its place', () => {
  const frames: (() => void)[] = [];
  const store = new LogStore(vi.fn(), { schedule: (work) => frames.push(work) });
  const listener = vi.fn();
  store.subscribe(listener);
  for (let seq = 0; seq < 100_000; seq++) store.append(batch(seq, 1));
  for (const frame of frames) frame();
  expect([frames.length, listener.mock.calls.length]).toEqual([1, 1]);
  expect([store.lineCount, store.storedCount]).toEqual([100_000, 100_000]);
  const misplaced = Array.from({ length: 100_000 }, (_, seq) => seq).filter(
    (seq) => store.line(seq)?.message !== text(seq),
  );
  expect(misplaced).toEqual([]);
});
