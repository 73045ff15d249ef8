import { afterEach, describe, expect, test, vi } from 'vitest';
import * as awakeOrAsleep from './awake-or-asleep.ts';
import { isTooOld, MAX_GRANT_AGE_MS, now } from './grant-age.ts';

vi.mock('./awake-or-asleep.ts', { spy: true });
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const asked = { monotonicMs: 10_000, bootMs: 20_000, wallMs: 30_000 };
const CLOCKS = ['monotonicMs', 'bootMs', 'wallMs'] as const;

test.each(CLOCKS)('a grant is too old when only %s says so, forwards or backwards, and not before', (clock) => {
  const after = (ms: number): boolean => isTooOld(asked, { ...asked, [clock]: asked[clock] + ms });
  expect([0, MAX_GRANT_AGE_MS, -MAX_GRANT_AGE_MS].map(after)).toEqual([false, false, false]);
  expect([MAX_GRANT_AGE_MS + 1, -MAX_GRANT_AGE_MS - 1].map(after)).toEqual([true, true]);
});

describe('too much time has passed by a real clock', () => {
  test('a grant of this moment is not too old', () => {
    expect(isTooOld(now())).toBe(false);
  });

  test.each<[string, (ms: number) => void]>([
    [
      'a process that was stopped, and the wall clock set back',
      (ms) => void vi.spyOn(performance, 'now').mockReturnValue(performance.now() + ms),
    ],
    [
      'a machine that slept, and the wall clock set back',
      (ms) => void vi.mocked(awakeOrAsleep.awakeOrAsleepMs).mockReturnValue(awakeOrAsleep.awakeOrAsleepMs() + ms),
    ],
    ['the wall clock alone', (ms) => void vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms })],
  ])('%s', (_name, move) => {
    const before = now();
    move(MAX_GRANT_AGE_MS + 1_000);
    expect(isTooOld(before)).toBe(true);
  });
});
